#include "mesh/record.hpp"

namespace meshgate {

namespace {

void append_escaped(std::string& out, std::string_view part) {
  for (const char c : part) {
    if (c == '%') {
      out.append("%25");
    } else if (c == ',') {
      out.append("%2C");
    } else {
      out += c;
    }
  }
}

Status append_part(std::string& out, const Field& field, const Value& value) {
  if (value.null) return Error{Code::bad_record, "key column " + field.name + " is NULL"};
  const std::size_t before = out.size();
  const Exact verdict = append_text(out, value);
  if (verdict != Exact::exact) {
    return Error{Code::bad_record, "key column " + field.name + ": " + std::string(describe(verdict))};
  }
  if (out.size() == before) return Error{Code::bad_record, "key column " + field.name + " is empty"};
  return {};
}

Status append_parts(std::string& out, const Schema& schema, const std::vector<std::size_t>& key, std::span<const Value> values) {
  if (key.size() == 1) return append_part(out, schema.fields[key[0]], values[key[0]]);
  std::string part;
  for (std::size_t i = 0; i < key.size(); ++i) {
    part.clear();
    if (auto done = append_part(part, schema.fields[key[i]], values[key[i]]); !done) return done;
    if (i > 0) out += ',';
    append_escaped(out, part);
  }
  return {};
}

}  // namespace

Status append_key(std::string& out, const Schema& schema, std::span<const Value> values) {
  const std::size_t before = out.size();
  const auto key = schema.key();
  if (key.empty()) return Error{Code::config, "the stream has no key"};
  auto done = append_parts(out, schema, key, values);
  if (done && out.size() - before > kMaxIdBytes) {
    done = Error{Code::bad_record, "the key is longer than " + std::to_string(kMaxIdBytes) + " bytes"};
  }
  if (!done) out.resize(before);
  return done;
}

std::vector<std::string> split_key(std::string_view key, std::size_t count) {
  if (count == 1) return {std::string(key)};
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == ',') {
      out.emplace_back();
    } else if (key[i] == '%') {
      const std::string_view escape = key.substr(i, 3);
      if (escape != "%25" && escape != "%2C") return {};
      out.back() += escape == "%25" ? '%' : ',';
      i += 2;
    } else {
      out.back() += key[i];
    }
  }
  if (out.size() != count) return {};
  return out;
}

}  // namespace meshgate
