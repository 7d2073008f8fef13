#include "connectors/files/csv.hpp"

namespace meshgate::files {

const char* CsvDecoder::decode(std::string_view record, std::vector<Cell>& cells) {
  cells.clear();
  unescaped_.clear();
  unescaped_.reserve(record.size());  // so that it never moves under the cells
  size_t at = 0;
  while (true) {
    Cell cell;
    if (at < record.size() && record[at] == '"') {
      if (const char* fault = quoted(record, at, cell.text)) return fault;
      cell.form = Cell::Form::text;
    } else {
      const size_t end = std::min(record.find(delimiter_, at), record.size());
      cell.text = record.substr(at, end - at);
      if (cell.text.find('"') != std::string_view::npos) return "a quote stands in a field that is not quoted";
      cell.form = cell.text.empty() ? Cell::Form::null : Cell::Form::text;
      at = end;
    }
    cells.push_back(cell);
    if (at == record.size()) return nullptr;
    if (record[at] != delimiter_) return "text stands behind a closing quote";
    ++at;
  }
}

/// `at` stands on the opening quote, afterwards behind the closing one.
const char* CsvDecoder::quoted(std::string_view record, size_t& at, std::string_view& out) {
  const size_t from = ++at;
  const size_t copied = unescaped_.size();
  bool doubled = false;
  while (true) {
    const size_t quote = record.find('"', at);
    if (quote == std::string_view::npos) return "a quote is not closed";
    const bool twice = quote + 1 < record.size() && record[quote + 1] == '"';
    if (twice || doubled) unescaped_.append(record, at, quote - at + (twice ? 1 : 0));
    if (!twice) {
      out = doubled ? std::string_view(unescaped_).substr(copied) : record.substr(from, quote - from);
      at = quote + 1;
      return nullptr;
    }
    doubled = true;
    at = quote + 2;
  }
}

}  // namespace meshgate::files
