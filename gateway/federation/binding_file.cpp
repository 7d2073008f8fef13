#include "gateway/federation/binding_file.hpp"

#include <simdjson.h>

#include "mesh/key_text.hpp"
#include "mesh/value.hpp"

namespace meshgate::federation {

namespace {

using simdjson::dom::element;

Error damaged() {
  return {Code::corrupt, "it does not hold what was written; put it back from a backup, or remove it: then every feed is bound to the key that is met next"};
}

std::optional<Micros> read_since(element from) {
  std::int64_t micros = 0;
  if (from["since"].get(micros) != simdjson::SUCCESS) return std::nullopt;
  return Micros{micros};
}

void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
}

}  // namespace

std::string binding_text(const BindingFile& file) {
  std::string out = "{\"feeds\":{";
  for (const auto& [name, one] : file.feeds) {
    append_name(out, name);
    std::string stated = claim_text(one.stated);
    stated.resize(stated.size() - 2);  // the brace and the line's end
    out.append(stated).append(",\"since\":").append(std::to_string(one.since.count)).append("}");
  }
  out += "},\"peers\":{";
  for (const auto& [name, one] : file.peers) {
    append_name(out, name);
    out.append("{\"key\":\"").append(key_text(one.key)).append("\",\"since\":").append(std::to_string(one.since.count)).append("}");
  }
  return out + "}}\n";
}

Result<BindingFile> parse_bindings(std::string_view text) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::object feeds;
  simdjson::dom::object peers;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["feeds"].get(feeds) != simdjson::SUCCESS || root["peers"].get(peers) != simdjson::SUCCESS) return damaged();
  BindingFile out;
  for (const auto [name, value] : feeds) {
    auto stated = parse_claim(simdjson::minify(value));
    const auto since = read_since(value);
    if (!stated || stated->seal.key.empty() || !since) return damaged();
    out.feeds.insert_or_assign(std::string(name), Binding{std::move(*stated), *since});
  }
  for (const auto [name, value] : peers) {
    std::string_view written;
    if (value["key"].get(written) != simdjson::SUCCESS) return damaged();
    auto key = parse_key_text(written);
    const auto since = read_since(value);
    if (!key || !since) return damaged();
    out.peers.insert_or_assign(std::string(name), KnownPeer{std::move(*key), *since});
  }
  return out;
}

Verdict judge(const std::string& bound, const store::Claim& known, const StatedClaim& stated) {
  const std::string& key = stated.seal.key;
  if (key == bound) return Verdict::same;
  if (bound.empty()) return Verdict::first;
  return !key.empty() && stated.claim > known ? Verdict::promoted : Verdict::refused;
}

}  // namespace meshgate::federation
