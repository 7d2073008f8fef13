#include "mapping/plan.hpp"

#include <algorithm>
#include <initializer_list>

#include "mapping/casts.hpp"

namespace meshgate::mapping {

namespace {

Error bad(std::initializer_list<std::string_view> words) {
  Error out{Code::bad_record, {}};
  for (const std::string_view word : words) out.message.append(word);
  return out;
}

Error bad(std::string_view what, std::string_view name, std::string_view why) { return bad({what, " '", name, "': ", why}); }

Error bad_type(std::string_view what, std::string_view name, Type announced, Type given) {
  return bad({what, " '", name, "': the source announced ", meshgate::name(announced), " but gave ", meshgate::name(given)});
}

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Escapes ',' and '%' in what stands from `from` on, as a key of several columns wants it.
void escape_tail(std::string& out, std::size_t from, std::string& scratch) {
  if (out.find_first_of(",%", from) == std::string::npos) return;
  scratch.assign(out, from);
  out.resize(from);
  for (const char c : scratch) {
    if (c == '%') {
      out.append("%25");
    } else if (c == ',') {
      out.append("%2C");
    } else {
      out += c;
    }
  }
}

Status append_key_part(std::string& out, const TextPlan::Piece& piece, const Value& value) {
  if (value.null) return bad("key column", piece.text, "the value is NULL");
  if (value.type != piece.type) return bad_type("key column", piece.text, piece.type, value.type);
  const std::size_t before = out.size();
  const Exact verdict = append_text(out, value);
  if (verdict != Exact::exact) return bad("key column", piece.text, describe(verdict));
  if (out.size() == before) return bad("key column", piece.text, "the value is empty");
  return {};
}

/// The bytes of mesh's append_key, for columns known beforehand. `out` is empty after a failure.
Status make_key(const KeyPlan& plan, const Record& record, std::string& out, std::string& scratch) {
  out.clear();
  const bool several = plan.columns.size() > 1;
  for (const TextPlan::Piece& piece : plan.columns) {
    if (!out.empty()) out += ',';
    const std::size_t from = out.size();
    auto done = append_key_part(out, piece, record.values[piece.column]);
    if (!done || out.size() > kMaxIdBytes * 3) {
      out.clear();
      if (!done) return done;
      break;
    }
    if (several) escape_tail(out, from, scratch);
  }
  if (!out.empty() && out.size() <= kMaxIdBytes) return {};
  out.clear();
  return bad({"the key is longer than ", std::to_string(kMaxIdBytes), " bytes"});
}

/// What a template gave.
struct Text {
  bool null = false;  ///< a column in it is NULL
  Status status;
};

Text append_pieces(std::string& out, const TextPlan& plan, const Record& record, std::string_view what, std::string_view name) {
  for (const TextPlan::Piece& piece : plan.pieces) {
    if (piece.literal) {
      out.append(piece.text);
      continue;
    }
    const Value& value = record.values[piece.column];
    if (value.null) return {true, {}};
    if (value.type != piece.type) return {false, bad_type(what, name, piece.type, value.type)};
    const Exact verdict = append_text(out, value);
    if (verdict != Exact::exact) return {false, bad({what, " '", name, "': column '", piece.text, "': ", describe(verdict)})};
  }
  return {};
}

/// The text of an id or a partition: neither NULL nor empty, within its limit.
Status append_name(std::string& out, const TextPlan& plan, const Record& record, std::string_view what) {
  out.clear();
  Text text = append_pieces(out, plan, record, "column", what);
  if (!text.status) return std::move(text.status);
  if (text.null) return bad({"the ", what, " is NULL"});
  if (out.empty()) return bad({"the ", what, " is empty"});
  if (out.size() > kMaxIdBytes) return bad({"the ", what, " is longer than ", std::to_string(kMaxIdBytes), " bytes"});
  return {};
}

Status append_value(std::string& out, const Step& step, const Value& value) {
  if (value.type != step.from) return bad_type("field", step.field, step.from, value.type);
  const Exact verdict = append_json(out, value);
  if (verdict != Exact::exact) return bad("field", step.field, describe(verdict));
  return {};
}

Status append_cast(std::string& out, const Step& step, Value value, std::string& scratch) {
  if (value.type != step.from) return bad_type("field", step.field, step.from, value.type);
  const std::string_view fault = cast(value, step.type, scratch);
  if (!fault.empty()) return bad({"field '", step.field, "': cast to ", name(step.type), ": ", fault});
  const Exact verdict = append_json(out, value);
  if (verdict != Exact::exact) return bad("field", step.field, describe(verdict));
  return {};
}

/// One step that is more than a column.
Status append_made(std::string& out, const Step& step, const Record& record, std::string& scratch) {
  if (step.kind == Step::Kind::constant) {
    out.append(step.lead);
    return {};
  }
  if (step.kind == Step::Kind::cast) {
    const Value& value = record.values[step.column];
    if (value.null) return {};
    out.append(step.lead);
    return append_cast(out, step, value, scratch);
  }
  scratch.clear();
  Text text = append_pieces(scratch, step.text, record, "field", step.field);
  if (!text.status) return std::move(text.status);
  if (text.null) return {};
  out.append(step.lead);
  append_json_string(out, scratch);
  return {};
}

}  // namespace

Status PlannedMapping::key_of(const Record& record, std::string& out) const {
  out.clear();
  if (record.values.size() != plan_.width) {
    return bad({"the record has ", std::to_string(record.values.size()), " values for ", std::to_string(plan_.width), " columns"});
  }
  std::string scratch;
  return make_key(plan_.key, record, out, scratch);
}

Status PlannedMapping::make_id(const Record& record, MappedItem& out) const {
  if (plan_.id_is_key) {
    out.id.assign(out.key);
    return {};
  }
  if (plan_.id.columns.empty()) return append_name(out.id, plan_.id_text, record, "id");
  return make_key(plan_.id, record, out.id, out.scratch);
}

Status PlannedMapping::make_partitions(const Record& record, MappedItem& out) const {
  out.partitions.resize(std::max<std::size_t>(1, plan_.partition.size()));
  if (plan_.partition.empty()) {
    out.partitions[0].clear();
    return {};
  }
  for (std::size_t i = 0; i < plan_.partition.size(); ++i) {
    std::string& name = out.partitions[i];
    if (auto done = append_name(name, plan_.partition[i], record, "partition"); !done) return done;
    if (std::any_of(name.begin(), name.end(), control)) return Error{Code::bad_record, "the partition has a control character"};
  }
  std::sort(out.partitions.begin(), out.partitions.end());
  out.partitions.erase(std::unique(out.partitions.begin(), out.partitions.end()), out.partitions.end());
  return {};
}

Status PlannedMapping::make_content(const Record& record, MappedItem& out) const {
  std::string& content = out.content;
  content.clear();
  for (const Step& step : plan_.steps) {
    if (step.kind != Step::Kind::column) {
      if (auto done = append_made(content, step, record, out.scratch); !done) return done;
      continue;
    }
    const Value& value = record.values[step.column];
    if (value.null) continue;
    content.append(step.lead);
    if (auto done = append_value(content, step, value); !done) return done;
  }
  // Every lead begins with a comma; the first one becomes the brace.
  if (content.empty()) {
    content.assign(1, '{');
  } else {
    content[0] = '{';
  }
  content += '}';
  if (content.size() > kMaxContent) {
    return bad({"the item is larger than ", std::to_string(kMaxContent >> 20U), " MiB"});
  }
  return {};
}

Status PlannedMapping::apply(const Record& record, MappedItem& out) const {
  out.key.clear();
  if (record.values.size() != plan_.width) return key_of(record, out.key);
  Status key = make_key(plan_.key, record, out.key, out.scratch);
  if (!record.fault.empty()) return Error{Code::bad_record, std::string(record.fault)};
  if (!key) return key;
  if (auto done = make_id(record, out); !done) return done;
  if (auto done = make_partitions(record, out); !done) return done;
  return make_content(record, out);
}

std::vector<Value> PlannedMapping::key_values(std::string_view key, std::vector<std::string>& storage) const {
  const std::size_t count = plan_.key.columns.size();
  storage = split_key(key, count);
  if (storage.size() != count) return {};
  storage.resize(2 * count);  // texts, then what is decoded from them: no string may move from here on
  std::vector<Value> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = parse_text(plan_.key.columns[i].type, storage[i], storage[count + i]);
    if (!value || storage[i].empty()) return {};
    out.push_back(*value);
  }
  return out;
}

}  // namespace meshgate::mapping
