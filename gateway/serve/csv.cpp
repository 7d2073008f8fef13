#include "gateway/serve/csv.hpp"

#include "mesh/time.hpp"
#include "mesh/value.hpp"

namespace meshgate::serve {

namespace {

/// A JSON array: a partition's name may hold any character.
std::string listed(const std::vector<std::string>& partitions) {
  std::string out(1, '[');
  for (const auto& one : partitions) {
    if (out.size() > 1) out += ',';
    append_json_string(out, one);
  }
  return out += ']';
}

}  // namespace

void CsvRow::cell(std::optional<std::string_view> text) {
  if (!first_) out_ += ',';
  first_ = false;
  if (!text) return;
  // A space at an end is not to be taken for layout.
  const bool plain = !text->empty() && text->find_first_of(",\"\r\n") == std::string_view::npos && text->front() != ' ' && text->back() != ' ';
  if (plain) {
    out_.append(*text);
    return;
  }
  out_ += '"';
  for (const char c : *text) out_.append(c == '"' ? 2 : 1, c);
  out_ += '"';
}

void append_field_names(CsvRow& row, const Schema& schema) {
  for (const Field& field : schema.fields) row.cell(field.name);
}

void append_field_texts(CsvRow& row, const ContentReader& reader) {
  for (std::size_t i = 0; i < reader.schema().fields.size(); ++i) row.cell(reader.text(i));
}

void append_no_fields(CsvRow& row, const Schema& schema) {
  for (std::size_t i = 0; i < schema.fields.size(); ++i) row.cell(std::nullopt);
}

std::string items_csv(const store::ItemPage& items, const Schema& schema, bool divided) {
  std::string out;
  CsvRow header(out);
  for (const auto name : {"_id", "_rev", "_at"}) header.cell(name);
  if (divided) header.cell("_partitions");
  append_field_names(header, schema);
  header.end();
  ContentReader reader(schema);
  for (const auto& one : items.items) {
    CsvRow row(out);
    row.cell(one.id);
    row.cell(one.rev.text());
    row.cell(utc_text(one.at));
    if (divided) row.cell(listed(one.partitions));
    reader.read(one.content);
    append_field_texts(row, reader);
    row.end();
  }
  return out;
}

}  // namespace meshgate::serve
