#include "connectors/files/json_lines.hpp"

#include <simdjson.h>

#include <algorithm>

#include "connectors/files/reader.hpp"

namespace meshgate::files {

namespace ondemand = simdjson::ondemand;

static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

struct JsonDecoder::Parser {
  ondemand::parser lines;
  simdjson::dom::parser nested;  // proves that what is handed on as JSON is JSON
};

namespace {

constexpr const char* kNoJson = "the line is not JSON";

std::string_view trimmed(std::string_view token) {
  const size_t last = token.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : token.substr(0, last + 1);
}

bool digits(std::string_view text, size_t& at) {
  const size_t from = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at > from;
}

/// RFC 8259 section 6. On-demand parsing leaves it to the caller of raw_json_token().
bool json_number(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t whole = at;
  if (!digits(text, at) || (text[whole] == '0' && at > whole + 1)) return false;
  if (at < text.size() && text[at] == '.' && !digits(text, ++at)) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits(text, at)) return false;
  }
  return at == text.size();
}

bool nested_cell(simdjson::dom::parser& parser, ondemand::value value, bool object, Cell& cell) {
  std::string_view raw;
  if (object) {
    ondemand::object inner;
    if (value.get_object().get(inner) != simdjson::SUCCESS || inner.raw_json().get(raw) != simdjson::SUCCESS) return false;
  } else {
    ondemand::array inner;
    if (value.get_array().get(inner) != simdjson::SUCCESS || inner.raw_json().get(raw) != simdjson::SUCCESS) return false;
  }
  cell.form = Cell::Form::nested;
  cell.token = trimmed(raw);
  simdjson::dom::element proof;
  return parser.parse(cell.token.data(), cell.token.size()).get(proof) == simdjson::SUCCESS;
}

bool scalar_cell(ondemand::value value, ondemand::json_type type, Cell& cell) {
  cell.token = trimmed(value.raw_json_token());
  bool flag = false;
  switch (type) {
    case ondemand::json_type::string: cell.form = Cell::Form::quoted; return value.get_string().get(cell.text) == simdjson::SUCCESS;
    case ondemand::json_type::number:
      cell.form = Cell::Form::number;
      cell.text = cell.token;
      return json_number(cell.token);
    case ondemand::json_type::boolean:
      cell.form = Cell::Form::boolean;
      cell.text = cell.token;
      return value.get_bool().get(flag) == simdjson::SUCCESS;
    default: cell.form = Cell::Form::null; return cell.token == "null";
  }
}

}  // namespace

JsonDecoder::JsonDecoder() : parser_(std::make_unique<Parser>()) {}
JsonDecoder::~JsonDecoder() = default;

const char* JsonDecoder::decode(std::string_view line, std::vector<Cell>& cells) {
  cells.clear();
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kPadding);
  if (parser_->lines.iterate(padded).get(document) != simdjson::SUCCESS) return kNoJson;
  if (document.get_object().get(object) != simdjson::SUCCESS) return "the line is not a JSON object";
  for (auto member : object) {
    ondemand::field field;
    Cell cell;
    ondemand::json_type type{};
    if (std::move(member).get(field) != simdjson::SUCCESS || field.unescaped_key().get(cell.name) != simdjson::SUCCESS) return kNoJson;
    if (field.value().type().get(type) != simdjson::SUCCESS) return kNoJson;
    const bool nested = type == ondemand::json_type::object || type == ondemand::json_type::array;
    const bool good = nested ? nested_cell(parser_->nested, field.value(), type == ondemand::json_type::object, cell)
                             : scalar_cell(field.value(), type, cell);
    if (!good) return kNoJson;
    if (cell.name.empty()) return "a field has an empty name";
    cells.push_back(cell);
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? nullptr : "text stands behind the JSON object";
}

}  // namespace meshgate::files
