#include "gateway/serve/auth_question.hpp"

#include <simdjson.h>

#include <algorithm>
#include <initializer_list>

#include "gateway/net/target.hpp"
#include "gateway/serve/auth.hpp"
#include "mesh/base64url.hpp"
#include "mesh/value.hpp"

namespace meshgate::serve {

namespace {

using Members = std::map<std::string, std::string>;

constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestPassword = 1024;
constexpr std::size_t kLongestDevice = 64;
constexpr std::size_t kKey = 32;

Error wrong(std::string what) { return {Code::config, std::move(what)}; }

Error twice(std::string_view name) { return wrong("member '" + std::string(name.substr(0, 64)) + "' is given twice: give it once"); }

std::optional<std::string> form_decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return net::percent_decode(spaced);
}

Result<Members> form_members(std::string_view body) {
  Members out;
  while (!body.empty()) {
    std::string_view value = net::take_until(body, '&');
    if (value.empty()) continue;
    auto name = form_decode(net::take_until(value, '='));
    auto decoded = form_decode(value);
    if (!name || !decoded) return wrong("the body has a '%' that two hexadecimal digits do not follow");
    if (!out.emplace(*name, std::move(*decoded)).second) return twice(*name);
  }
  return out;
}

Result<Members> json_members(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return wrong("the body must be a JSON object");
  Members out;
  for (const auto [name, value] : root) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return wrong("member '" + std::string(name.substr(0, 64)) + "' must be a text");
    if (!out.emplace(std::string(name), std::string(text)).second) return twice(name);
  }
  return out;
}

std::string take(Members& members, const char* name) {
  const auto at = members.find(name);
  if (at == members.end()) return {};
  std::string out = std::move(at->second);
  members.erase(at);
  return out;
}

/// 32 bytes in base64url, or absent.
Status take_bytes(Members& members, const char* name, std::string& into) {
  auto bytes = decode_base64url(take(members, name));
  if (!bytes || (!bytes->empty() && bytes->size() != kKey)) return wrong(std::string("member '") + name + "' must be 32 bytes in base64url");
  into = std::move(*bytes);
  return {};
}

/// A misspelt member would be left out in silence.
Status nothing_left(const Members& members, std::string_view known) {
  if (members.empty()) return {};
  return wrong("member '" + members.begin()->first.substr(0, 64) + "' is not known: there are " + std::string(known));
}

Result<TokenQuestion> parse_password(const net::Request& request, Members members) {
  access::Attempt out = attempt_from(request);
  out.name = take(members, "username");
  out.password = take(members, "password");
  out.device = take(members, "device");
  if (auto taken = take_bytes(members, "device_key", out.key); !taken) return std::move(taken).error();
  if (auto good = nothing_left(members, "grant_type, username, password, device, device_key"); !good) return std::move(good).error();
  if (auto good = plausible(out); !good) return std::move(good).error();
  return TokenQuestion(std::move(out));
}

Result<TokenQuestion> parse_refresh(Members members) {
  access::Refresh out;
  out.token = take(members, "refresh_token");
  auto proof = decode_base64url(take(members, "proof"));
  if (!proof) return wrong("member 'proof' must be a signature in base64url");
  out.proof = std::move(*proof);
  if (auto taken = take_bytes(members, "next", out.next); !taken) return std::move(taken).error();
  if (auto good = nothing_left(members, "grant_type, refresh_token, next, proof"); !good) return std::move(good).error();
  if (out.token.empty()) return wrong("member 'refresh_token' is missing");
  return TokenQuestion(std::move(out));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

}  // namespace

Status plausible(const access::Attempt& attempt) {
  if (attempt.name.empty() || attempt.name.size() > kLongestName || !valid_utf8(attempt.name) || has_control(attempt.name)) {
    return wrong("the user name is missing, longer than 256 bytes, or no text");
  }
  // A directory takes an empty password for no password, and lets everybody in (RFC 4513 section 5.1.2).
  if (attempt.password.empty() || attempt.password.size() > kLongestPassword || !valid_utf8(attempt.password) || attempt.password.find('\0') != std::string::npos) {
    return wrong("the password is missing, longer than 1024 bytes, or no text");
  }
  if (attempt.device.empty() || attempt.device.size() > kLongestDevice || !valid_utf8(attempt.device) || has_control(attempt.device)) {
    return wrong("the name of the device is missing (member 'device'), longer than 64 bytes, or no text");
  }
  return {};
}

Result<Members> body_members(const net::Request& request) {
  const auto type = request.fields.find("Content-Type").value_or("");
  const auto media = net::trimmed(type.substr(0, type.find(';')));
  if (net::same_word(media, "application/json")) return json_members(request.body);
  if (net::same_word(media, "application/x-www-form-urlencoded")) return form_members(request.body);
  return wrong("send the body as application/json or application/x-www-form-urlencoded, and say so in Content-Type");
}

Result<TokenQuestion> parse_token_question(const net::Request& request) {
  auto members = body_members(request);
  if (!members) return std::move(members).error();
  const std::string grant = take(*members, "grant_type");
  if (grant == "password") return parse_password(request, std::move(*members));
  if (grant == "refresh_token") return parse_refresh(std::move(*members));
  return wrong("member 'grant_type' must be 'password' or 'refresh_token'");
}

}  // namespace meshgate::serve
