#include "config/secrets.hpp"

#include <algorithm>
#include <cstdlib>

#include "config/read_file.hpp"
#include "mesh/value.hpp"

namespace meshgate::config {

namespace {

constexpr std::size_t kMaxSecretFile = 65536;
constexpr std::string_view kForms = "write ${env:NAME} or ${file:PATH}, or $${ for the characters ${";

std::string chomp(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

std::string Secrets::expand(const Node& scalar, bool secret, Diagnostics& out) {
  const std::string_view text = scalar.scalar();
  std::string made;
  bool referred = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t dollar = std::min(text.find('$', at), text.size());
    made.append(text, at, dollar - at);
    const std::string_view rest = text.substr(dollar);
    if (rest.starts_with("$${")) {
      made.append("${");
      at = dollar + 3;
    } else if (rest.starts_with("${")) {
      const std::size_t close = rest.find('}');
      if (close == std::string_view::npos) {
        out.add(scalar.place(), "a '${' is not closed", std::string(kForms));
        return {};
      }
      made.append(fetch(rest.substr(2, close - 2), scalar, out));
      referred = true;
      at = dollar + close + 1;
    } else {
      made.append(rest.substr(0, 1));
      at = dollar + 1;
    }
  }
  if (secret && !referred && !made.empty()) {
    out.warn(scalar.place(), "a secret stands here in clear text",
             "put it into a file that only this user may read, and write ${file:PATH}");
  }
  if (secret) remember(made);
  return made;
}

std::string Secrets::fetch(std::string_view reference, const Node& scalar, Diagnostics& out) {
  const std::size_t colon = std::min(reference.find(':'), reference.size());
  const std::string_view kind = reference.substr(0, colon);
  const std::string what(reference.substr(std::min(colon + 1, reference.size())));
  if ((kind != "env" && kind != "file") || what.empty()) {
    out.add(scalar.place(), "'${" + std::string(reference.substr(0, 60)) + "}' is not a reference", std::string(kForms));
    return {};
  }
  if (kind == "env") {
    const char* value = std::getenv(what.c_str());
    if (value == nullptr) out.add(scalar.place(), "the environment variable " + what + " is not set", "set it before the start");
    return value == nullptr ? std::string() : std::string(value);
  }
  auto value = read_file(beside(scalar.place().file, what), kMaxSecretFile);
  if (!value) {
    out.add(scalar.place(), "the file " + beside(scalar.place().file, what) + ": " + value.error().message);
    return {};
  }
  std::string secret = chomp(*std::move(value));
  if (!valid_utf8(secret) || secret.find('\0') != std::string::npos) {
    out.add(scalar.place(), "the file " + beside(scalar.place().file, what) + " is not UTF-8 text");
    return {};
  }
  remember(secret);
  return secret;
}

void Secrets::remember(std::string secret) {
  constexpr std::size_t kShortest = 4;
  if (secret.size() < kShortest || std::find(known_.begin(), known_.end(), secret) != known_.end()) return;
  const auto shorter = [&](const std::string& one) { return one.size() < secret.size(); };
  known_.insert(std::find_if(known_.begin(), known_.end(), shorter), std::move(secret));
}

}  // namespace meshgate::config
