// Any bytes read as a CSV file: cutting it into records loses no byte, and a record that decodes can be written and decoded again.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/cell.hpp"
#include "connectors/files/csv.hpp"
#include "connectors/files/reader.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::files;

namespace {

std::string written(const std::vector<Cell>& cells) {
  std::string out;
  for (const Cell& cell : cells) {
    if (!out.empty() || &cell != cells.data()) out += ',';
    if (cell.form == Cell::Form::null) continue;
    out += '"';
    for (const char c : cell.text) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  return out;
}

void decode(std::string_view record) {
  CsvDecoder decoder(',');
  std::vector<Cell> cells;
  if (decoder.decode(record, cells) != nullptr) return;
  must(!cells.empty(), "a record has a field");
  const std::string text = written(cells);
  CsvDecoder other(',');
  std::vector<Cell> again;
  must(other.decode(text, again) == nullptr && again.size() == cells.size(), "what was decoded can be written and decoded again");
  for (std::size_t i = 0; i < cells.size(); ++i) must(again[i].form == cells[i].form && again[i].text == cells[i].text, "with the same fields");
  for (const Cell& cell : cells) {
    for (std::int32_t kind = MG_BOOL; kind <= MG_JSON; ++kind) {
      mg_value value{};
      std::string storage;
      if (convert(cell, kind, value, storage)) must(value.kind == kind || value.kind == MG_NULL, "a value has its column's kind");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t longest = 1 + data[0] * std::size_t{4};
  const Descriptor file(::memfd_create("csv", 0));
  must(::write(file.number(), data + 1, size - 1) == static_cast<ssize_t>(size - 1), "a file in memory takes what it is given");
  RecordReader reader(file.number(), Framing(Format::csv, ','), 0, 1, longest, [] { return false; });
  RawRecord record;
  std::uint64_t last = 0;
  while (true) {
    const auto outcome = reader.next(record);
    if (outcome == RecordReader::Outcome::end) break;
    must(outcome == RecordReader::Outcome::record || outcome == RecordReader::Outcome::broken, "nothing fails on a file in memory");
    must(reader.offset() > last, "each record goes further");
    must(outcome == RecordReader::Outcome::broken || record.bytes.size() <= longest, "no record is longer than allowed");
    last = reader.offset();
    if (outcome == RecordReader::Outcome::record) decode(record.bytes);
  }
  must(last == size - 1, "every byte belongs to a record");
  return 0;
}
