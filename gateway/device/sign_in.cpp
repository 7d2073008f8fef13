#include "gateway/device/sign_in.hpp"

#include <simdjson.h>

#include <algorithm>

#include "gateway/device/file_lock.hpp"
#include "gateway/device/key_set.hpp"
#include "gateway/device/node.hpp"
#include "mesh/base64url.hpp"
#include "mesh/problem.hpp"
#include "mesh/random.hpp"
#include "mesh/sha256.hpp"
#include "mesh/value.hpp"

namespace meshgate::device {

/// What a node gives out; `refresh` is empty where the device knows it already.
struct Grant {
  std::string access;
  std::string refresh;
  std::string device;
  std::chrono::seconds life{0};
};

namespace {

constexpr std::size_t kSecret = 32;
constexpr std::string_view kBearer = "Bearer ";
constexpr std::chrono::seconds kAskAgain{30};  ///< a node that did not take the tokens: its keys may have come
constexpr std::string_view kSignInRefused = "urn:meshgate:problem:sign-in-refused";

void append(std::string& out, std::string_view name, std::string_view text) {
  out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
  append_json_string(out, text);
}

Result<Grant> parse_grant(const std::string& body, const std::string& url) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded(body);
  std::string_view access;
  std::string_view device;
  std::int64_t life = 0;
  const bool good = parser.parse(padded).get(root) == simdjson::SUCCESS && root["access_token"].get(access) == simdjson::SUCCESS &&
                    root["device"].get(device) == simdjson::SUCCESS && root["expires_in"].get(life) == simdjson::SUCCESS && life > 0;
  if (!good) return Error{Code::config, url + ": the answer is none of a meshgate node; check the URL"};
  std::string_view refresh;
  if (root["refresh_token"].get(refresh) != simdjson::SUCCESS) refresh = {};
  return Grant{std::string(access), std::string(refresh), std::string(device), std::chrono::seconds(life)};
}

/// Not any 401: one of a proxy between ends no sign-in.
bool is_refusal(const net::HttpClient::Answer& answer) {
  return answer.status == 401 && answer.fields.find("Meshgate-Protocol") && parse_problem(answer.body).type == kSignInRefused;
}

constexpr unsigned kTooMany = 429;

Result<net::HttpClient::Answer> post(net::HttpClient& client, const std::string& node, const std::string& question) {
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  return client.send("POST", node + "/auth/token", question, fields);
}

Result<Grant> granted(const net::HttpClient::Answer& answer, const std::string& node) {
  if (answer.status == 404) return Error{Code::config, answered(answer, node).message + "; the URL is that of the node, without a path"};
  if (answer.status != 200) return answered(answer, node);
  return parse_grant(answer.body, node + "/auth/token");
}

/// `refused`: the node itself says no.
Result<Grant> ask(net::HttpClient& client, const std::string& node, const std::string& question, bool& refused) {
  const auto answer = post(client, node, question);
  if (!answer) return answer.error();
  refused = is_refusal(*answer);
  return granted(*answer, node);
}

Error in_use(const std::string& file) { return {Code::retry, file + ": another program refreshes this sign-in at the moment"}; }

std::string refresh_question(const SignedIn& signed_in) {
  const std::string next = base64url(sha256(signed_in.next));
  const std::string proved = "meshgate refresh\n" + signed_in.refresh + "\n" + next;  // HTTP.md has this text
  std::string out;
  append(out, "grant_type", "refresh_token");
  append(out, "refresh_token", signed_in.refresh);
  append(out, "next", next);
  append(out, "proof", base64url(signed_in.key.sign(proved)));
  return out + "}";
}

}  // namespace

Result<SignedIn> sign_in(net::HttpClient& client, const std::string& url, std::string_view user, std::string_view password, std::string_view device) {
  SignedIn out;
  out.url = url;
  std::string question;
  append(question, "grant_type", "password");
  append(question, "username", user);
  append(question, "password", password);
  append(question, "device", device);
  append(question, "device_key", base64url(out.key.verifying().bytes()));
  const auto answer = post(client, url, question + "}");
  if (!answer) return answer.error();
  if (answer->status == kTooMany) return Error{Code::auth, answered(*answer, url).message};
  auto grant = granted(*answer, url);
  if (!grant) return std::move(grant).error();
  if (grant->refresh.empty()) return Error{Code::config, url + ": the node gave no refresh token; it may be newer than this program"};
  out.device = std::move(grant->device);
  out.refresh = std::move(grant->refresh);
  return out;
}

Result<std::unique_ptr<Authorization>> Authorization::open(std::string file, const std::string& url, net::ClientOptions options) {
  const auto found = read_sign_in(file);
  if (!found) return found.error();
  if (!*found) return Error{Code::config, file + ": there is no such file; `meshgate login " + url + "` makes it"};
  if ((*found)->url != url) return Error{Code::config, file + ": is a sign-in at " + (*found)->url + ", not at " + url + "; sign in there too"};
  return std::unique_ptr<Authorization>(new Authorization(std::move(file), url, options));
}

Status Authorization::add_node(const std::string& url, const net::ClientOptions& options) {
  const auto found = read_sign_in(file_);
  if (!found) return found.error();
  nodes_.emplace_back(url, options).takes = *found && std::ranges::find((*found)->also, url) != (*found)->also.end();
  return {};
}

void Authorization::cancel() {
  for (Node& node : nodes_) {
    node.refreshing.cancel();
    node.asking.cancel();
  }
}

Result<std::string> Authorization::field(std::string_view refused) {
  const std::lock_guard lock(mutex_);
  const bool good = !field_.empty() && field_ != refused && std::chrono::steady_clock::now() < renew_;
  if (good) return field_;
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  return field_;
}

Result<std::string> Authorization::field_at(const std::string& url, std::string_view refused) {
  auto out = field(refused);
  const auto node = std::ranges::find(nodes_, url, &Node::url);
  if (!out || node == nodes_.end()) return out ? std::string() : out;
  {
    const std::lock_guard lock(mutex_);
    if (node->takes) return out;
  }
  const std::lock_guard lock(asking_);
  const auto taken = takes(*node, *out);
  if (!taken) return taken.error();
  return *taken ? out : std::string();
}

Result<bool> Authorization::takes(Node& node, std::string_view field) {
  if (node.takes || std::chrono::steady_clock::now() < node.ask_again) return node.takes;
  const auto answer = node.asking.send("GET", node.url + "/.well-known/jwks.json");
  if (!answer) return answer.error();
  if (answer->status >= 500) return answered(*answer, node.url);
  node.ask_again = std::chrono::steady_clock::now() + kAskAgain;
  if (answer->status != 200 || !signed_by_one_of(answer->body, field.substr(kBearer.size()))) return false;
  if (auto noted = note(node.url); !noted) return std::move(noted).error();
  const std::lock_guard lock(mutex_);
  return node.takes = true;
}

/// So that the next start knows it while no node can be reached.
Status Authorization::note(const std::string& url) {
  const std::lock_guard lock(mutex_);
  const auto alone = FileLock::take(file_);
  if (!alone) return in_use(file_);
  auto found = read_sign_in(file_);
  if (!found) return std::move(found).error();
  if (!*found) return {};
  (*found)->also.push_back(url);
  return write_sign_in(file_, **found);
}

std::optional<std::string> Authorization::ended() {
  const std::lock_guard lock(ending_);
  return ended_;
}

/// The first one's fault is told: the person knows it.
Result<Grant> Authorization::ask_nodes(const std::string& question, bool& refused) {
  std::optional<Result<Grant>> first;
  for (Node& node : nodes_) {
    if (!node.takes) continue;
    auto grant = ask(node.refreshing, node.url, question, refused);
    if (grant || refused || grant.error().code == Code::cancelled) return grant;
    if (!first) first = std::move(grant);
  }
  return std::move(*first);
}

Status Authorization::refresh() {
  const std::string& home = nodes_.front().url;
  const auto alone = FileLock::take(file_);
  if (!alone) return in_use(file_);
  auto found = read_sign_in(file_);
  if (!found) return std::move(found).error();
  if (!*found) return Error{Code::auth, file_ + ": is gone; sign in again with `meshgate login " + home + "`"};
  SignedIn& signed_in = **found;
  if (signed_in.next.empty()) {
    signed_in.next = base64url(random_bytes(kSecret));
    if (auto written = write_sign_in(file_, signed_in); !written) return written;
  }
  bool refused = false;
  auto grant = ask_nodes(refresh_question(signed_in), refused);
  if (refused) {
    const std::lock_guard ending(ending_);
    ended_ = grant.error().message;
  }
  if (!grant && grant.error().code == Code::auth) return Error{Code::auth, grant.error().message + "; `meshgate login " + home + "` signs in again"};
  if (!grant) return std::move(grant).error();
  signed_in.refresh = signed_in.refresh.substr(0, signed_in.refresh.rfind('.') + 1) + std::exchange(signed_in.next, {});
  if (auto written = write_sign_in(file_, signed_in); !written) return written;
  field_ = std::string(kBearer) + grant->access;
  // Well before it is over, also where the clocks differ by a little.
  renew_ = std::chrono::steady_clock::now() + grant->life * 3 / 4;
  return {};
}

}  // namespace meshgate::device
