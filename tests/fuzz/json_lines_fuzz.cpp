// Any bytes read as a line of JSON: our decoder takes exactly what a full parser takes as an object with names (numbers beyond that
// parser's range apart), and what it hands on as JSON is JSON.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/json_lines.hpp"
#include "connectors/files/reader.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::files;

namespace {

void check_cell(const Cell& cell) {
  must(!cell.name.empty(), "a field has a name");
  must(valid_utf8(cell.name), "a name is UTF-8");
  if (cell.form == Cell::Form::quoted) must(valid_utf8(cell.text), "a text is UTF-8");
  if (cell.form == Cell::Form::nested) {
    simdjson::dom::parser parser;
    must(parser.parse(cell.token.data(), cell.token.size()).error() == simdjson::SUCCESS, "nested JSON is JSON");
  }
  for (std::int32_t kind = MG_BOOL; kind <= MG_JSON; ++kind) {
    mg_value value{};
    std::string storage;
    if (convert(cell, kind, value, storage)) must(value.kind == kind || value.kind == MG_NULL, "a value has its column's kind");
  }
  mg_value value{};
  std::string storage;
  const std::int32_t kind = infer(cell);
  if (kind != MG_NULL && kind != MG_DECIMAL) must(convert(cell, kind, value, storage), "a cell is of the kind that is inferred from it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string line(reinterpret_cast<const char*>(data), size);
  line.append(kPadding, '"');
  JsonDecoder decoder;
  std::vector<Cell> cells;
  const char* fault = decoder.decode({line.data(), size}, cells);

  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto error = parser.parse(line.data(), size).get(root);
  if (error == simdjson::SUCCESS && root.is_object() && fault != nullptr) {
    bool nameless = false;
    const simdjson::dom::object all = root.get_object().value_unsafe();
    for (const auto member : all) nameless = nameless || member.key.empty();
    must(nameless, "an object with names is taken");
  }
  if (fault != nullptr) return 0;
  must(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR, "what is taken is JSON");
  for (const Cell& cell : cells) check_cell(cell);
  return 0;
}
