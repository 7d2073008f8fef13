#include "tests/unit/mesh/vectors.hpp"

#include <bit>
#include <cstdio>
#include <cstdlib>

namespace meshgate::testing {

namespace {

constexpr const char* kFile = MESHGATE_VECTORS;

std::uint64_t bits(const std::string& hex) { return std::strtoull(hex.c_str(), nullptr, 16); }

}  // namespace

simdjson::dom::element vectors() {
  static simdjson::dom::parser parser;
  static const simdjson::dom::element root = [] {
    simdjson::dom::element out;
    if (parser.load(kFile).get(out) != simdjson::SUCCESS) {
      std::fprintf(stderr, "%s cannot be read: make it with vectors.py --write\n", kFile);
      std::exit(1);
    }
    return out;
  }();
  return root;
}

std::string text(simdjson::dom::element row, const char* member) { return std::string(std::string_view(row[member])); }
std::uint64_t natural(simdjson::dom::element row, const char* member) { return std::strtoull(text(row, member).c_str(), nullptr, 10); }
std::int64_t integer(simdjson::dom::element row, const char* member) { return std::strtoll(text(row, member).c_str(), nullptr, 10); }
bool flag(simdjson::dom::element row, const char* member) { return bool(row[member]); }

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(bits(std::string(hex.substr(i, 2))));
  return out;
}

Value value_of(simdjson::dom::element row, std::string& storage, bool hex_rows) {
  const Type type = *type_named(text(row, "type"));
  if (row["value"].is_null()) {
    Value out;
    out.type = type;
    return out;
  }
  const std::string given = text(row, "value");
  switch (type) {
    case Type::boolean: return Value::of_bool(given == "true");
    case Type::int64: return Value::of_int64(integer(row, "value"));
    case Type::uint64: return Value::of_uint64(natural(row, "value"));
    case Type::float32:
      return given.size() == 8 ? Value::of_float32(std::bit_cast<float>(static_cast<std::uint32_t>(bits(given)))) : Value::none();
    case Type::float64: return Value::of_float64(std::bit_cast<double>(bits(given)));
    case Type::date:
    case Type::time:
    case Type::timestamp:
    case Type::timestamptz: return Value::of_count(type, integer(row, "value"));
    case Type::bytes:
    case Type::uuid: storage = from_hex(given); break;
    default: storage = hex_rows ? from_hex(given) : given;
  }
  return Value::of_text(type, storage);
}

Schema schema_of(simdjson::dom::element row) {
  Schema out;
  out.version = static_cast<std::uint32_t>(std::uint64_t(row["version"]));
  for (const simdjson::dom::element field : simdjson::dom::array(row["fields"])) {
    Field one;
    one.name = std::string(std::string_view(field.at(0)));
    one.type = *type_named(std::string_view(field.at(1)));
    one.nullable = bool(field.at(2));
    one.key = static_cast<int>(std::int64_t(field.at(3)));
    out.fields.push_back(std::move(one));
  }
  return out;
}

}  // namespace meshgate::testing
