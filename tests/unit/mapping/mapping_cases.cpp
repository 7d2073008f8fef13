#include "tests/unit/mapping/mapping_cases.hpp"

#include <deque>
#include <sstream>

#include "config/node.hpp"
#include "mapping/mapping.hpp"

namespace meshgate::cases {

namespace {

using config::Node;

struct Columns {
  Schema schema;
  std::vector<Field> uncarried;
};

void add_column(Columns& columns, const std::string& text) {
  std::istringstream words(text);
  Field field;
  field.nullable = false;
  std::string word;
  words >> field.name >> word;
  field.type = type_named(word).value_or(Type::text);
  int keys = 0;
  bool carried = true;
  for (const Field& other : columns.schema.fields) keys += other.key > 0 ? 1 : 0;
  while (words >> word) {
    if (word == "null") field.nullable = true;
    if (word == "key") field.key = keys + 1;
    if (word == "uncarried") carried = false;
  }
  for (char& c : field.name) c = c == '~' ? ' ' : c;
  (carried ? columns.schema.fields : columns.uncarried).push_back(field);
}

std::string show_item(const mapping::MappedItem& item) {
  std::string out = item.key == item.id ? "" : item.key + ": ";
  out += item.id + " [";
  for (const std::string& one : item.partitions) out += (out.back() == '[' ? "" : " ") + one;
  return out + "] " + item.content + '\n';
}

std::string run_row(const mapping::Mapping& made, const Schema& schema, const Node& row, mapping::MappedItem& item) {
  std::deque<std::string> storage;
  std::vector<Value> values;
  Record record;
  for (const Node& cell : row.elements()) {
    if (cell.scalar().starts_with('!') && values.size() == schema.fields.size()) {
      record.fault = std::string_view(cell.scalar()).substr(1);
    } else if (cell.kind() == Node::Kind::null) {
      values.push_back(Value::none());
    } else {
      const Type type = schema.fields[std::min(values.size(), schema.fields.size() - 1)].type;
      const auto value = parse_text(type, cell.scalar(), storage.emplace_back());
      values.push_back(value.value_or(Value::of_text(type, cell.scalar())));
    }
  }
  record.values = values;
  const Status done = made.apply(record, item);
  if (done) return show_item(item);
  return std::string(word(done.error().code)) + ": " + done.error().message + " (key '" + item.key + "')\n";
}

}  // namespace

std::string run_mapping_case(const Case& one) {
  config::Diagnostics out;
  const Node root = config::parse_yaml(one.input, "c.yaml", out);
  auto definition = mapping::Definition::read(root["fields"], root["id"], root["partition"], out);
  definition.show_as(mapping::read_presentation(root, out));
  Columns columns;
  for (const Node& column : root["columns"].elements()) add_column(columns, column.scalar());
  if (!out.empty()) return out.text();
  const auto made = mapping::Mapping::compile(definition, columns.schema, columns.uncarried, root.place(), out);
  if (!made) return out.text();
  std::string text;
  for (const Node& show : root["show"].elements()) {
    if (show.scalar() == "fingerprint") text += definition.fingerprint();
    if (show.scalar() == "id_is_key") text += made->id_is_key() ? "id is key\n" : "id is not key\n";
    if (show.scalar() == "schema") {
      append_json(text, made->schema());
      text += '\n';
    }
  }
  mapping::MappedItem item;
  for (const Node& row : root["rows"].elements()) text += run_row(*made, columns.schema, row, item);
  return text;
}

}  // namespace meshgate::cases
