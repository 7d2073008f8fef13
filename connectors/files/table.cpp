#include "connectors/files/table.hpp"

#include <algorithm>

namespace meshgate::files {

namespace {

/// The beginning of a long text, cut between characters.
std::string shown(std::string_view text) {
  constexpr size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  size_t size = kMost;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return std::string(text.substr(0, size)) + "…";
}

}  // namespace

sdk::Status read_declared(const sdk::Settings& settings, Declared& out) {
  for (const std::string& entry : settings.list("types")) {
    const size_t colon = entry.rfind(':');
    const std::string name = entry.substr(0, std::min(colon, entry.size()));
    const auto kind = colon == std::string::npos ? std::nullopt : kind_named(std::string_view(entry).substr(colon + 1));
    if (name.empty() || !kind) {
      return sdk::failure(MG_CONFIG, "types: '" + entry +
                                         "' is not column:type; the types are bool, int64, uint64, float64, decimal, text, date, time, "
                                         "timestamp, timestamptz, uuid and json");
    }
    if (!out.types.emplace(name, *kind).second) return sdk::failure(MG_CONFIG, "types: column '" + name + "' is there twice; keep one");
  }
  out.key = settings.list("key");
  for (auto at = out.key.begin(); at != out.key.end(); ++at) {
    if (std::find(out.key.begin(), at, *at) != at) return sdk::failure(MG_CONFIG, "key: column '" + *at + "' is there twice; keep one");
  }
  return {};
}

void Table::sample(const std::vector<Cell>& cells) {
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t at = place(cells[i].name, i);
    if (at == kNone) {
      add(cells[i].name, infer(cells[i]));
    } else {
      columns_[at].type = widen(columns_[at].type, infer(cells[i]));
    }
  }
}

sdk::Status Table::settle(std::string_view where) {
  for (const auto& [name, kind] : declared_.types) {
    if (!columns_.find(name)) add(name, kind);
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto declared = declared_.types.find(sdk::view(columns_[i].name));
    if (declared != declared_.types.end()) columns_[i].type = declared->second;
    if (columns_[i].type == MG_NULL) columns_[i].type = MG_JSON;  // nothing but nulls so far: holds whatever comes
  }
  for (size_t i = 0; i < declared_.key.size(); ++i) {
    const std::string& name = declared_.key[i];
    const auto at = columns_.find(name);
    if (!at) return sdk::failure(MG_CONFIG, std::string(where) + ": there is no column '" + name + "', which key: names; name one that is there");
    if (columns_[*at].type == MG_JSON) {
      return sdk::failure(MG_CONFIG, std::string(where) + ": key column '" + name + "' holds values of several kinds; declare its type, like types: [ \"" +
                                         name + ":text\" ]");
    }
    columns_[*at].key = static_cast<uint32_t>(i + 1);
    columns_[*at].nullable = 0;
    key_.push_back(*at);
  }
  return {};
}

const std::string& Table::fill(const std::vector<Cell>& cells) {
  fault_.clear();
  grown_ = false;
  std::fill(values_.begin(), values_.end(), sdk::null_value());
  std::fill(set_.begin(), set_.end(), false);
  for (size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    size_t at = place(cell.name, i);
    if (at == kNone) {
      if (cell.form == Cell::Form::null) continue;
      if (columns_.size() >= kMostColumns) {
        fault_ = "more than " + std::to_string(kMostColumns) + " different fields in one stream";
        continue;
      }
      add(cell.name, infer(cell));
      at = columns_.size() - 1;
      grown_ = true;
    }
    if (set_[at]) {
      fault_ = "field " + std::string(cell.name) + " is there twice";
      values_[at] = sdk::null_value();
    } else if (!convert(cell, columns_[at].type, values_[at], storage_[at])) {
      values_[at] = sdk::null_value();
      fault_ = mismatch(cell, at);
    }
    set_[at] = true;
  }
  return fault_;
}

bool Table::key_text(std::string& out) const {
  out.clear();
  for (const size_t at : key_) {
    if (values_[at].kind == MG_NULL) return false;
    append_key_text(out, values_[at]);
  }
  return !key_.empty();
}

size_t Table::place(std::string_view name, size_t hint) {
  if (hint < columns_.size() && sdk::view(columns_[hint].name) == name) return hint;
  const auto found = places_.find(name);
  return found == places_.end() ? kNone : found->second;
}

void Table::add(std::string_view name, int32_t kind) {
  places_.emplace(std::string(name), columns_.add(name, kind));
  values_.push_back(sdk::null_value());
  storage_.emplace_back();
  set_.push_back(false);
}

std::string Table::mismatch(const Cell& cell, size_t at) const {
  const std::string column = "column " + std::string(sdk::view(columns_[at].name)) + ": ";
  const std::string_view given = cell.form == Cell::Form::text ? cell.text : cell.token;
  if (!valid_utf8(given)) return column + "its bytes are not UTF-8";
  return column + shown(given) + " is not " + std::string(kind_name(columns_[at].type));
}

}  // namespace meshgate::files
