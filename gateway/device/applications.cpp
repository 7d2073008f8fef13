#include "gateway/device/applications.hpp"

#include <simdjson.h>
#include <sys/stat.h>

#include <algorithm>

#include "gateway/base/owner_file.hpp"
#include "gateway/device/file_lock.hpp"
#include "mesh/base64url.hpp"
#include "mesh/random.hpp"
#include "mesh/sha256.hpp"
#include "mesh/value.hpp"

namespace meshgate::device {

namespace {

constexpr std::size_t kSecret = 32;
constexpr std::size_t kLongestName = 100;

void append(std::string& out, std::string_view name, std::string_view text) {
  out.append(out.empty() || out.back() == '\n' ? "{\"" : ",\"").append(name).append("\":");
  append_json_string(out, text);
}

std::optional<Application> parse(simdjson::dom::element from) {
  const auto member = [&](const char* name) {
    std::string_view out;
    return from[name].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
  };
  Application out{member("name"), member("proof"), member("origin")};
  const std::string since = member("since");
  out.since = parse_timestamp(std::string_view(since).substr(0, since.find('Z'))).value_or(Micros{0});
  if (out.name.empty() || out.proof.empty()) return std::nullopt;
  return out;
}

/// One application a line.
std::optional<std::vector<Application>> parse_all(const std::string& text) {
  simdjson::dom::parser parser;
  std::vector<Application> out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    const simdjson::padded_string line(rest.substr(0, end));
    simdjson::dom::element root;
    if (parser.parse(line).get(root) != simdjson::SUCCESS) return std::nullopt;
    auto one = parse(root);
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return out;
}

}  // namespace

std::string proof_of(std::string_view token) { return base64url(sha256(token)); }

Status Applications::look() {
  struct stat found {};
  Version now;
  if (::stat(file_.c_str(), &found) == 0) now = {found.st_ino, found.st_mtim.tv_sec * 1000000000LL + found.st_mtim.tv_nsec};
  if (read_ == now) return {};
  const auto text = base::read_owner_file(file_);
  if (!text) return text.error();
  auto all = parse_all(text->value_or(""));
  if (!all) return Error{Code::corrupt, file_ + ": is not what `meshgate device token` wrote; remove it, and give each application another token"};
  all_ = std::move(*all);
  read_ = now;
  return {};
}

Status Applications::write(const std::vector<Application>& all) {
  std::string text;
  for (const Application& one : all) {
    append(text, "name", one.name);
    append(text, "proof", one.proof);
    append(text, "origin", one.origin);
    append(text, "since", utc_text(one.since));
    text += "}\n";
  }
  return base::write_owner_file(file_, text);
}

Result<std::string> Applications::add(const std::string& name, const std::string& origin) {
  if (name.empty() || name.size() > kLongestName) return Error{Code::config, "an application's name has 1 to " + std::to_string(kLongestName) + " bytes"};
  const std::lock_guard lock(mutex_);
  const auto alone = FileLock::take(file_);
  if (!alone) return Error{Code::retry, file_ + ": another program changes it at the moment; try again"};
  if (auto looked = look(); !looked) return std::move(looked).error();
  const bool taken = std::any_of(all_.begin(), all_.end(), [&](const Application& one) { return one.name == name; });
  if (taken) return Error{Code::conflict, "there is an application '" + name + "' already: take another name, or `meshgate device revoke` that one"};
  std::string token = base64url(random_bytes(kSecret));
  auto all = all_;
  all.push_back({name, proof_of(token), origin, now()});
  if (auto written = write(all); !written) return std::move(written).error();
  return token;
}

Status Applications::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto alone = FileLock::take(file_);
  if (!alone) return Error{Code::retry, file_ + ": another program changes it at the moment; try again"};
  if (auto looked = look(); !looked) return looked;
  auto all = all_;
  if (std::erase_if(all, [&](const Application& one) { return one.name == name; }) == 0) {
    return Error{Code::not_found, "there is no application '" + name + "'; `meshgate device tokens` lists them"};
  }
  return write(all);
}

Result<std::vector<Application>> Applications::all() {
  const std::lock_guard lock(mutex_);
  if (auto looked = look(); !looked) return std::move(looked).error();
  return all_;
}

std::optional<Application> Applications::by_proof(std::string_view proof) {
  const std::lock_guard lock(mutex_);
  if (!look()) return std::nullopt;
  const auto at = std::find_if(all_.begin(), all_.end(), [&](const Application& one) { return one.proof == proof; });
  return at == all_.end() ? std::nullopt : std::optional(*at);
}

std::optional<Application> Applications::shown(std::string_view token) { return by_proof(proof_of(token)); }
bool Applications::stands(std::string_view proof) { return by_proof(proof).has_value(); }

bool Applications::changed() {
  const std::lock_guard lock(mutex_);
  (void)look();
  return std::exchange(told_, read_.value_or(Version())) != read_.value_or(Version());
}

}  // namespace meshgate::device
