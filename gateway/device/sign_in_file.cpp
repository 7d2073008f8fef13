#include "gateway/device/sign_in_file.hpp"

#include <simdjson.h>

#include <cstdlib>
#include <filesystem>

#include "gateway/base/owner_file.hpp"
#include "mesh/base64url.hpp"
#include "mesh/value.hpp"

namespace meshgate::device {

namespace {

void append(std::string& out, std::string_view name, std::string_view text) {
  out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
  append_json_string(out, text);
}

std::optional<SignedIn> parse(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || !root.is_object()) return std::nullopt;
  const auto member = [&](const char* name) {
    std::string_view out;
    return root[name].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
  };
  SignedIn out{member("url"), member("device"), member("refresh_token"), member("next")};
  const auto seed = decode_base64url(member("key"));
  auto key = seed ? SigningKey::from_seed(*seed) : std::nullopt;
  if (out.url.empty() || out.refresh.empty() || !key) return std::nullopt;
  out.key = std::move(*key);
  simdjson::dom::array also;
  if (root["also"].get(also) != simdjson::SUCCESS) return out;
  for (const simdjson::dom::element one : also) {
    std::string_view url;
    if (one.get(url) == simdjson::SUCCESS) out.also.emplace_back(url);
  }
  return out;
}

}  // namespace

std::string plain_url(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string sign_in_path(const std::string& url) {
  const char* configured = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder;
  if (configured != nullptr && *configured == '/') {
    folder = configured;
  } else if (home != nullptr && *home == '/') {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return {};
  }
  std::string name;
  for (const char c : url.substr(0, 200)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    name += plain ? c : '_';
  }
  return (folder / "meshgate" / (name + ".json")).string();
}

Result<std::optional<SignedIn>> read_sign_in(const std::string& file) {
  auto text = base::read_owner_file(file);
  if (!text) return std::move(text).error();
  if (!*text) return std::optional<SignedIn>{};
  auto out = parse(**text);
  if (!out) return Error{Code::corrupt, file + ": is not what `meshgate login` wrote; sign in again"};
  return out;
}

Status write_sign_in(const std::string& file, const SignedIn& signed_in) {
  const auto folder = std::filesystem::path(file).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  std::string text;
  append(text, "url", signed_in.url);
  append(text, "device", signed_in.device);
  append(text, "refresh_token", signed_in.refresh);
  append(text, "next", signed_in.next);
  append(text, "key", base64url(signed_in.key.seed()));
  text += ",\"also\":[";
  for (const std::string& url : signed_in.also) {
    if (text.back() != '[') text += ',';
    append_json_string(text, url);
  }
  text += ']';
  return base::write_owner_file(file, text + "}\n");
}

}  // namespace meshgate::device
