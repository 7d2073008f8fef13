#pragma once

#include <cstddef>
#include <string_view>

namespace meshgate::files {

enum class Format { csv, json_lines };

/// Finds where a record ends, on bytes that arrive piece by piece: at a line's end, in CSV not within quotes.
class Framing {
 public:
  Framing(Format format, char delimiter) : format_(format), delimiter_(delimiter) {}

  /// Looks at bytes[looked…]; the place behind the newline that ends the record, or npos when more is needed. `bytes` begins with the record.
  size_t end(std::string_view bytes);
  /// Forgets the record: the next call begins a new one.
  void reset() {
    looked_ = 0;
    state_ = State::field_start;
  }
  [[nodiscard]] bool in_quotes() const { return state_ == State::quoted; }

 private:
  enum class State { field_start, plain, quoted, quote_in_quoted };

  Format format_;
  char delimiter_;
  size_t looked_ = 0;
  State state_ = State::field_start;
};

}  // namespace meshgate::files
