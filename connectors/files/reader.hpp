#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/files/framing.hpp"

namespace meshgate::files {

/// An open file; closed on destruction.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool open() const { return number_ >= 0; }

 private:
  int number_;
};

/// A record's bytes without its line end; they stay until the next call.
struct RawRecord {
  std::string_view bytes;
  uint64_t line = 0;        ///< of its first line, from 1
  bool terminated = false;  ///< false: the file ended before the line did
};

/// Cuts an open file into records, in memory bounded by the longest record. Reads with pread, never by a memory map: a file that is
/// shortened under a map ends the process.
class RecordReader {
 public:
  enum class Outcome { record, broken, end, cancelled, failed };

  /// `line`: the number of the line at `offset`. `cancelled` is asked before every read of the file.
  RecordReader(int file, Framing framing, uint64_t offset, uint64_t line, size_t longest, std::function<bool()> cancelled);

  /// `broken`: longer than `longest`, or quotes not closed by the end of the file; the record then is its first line, or the beginning of
  /// it, and reading goes on behind that line. `failed`: errno says why.
  Outcome next(RawRecord& out);
  /// Gives the record of the last call back: offset() and line() are again before it.
  void unread();

  /// Behind the last record.
  [[nodiscard]] uint64_t offset() const { return offset_; }
  [[nodiscard]] uint64_t line() const { return line_; }
  /// How far the file has been looked at.
  [[nodiscard]] uint64_t seen() const { return offset_ + (filled_ - begin_); }

 private:
  Outcome fill();
  Outcome take(RawRecord& out, size_t size, bool terminated);
  Outcome give_up(RawRecord& out);
  Outcome skip_line();

  int file_;
  Framing framing_;
  uint64_t offset_;
  uint64_t line_;
  size_t longest_;
  std::function<bool()> cancelled_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t filled_ = 0;
  uint64_t last_offset_ = 0;
  uint64_t last_line_ = 0;
  size_t last_begin_ = 0;
  std::string head_;
};

/// Bytes that may be read, though not used, behind a record: what simdjson asks for.
inline constexpr size_t kPadding = 64;

}  // namespace meshgate::files
