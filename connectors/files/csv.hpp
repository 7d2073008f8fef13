#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/cell.hpp"

namespace meshgate::files {

/// One CSV record (RFC 4180): fields parted by the delimiter; within quotes a delimiter, a line end and a doubled quote stand for
/// themselves. An empty field is NULL, "" is the empty text. Cells have no names.
class CsvDecoder {
 public:
  explicit CsvDecoder(char delimiter) : delimiter_(delimiter) {}

  /// What is wrong with the record, or nullptr. The cells borrow from `record` and from the decoder until the next call.
  const char* decode(std::string_view record, std::vector<Cell>& cells);

 private:
  const char* quoted(std::string_view record, size_t& at, std::string_view& out);

  char delimiter_;
  std::string unescaped_;
};

}  // namespace meshgate::files
