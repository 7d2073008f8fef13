#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/files/csv.hpp"
#include "connectors/files/folder.hpp"
#include "connectors/files/json_lines.hpp"
#include "connectors/files/reader.hpp"

namespace meshgate::files {

/// What a stream's settings say about its files.
struct SourceOptions {
  std::string files;  ///< a name or a pattern
  Format format = Format::csv;
  char delimiter = ',';
  size_t longest = size_t{64} << 20U;
};

/// Reads `files`, `format`, `delimiter` and `max_record`; MG_CONFIG says what is wrong.
sdk::Status read_source_options(const sdk::Settings& settings, SourceOptions& out);

/// One file, opened at a record: its records as cells.
class OpenFile {
 public:
  struct Next {
    RecordReader::Outcome outcome = RecordReader::Outcome::end;
    RawRecord raw;
    const char* fault = nullptr;  ///< the record has no cells, and why
  };

  /// Opens at `offset`, the begin of line `line`; 0: at the first record. Reads a CSV file's header wherever it begins.
  static sdk::Status open(const Folder& folder, const SourceOptions& options, const std::string& name, uint64_t offset, uint64_t line,
                          std::function<bool()> cancelled, std::unique_ptr<OpenFile>& out);

  /// The next record that is not an empty line. `cells` hold until the next call.
  Next next(std::vector<Cell>& cells);
  void unread() { reader_->unread(); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] uint64_t inode() const { return inode_; }
  [[nodiscard]] uint64_t offset() const { return reader_->offset(); }
  [[nodiscard]] uint64_t line() const { return reader_->line(); }
  [[nodiscard]] uint64_t fingerprint() const { return files::fingerprint(file_.number(), offset()); }
  /// Whether it has become shorter than what was read of it.
  [[nodiscard]] bool shortened() const;
  /// Whether it was written to within the last `settle_us`: an unfinished last line may still be growing.
  [[nodiscard]] bool fresh(int64_t settle_us) const;
  /// A CSV file's header, as cells without values; empty for JSON lines.
  [[nodiscard]] const std::vector<Cell>& header() const { return header_; }

 private:
  OpenFile(int file, const SourceOptions& options, std::string name) : file_(file), options_(options), name_(std::move(name)), csv_(options.delimiter) {}

  sdk::Status read_header(const std::function<bool()>& cancelled);
  const char* decode(std::string_view bytes, std::vector<Cell>& cells);

  Descriptor file_;
  SourceOptions options_;
  std::string name_;
  uint64_t inode_ = 0;
  CsvDecoder csv_;
  JsonDecoder json_;
  std::vector<std::string> names_;
  std::vector<Cell> header_;
  uint64_t first_offset_ = 0;
  uint64_t first_line_ = 1;
  std::unique_ptr<RecordReader> reader_;
};

}  // namespace meshgate::files
