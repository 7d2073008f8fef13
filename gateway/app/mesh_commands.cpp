#include <cinttypes>
#include <cstdio>
#include <vector>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"

namespace meshgate::app {

namespace {

std::string joined(const std::vector<element>& names) {
  std::string out;
  for (const element one : names) {
    std::string_view name;
    if (one.get(name) == simdjson::SUCCESS) out.append(out.empty() ? "" : ", ").append(name);
  }
  return out;
}

void print(const char* label, const std::string& text) {
  if (!text.empty()) std::printf("    %-12s %s\n", label, text.c_str());
}

std::string key_of(element from, const char* member) {
  const auto key = text_of(from, member);
  return key.empty() ? "none told" : key;
}

std::string since(element from) {
  const auto at = text_of(from, "since");
  return at.empty() ? at : ", since " + at;
}

void print_peer(element peer) {
  std::printf("%-24s %s\n", text_of(peer, "peer").c_str(), (text_of(peer, "url") + (text_of(peer, "url").empty() ? text_of(peer, "subject") : "")).c_str());
  print("key", key_of(peer, "key") + since(peer));
  print("must have", text_of(peer, "pinned"));
  element met;
  if (peer["met"].get(met) == simdjson::SUCCESS) print("fault", "another node answers there; its key: " + key_of(peer, "met"));
  print("state", text_of(peer, "state"));
  print("follows", joined(list_in(peer, "followed")));
  print("takes", joined(list_in(peer, "taken")));
  print("brings", joined(list_in(peer, "brought")));
}

void print_origin(element feed) {
  const bool here = text_of(feed, "origin") == "here";
  std::printf("%-24s origin %s\n", text_of(feed, "feed").c_str(), here ? "here" : "elsewhere");
  if (!here) print("bound to", key_of(feed, "key") + since(feed));
  for (const element one : list_in(feed, "refused")) print("refused", text_of(one, "peer") + ", where its origin has key " + key_of(one, "key") + since(one));
}

}  // namespace

int peers_list(const std::string& config, bool json) {
  return with_answer(config, "GET", "/admin/peers", [&](element root, bool running) {
    if (json) {
      std::printf("%s\n", std::string(simdjson::minify(root)).c_str());
      return kDone;
    }
    if (!running) std::printf("the node does not run; this is what it knew last\n");
    std::printf("%-24s this node\n", text_of(root, "node").c_str());
    print("key", text_of(root, "key"));
    for (const element peer : list_in(root, "peers")) print_peer(peer);
    for (const element feed : list_in(root, "feeds")) print_origin(feed);
    return kDone;
  });
}

int peers_accept(const std::string& config, const AcceptArguments& arguments) {
  const bool of_peer = !arguments.peer.empty();
  const std::string& name = of_peer ? arguments.peer : arguments.feed;
  const std::string path = std::string("/admin/peers/accept?") + (of_peer ? "peer=" : "feed=") + net::percent_encode(name) + "&key=" + net::percent_encode(arguments.key);
  return with_answer(config, "POST", path, [&](element, bool) {
    std::printf("%s %s is believed with key %s from its next contact on\n", of_peer ? "peer" : "the origin of feed", name.c_str(), arguments.key.c_str());
    return kDone;
  });
}

int promote(const std::string& config, const std::string& feed) {
  return with_answer(config, "POST", "/admin/promote/" + net::percent_encode(feed), [&](element answer, bool) {
    std::printf("this node is the origin of feed %s now (term %" PRIu64 "): readers begin a new pass and are spared what they hold\n", feed.c_str(), number_of(answer, "term"));
    std::printf("take `from: { peer: … }` away here or leave it: it counts no more. The old origin steps down when it meets this node\n");
    return kDone;
  });
}

}  // namespace meshgate::app
