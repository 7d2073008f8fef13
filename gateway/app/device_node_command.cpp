#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/app/device_node.hpp"
#include "gateway/app/device_node_commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/login.hpp"
#include "gateway/app/signals.hpp"
#include "gateway/base/owner_file.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/device/choices.hpp"
#include "gateway/net/address.hpp"
#include "gateway/net/cors.hpp"
#include "mesh/key_text.hpp"

namespace meshgate::app {

namespace {

constexpr std::chrono::seconds kTending{1};
constexpr int kTrim = 30;  ///< after so many of these, what was taken for work that is done is given back to the system

int exit_of(const Error& error) {
  (void)fail(error);
  const bool wrong = error.code == Code::config || error.code == Code::unsupported || error.code == Code::not_found;
  return wrong ? kWrongUsage : kFailed;
}

/// The folder that is meant; made where it is not there and may be.
Result<DeviceFolder> folder_of(const std::string& named, bool make) {
  const std::string path = named.empty() ? device::device_folder() : named;
  if (path.empty()) return Error{Code::config, "there is no home folder to keep anything in; name a folder with --data"};
  std::error_code error;
  if (!make && !std::filesystem::exists(path, error)) return Error{Code::not_found, path + ": there is no device; start one with `meshgate device --upstream URL`"};
  const auto parent = std::filesystem::absolute(path, error).parent_path();
  std::filesystem::create_directories(parent, error);
  if (auto made = base::make_owner_folder(path); !made) return std::move(made).error();
  return DeviceFolder(path);
}

/// The next start may be somewhere else.
void choose_file(std::string& choice, const std::string& said) {
  if (!said.empty()) choice = std::filesystem::absolute(said).string();
}

Status choose_address(device::Choices& choices, const std::string& said) {
  if (said.empty()) return {};
  const auto address = net::parse_listen(said.find("://") == std::string::npos ? "http://" + said : said);
  if (!address) return address.error();
  if (!address->loopback || address->secure) {
    return Error{Code::config, "--listen " + said + ": a device serves the programs of its own machine only; give an address such as 127.0.0.1:7450"};
  }
  choices.listen = address->host;
  choices.port = address->port;
  return {};
}

/// What was said before, and what is said now.
Result<device::Choices> choices_of(const DeviceFolder& folder, const DeviceArguments& arguments) {
  auto choices = device::read_choices(folder.choices());
  if (!choices) return choices;
  if (!arguments.upstreams.empty()) choices->upstreams = arguments.upstreams;
  if (!arguments.feeds.empty()) choices->feeds = arguments.feeds;
  for (std::string& url : choices->upstreams) {
    url = device::plain_url(std::move(url));
    if (!url.starts_with("http://") && !url.starts_with("https://")) return Error{Code::config, "'" + url + "' is no URL of a node: write http:// or https:// before it"};
  }
  if (choices->upstreams.empty()) return Error{Code::config, "no node to follow; say which with --upstream URL, once"};
  choose_file(choices->sign_in, arguments.sign_in);
  choose_file(choices->ca, arguments.ca);
  choose_file(choices->certificate, arguments.certificate);
  choose_file(choices->key, arguments.key);
  choices->keep = choices->keep || arguments.keep;
  if (auto chosen = choose_address(*choices, arguments.listen); !chosen) return std::move(chosen).error();
  return choices;
}

/// The file that keeps the sign-in at an upstream; a named one is the first's.
std::string sign_in_file(const device::Choices& choices, std::size_t upstream) {
  return upstream == 0 && !choices.sign_in.empty() ? choices.sign_in : device::sign_in_path(choices.upstreams[upstream]);
}

/// Signs in at the first of these upstreams that answers; gives which.
Result<std::size_t> sign_in_at(const device::Choices& choices, const std::vector<std::size_t>& upstreams, const DeviceArguments& arguments) {
  LoginArguments in;
  in.user = arguments.user;
  in.password_file = arguments.password_file;
  in.ca = choices.ca;
  in.certificate = choices.certificate;
  in.key = choices.key;
  in.insecure = arguments.insecure;
  std::vector<SignInPlace> places;
  for (const std::size_t one : upstreams) places.push_back({choices.upstreams[one], sign_in_file(choices, one)});
  auto at = sign_in_at_one(places, in);
  if (!at) return at;
  return upstreams[*at];
}

/// An upstream, and the sign-in that is kept for it, where there is one. `needed`: there must be one.
Result<Upstream> upstream_of(const device::Choices& choices, std::size_t number, bool needed) {
  Upstream out;
  out.url = choices.upstreams[number];
  out.client.ca = choices.ca;
  out.client.certificate = choices.certificate;
  out.client.key = choices.key;
  const std::string file = sign_in_file(choices, number);
  if (file.empty() || (!needed && !std::filesystem::exists(file))) return out;
  auto authorization = device::Authorization::open(file, out.url, out.client);
  if (!authorization) return std::move(authorization).error();
  out.authorization = std::move(*authorization);
  return out;
}

/// Whether it is known that the upstream does not take the tokens of its sign-in.
bool needs_its_own(const Upstream& upstream) {
  const auto field = upstream.authorization->field_at(upstream.url, {});
  return field && field->empty();
}

/// One sign-in is for all upstreams of a mesh: the first there is, else one that is made at the first upstream that answers. Those that do not take its tokens have one of their own, or none.
int sign_in_at_all(const device::Choices& choices, const DeviceArguments& arguments, std::vector<Upstream>& upstreams) {
  const auto signed_in = [](const Upstream& one) { return one.authorization != nullptr; };
  const auto open = [&](std::size_t i, bool needed) -> int {
    auto opened = upstream_of(choices, i, needed);
    if (!opened) return exit_of(opened.error());
    upstreams[i] = std::move(*opened);
    return kDone;
  };
  const auto sign_in = [&](const std::vector<std::size_t>& where) -> int {
    const auto at = sign_in_at(choices, where, arguments);
    return at ? open(*at, true) : fail(at.error());
  };
  upstreams.resize(choices.upstreams.size());
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < upstreams.size(); ++i) {
    all.push_back(i);
    if (const int code = open(i, false); code != kDone) return code;
  }
  if (std::ranges::none_of(upstreams, signed_in)) {
    const bool named = !choices.sign_in.empty();
    const int code = !arguments.user.empty() ? sign_in(all) : named ? open(0, true) : kDone;
    if (code != kDone) return code;
  }
  const auto first = std::ranges::find_if(upstreams, signed_in);
  if (first == upstreams.end()) return kDone;
  const auto elsewhere = first->authorization;
  for (std::size_t i = 0; i < upstreams.size(); ++i) {
    if (signed_in(upstreams[i])) continue;
    upstreams[i].authorization = elsewhere;
    if (auto added = elsewhere->add_node(upstreams[i].url, upstreams[i].client); !added) return exit_of(added.error());
    if (arguments.user.empty() || !needs_its_own(upstreams[i])) continue;
    if (const int code = sign_in({i}); code != kDone) return code;
  }
  for (Upstream& one : upstreams) {
    if (!signed_in(one)) continue;
    one.client.authorization = [in = one.authorization, url = one.url](std::string_view refused) { return in->field_at(url, refused); };
  }
  return kDone;
}

/// Until the program is told to end, or the device was signed out: what was said of that.
std::optional<std::string> attend(DeviceNode& node, const EndSignals& signals) {
  for (int times = 1;; ++times) {
    if (signals.wait_for(kTending) != 0) return std::nullopt;
    if (auto said = node.signed_out()) return said;
    node.tend();
    if (times % kTrim == 0) malloc_trim(0);
  }
}

/// The sign-in goes last: until then the next start does this again.
int let_go(const DeviceFolder& folder, const device::Choices& choices, const std::string& said) {
  if (choices.keep) return fail({Code::auth, said + ": this device is signed out; what it holds stays in " + folder.path});
  if (auto done = folder.empty(); !done) return fail(done.error());
  std::error_code error;
  for (std::size_t i = 0; i < choices.upstreams.size(); ++i) std::filesystem::remove(sign_in_file(choices, i), error);
  return fail({Code::auth, said + ": this device is signed out, and what it held was removed"});
}

int serve_until_told(const DeviceFolder& folder, device::Choices choices, std::vector<Upstream> upstreams) {
  const EndSignals signals;
  // A heap for each thread would keep what each thread once needed.
  mallopt(M_ARENA_MAX, 2);
  DeviceNodeOptions options{.folder = folder, .port = choices.port, .upstreams = std::move(upstreams), .feeds = choices.feeds};
  if (!choices.listen.empty()) options.address = choices.listen;
  auto authorizations = options.upstreams;
  auto node = DeviceNode::start(std::move(options));
  if (!node) {
    for (const Upstream& one : authorizations) {
      if (auto said = one.authorization ? one.authorization->ended() : std::nullopt) return let_go(folder, choices, *said);
    }
    return exit_of(node.error());
  }
  choices.port = (*node)->port();
  if (auto written = device::write_choices(folder.choices(), choices); !written) return exit_of(written.error());
  (*node)->log().info("device", "serving at " + (*node)->url());
  const auto said = attend(**node, signals);
  (*node)->log().info("device", "stopping");
  node->reset();
  return said ? let_go(folder, choices, *said) : kDone;
}

}  // namespace

int device(const DeviceArguments& arguments) {
  const auto folder = folder_of(arguments.data, true);
  if (!folder) return exit_of(folder.error());
  const auto choices = choices_of(*folder, arguments);
  if (!choices) return exit_of(choices.error());
  std::vector<Upstream> upstreams;
  if (const int code = sign_in_at_all(*choices, arguments, upstreams); code != kDone) return code;
  return serve_until_told(*folder, *choices, std::move(upstreams));
}

int device_token(const std::string& data, const std::string& application, const std::string& origin) {
  const auto folder = folder_of(data, false);
  if (!folder) return exit_of(folder.error());
  if (!origin.empty() && (origin == "*" || !net::Cors::well_formed(origin))) {
    return exit_of({Code::config, "'" + origin + "' is no web origin; write it as browsers do: http://localhost:8080"});
  }
  auto token = device::Applications(folder->applications()).add(application, origin);
  if (!token) return exit_of(token.error());
  std::printf("%s\n", token->c_str());
  const auto choices = device::read_choices(folder->choices());
  if (choices && choices->port != 0) {
    const std::string port = std::to_string(choices->port);
    std::fprintf(stderr, "It is shown this once. For example:  curl -H 'Authorization: Bearer TOKEN' http://127.0.0.1:%s/feeds\n", port.c_str());
  }
  return kDone;
}

int device_tokens(const std::string& data) {
  const auto folder = folder_of(data, false);
  if (!folder) return exit_of(folder.error());
  const auto all = device::Applications(folder->applications()).all();
  if (!all) return exit_of(all.error());
  for (const auto& one : *all) std::printf("%-24s since %s%s%s\n", one.name.c_str(), utc_text(one.since).c_str(), one.origin.empty() ? "" : "  pages of ", one.origin.c_str());
  std::printf("%zu %s\n", all->size(), all->size() == 1 ? "application has a token" : "applications have a token");
  return kDone;
}

int device_revoke(const std::string& data, const std::string& application) {
  const auto folder = folder_of(data, false);
  if (!folder) return exit_of(folder.error());
  if (auto done = device::Applications(folder->applications()).remove(application); !done) return exit_of(done.error());
  std::printf("the token of %s is good for nothing from now on\n", application.c_str());
  return kDone;
}

int device_accept(const std::string& data, const AcceptArguments& arguments) {
  const auto folder = folder_of(data, false);
  if (!folder) return exit_of(folder.error());
  const auto key = parse_key_text(arguments.key);
  if (!key) return exit_of({Code::config, "'" + arguments.key + "' is no key; write it as `meshgate peers` shows it at the origin: ed25519:…"});
  store::Options how;
  how.folder = folder->store();
  auto store = store::Store::open(how);
  if (!store) return exit_of(store.error());
  federation::Options options;
  options.folder = folder->store();
  const auto choices = device::read_choices(folder->choices());
  if (!choices) return exit_of(choices.error());
  for (const auto& url : choices->upstreams) options.peers.push_back({.name = upstream_name(url), .url = url, .client = {}, .push = {}, .subject = {}});
  base::Log log;
  base::Metrics metrics;
  federation::Bindings bindings(options, **store, log, metrics);
  const bool of_peer = !arguments.peer.empty();
  const auto accepted = of_peer ? bindings.accept_node(arguments.peer, *key) : bindings.accept(arguments.feed, *key);
  if (!accepted) return exit_of(accepted.error());
  std::printf("%s %s is believed with key %s from the next start on\n", of_peer ? "upstream" : "the origin of feed", (of_peer ? arguments.peer : arguments.feed).c_str(), arguments.key.c_str());
  return kDone;
}

}  // namespace meshgate::app
