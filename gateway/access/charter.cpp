#include "gateway/access/charter.hpp"

#include <simdjson.h>

#include "mesh/base64url.hpp"
#include "mesh/json_text.hpp"
#include "mesh/sha256.hpp"
#include "mesh/value.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kVersionBytes = 16;

Error none(const char* why) { return {Code::config, std::string("what the peer says of its rules and keys cannot be read: ") + why + "; use the same version of meshgate there"}; }

bool read_texts(element from, std::vector<std::string>& into) {
  simdjson::dom::array list;
  if (from.get(list) != simdjson::SUCCESS) return false;
  for (const element one : list) {
    std::string_view text;
    if (one.get(text) != simdjson::SUCCESS) return false;
    into.emplace_back(text);
  }
  return true;
}

void append_issuer(std::string& out, const Issuer& issuer) {
  out += ",\"issuer\":{\"name\":";
  append_json_string(out, issuer.name);
  out += ",\"keys\":[";
  for (const auto& one : issuer.keys) {
    out.append(out.back() == '[' ? "\"" : ",\"").append(base64url(one.key.bytes())).append("\"");
  }
  out += "],\"revoked\":";
  append_json_texts(out, issuer.revoked);
  out += '}';
}

bool read_issuer(element from, Issuer& into) {
  std::string_view name;
  std::vector<std::string> keys;
  if (from["name"].get(name) != simdjson::SUCCESS || name.empty()) return false;
  into.name = name;
  element member;
  if (from["keys"].get(member) != simdjson::SUCCESS || !read_texts(member, keys)) return false;
  for (const auto& text : keys) {
    const auto bytes = decode_base64url(text);
    auto key = bytes ? VerifyingKey::from_bytes(*bytes) : std::nullopt;
    if (!key) return false;
    auto id = thumbprint(*key);
    into.keys.push_back({std::move(id), std::move(*key)});
  }
  return from["revoked"].get(member) == simdjson::SUCCESS && read_texts(member, into.revoked);
}

bool read_terms(element from, Terms& into) {
  element member;
  if (from["read"].get(member) != simdjson::SUCCESS || !read_texts(member, into.read)) return false;
  object shown;
  if (from["shown"].get(shown) == simdjson::SUCCESS) into.shown = simdjson::minify(shown);
  return true;
}

std::optional<Micros> read_time(element from, const char* name) {
  std::string_view text;
  if (from[name].get(text) != simdjson::SUCCESS) return std::nullopt;
  if (text.ends_with('Z')) text.remove_suffix(1);
  return parse_timestamp(text);
}

Result<Charter> read_charter(element root) {
  Charter out;
  object feeds;
  if (root["feeds"].get(feeds) != simdjson::SUCCESS) return none("it has no member 'feeds'");
  for (const auto [name, value] : feeds) {
    if (!read_terms(value, out.feeds[std::string(name)])) return none("a feed's rules are not a list of texts");
  }
  element issuer;
  if (root["issuer"].get(issuer) != simdjson::SUCCESS) return out;
  if (!read_issuer(issuer, out.issuer.emplace())) return none("its keys are not written as a node writes them");
  return out;
}

}  // namespace

std::string charter_text(const Charter& charter) {
  std::string out = "{\"feeds\":{";
  for (const auto& [name, terms] : charter.feeds) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ":{\"read\":";
    append_json_texts(out, terms.read);
    if (!terms.shown.empty()) out.append(",\"shown\":").append(terms.shown);
    out += '}';
  }
  out += '}';
  if (charter.issuer) append_issuer(out, *charter.issuer);
  return out + "}";
}

Result<Charter> parse_charter(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return none("it is no JSON");
  return read_charter(root);
}

std::string version_of(const Charter& charter) { return base64url(sha256(charter_text(charter)).substr(0, kVersionBytes)); }

std::string statement_text(const Statement& statement) {
  std::string out = "{\"as_of\":\"" + utc_text(statement.as_of) + "\",\"version\":";
  append_json_string(out, statement.version);
  if (statement.rules_as_of.count != 0) out.append(",\"rules_as_of\":\"").append(utc_text(statement.rules_as_of)).append("\"");
  if (statement.charter) out.append(",\"charter\":").append(charter_text(*statement.charter));
  return out + "}\n";
}

Result<Statement> parse_statement(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return none("it is no JSON");
  std::string_view version;
  const auto at = read_time(root, "as_of");
  if (!at || root["version"].get(version) != simdjson::SUCCESS) return none("it does not say of when it is");
  Statement out{*at, std::string(version), std::nullopt, read_time(root, "rules_as_of").value_or(Micros{0})};
  element charter;
  if (root["charter"].get(charter) != simdjson::SUCCESS) return out;
  auto read = read_charter(charter);
  if (!read) return std::move(read).error();
  out.charter = std::move(*read);
  return out;
}

}  // namespace meshgate::access
