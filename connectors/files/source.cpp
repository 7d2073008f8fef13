#include "connectors/files/source.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace meshgate::files {

namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";  // the byte order mark some programs begin a file with

sdk::Status config(std::string message) { return sdk::failure(MG_CONFIG, std::move(message)); }

}  // namespace

sdk::Status read_source_options(const sdk::Settings& settings, SourceOptions& out) {
  out.files = settings.text("files");
  if (out.files.empty()) return config("files: is missing; name a file like orders.csv, or a pattern like orders-*.csv");
  if (out.files.find('/') != std::string::npos) {
    return config("files: '" + out.files + "' has a folder in it; name a file of the folder path: of the connection");
  }
  const std::string format = settings.text("format");
  const auto known = format.empty() ? format_of(out.files) : format_of("." + format);
  if (!known && format.empty()) return config("files: the ending of '" + out.files + "' does not tell its format; add format: csv or format: jsonl");
  if (!known) return config("format: '" + format + "' is not known; use csv or jsonl");
  out.format = *known;
  const std::string delimiter = settings.text("delimiter", ",");
  const bool taken = delimiter == "\"" || delimiter == "\n" || delimiter == "\r";
  if (delimiter != "tab" && (delimiter.size() != 1 || taken)) return config("delimiter: '" + delimiter + "' is not one character; use ',', ';', '|' or tab");
  out.delimiter = delimiter == "tab" ? '\t' : delimiter[0];
  const int64_t longest = settings.integer("max_record", static_cast<int64_t>(out.longest));
  if (longest < 1024 || longest > (int64_t{1} << 30)) return config("max_record: must lie between 1KiB and 1GiB");
  out.longest = static_cast<size_t>(longest);
  return {};
}

sdk::Status OpenFile::open(const Folder& folder, const SourceOptions& options, const std::string& name, uint64_t offset, uint64_t line,
                           std::function<bool()> cancelled, std::unique_ptr<OpenFile>& out) {
  int number = -1;
  if (sdk::Status opened = folder.open(name, number); !opened.ok()) return opened;
  std::unique_ptr<OpenFile> file(new OpenFile(number, options, name));
  struct stat found {};
  if (::fstat(number, &found) != 0 || !S_ISREG(found.st_mode)) return sdk::failure(MG_RETRY, "file " + folder.file(name) + " is not a regular file any more");
  file->inode_ = static_cast<uint64_t>(found.st_ino);
  if (sdk::Status read = file->read_header(cancelled); !read.ok()) return read;
  if (offset < file->first_offset_) {
    offset = file->first_offset_;
    line = file->first_line_;
  }
  file->reader_ = std::make_unique<RecordReader>(number, Framing(options.format, options.delimiter), offset, line, options.longest, std::move(cancelled));
  out = std::move(file);
  return {};
}

sdk::Status OpenFile::read_header(const std::function<bool()>& cancelled) {
  char mark[3];
  const bool marked = ::pread(file_.number(), mark, sizeof mark, 0) == 3 && std::string_view(mark, 3) == kMark;
  first_offset_ = marked ? kMark.size() : 0;
  if (options_.format == Format::json_lines) return {};
  RecordReader reader(file_.number(), Framing(options_.format, options_.delimiter), first_offset_, 1, options_.longest, cancelled);
  std::vector<Cell> cells;
  RawRecord raw;
  const auto outcome = reader.next(raw);
  if (outcome == RecordReader::Outcome::cancelled) return sdk::failure(MG_CANCELLED, "cancelled");
  if (outcome == RecordReader::Outcome::end) return sdk::failure(MG_RETRY, "file " + name_ + " is empty; its first line must name the columns");
  const char* fault = outcome == RecordReader::Outcome::record ? csv_.decode(raw.bytes, cells) : "it cannot be read as a line";
  for (size_t i = 0; fault == nullptr && i < cells.size(); ++i) {
    if (cells[i].text.empty()) fault = "a column has no name";
    if (!valid_utf8(cells[i].text)) fault = "a name is not UTF-8";
    if (std::find(names_.begin(), names_.end(), cells[i].text) != names_.end()) fault = "two columns have the same name";
    names_.emplace_back(cells[i].text);
  }
  if (fault != nullptr) return config("file " + name_ + ": its first line does not name the columns (" + fault + ")");
  for (const std::string& name : names_) header_.push_back({.name = name, .form = Cell::Form::text});
  first_offset_ = reader.offset();
  first_line_ = reader.line();
  return {};
}

OpenFile::Next OpenFile::next(std::vector<Cell>& cells) {
  Next out;
  do {
    out.outcome = reader_->next(out.raw);
  } while (out.outcome == RecordReader::Outcome::record && out.raw.bytes.find_first_not_of(" \t\r") == std::string_view::npos);
  if (out.outcome == RecordReader::Outcome::record) out.fault = decode(out.raw.bytes, cells);
  if (out.outcome == RecordReader::Outcome::broken) out.fault = "the record is longer than max_record, or its quotes are not closed";
  return out;
}

const char* OpenFile::decode(std::string_view bytes, std::vector<Cell>& cells) {
  if (options_.format == Format::json_lines) return json_.decode(bytes, cells);
  if (const char* fault = csv_.decode(bytes, cells)) return fault;
  if (cells.size() != names_.size()) return "the number of fields is not that of the first line";
  for (size_t i = 0; i < cells.size(); ++i) cells[i].name = names_[i];
  return nullptr;
}

bool OpenFile::shortened() const {
  struct stat found {};
  return ::fstat(file_.number(), &found) != 0 || static_cast<uint64_t>(found.st_size) < reader_->seen();
}

bool OpenFile::fresh(int64_t settle_us) const {
  struct stat found {};
  if (::fstat(file_.number(), &found) != 0) return true;
  const int64_t modified = static_cast<int64_t>(found.st_mtim.tv_sec) * 1000000 + found.st_mtim.tv_nsec / 1000;
  const int64_t age = now_us() - modified;
  return age >= -settle_us && age < settle_us;
}

}  // namespace meshgate::files
