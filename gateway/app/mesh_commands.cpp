#include <cinttypes>
#include <cstdio>
#include <map>
#include <vector>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "mesh/percent_encoding.hpp"

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
  print("last contact", text_of(peer, "last"));
  print("protocol", text_of(peer, "protocol"));
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

std::string way_of(const std::string& direction) {
  if (direction == "pull") return "follows from there";
  return direction == "push" ? "brings feeds there" : "is brought feeds from there";
}

/// ", 37 items and 61 s behind"
std::string lag_of(element from) {
  element lag;
  if (from["lag"].get(lag) != simdjson::SUCCESS) return {};
  const auto items = number_of(lag, "items");
  const auto seconds = number_of(lag, "seconds");
  if (items == 0 && seconds == 0) return {};
  return ", " + std::to_string(items) + " changes and " + std::to_string(seconds) + " s behind";
}

/// ": why", where there is a why.
std::string fault_of(element from) {
  const auto error = text_of(from, "error");
  return error.empty() ? error : ": " + error;
}

void print_held(element feed) {
  std::string from = text_of(feed, "peer");
  if (from.empty()) from = text_of(feed, "source");
  const auto state = text_of(feed, "state");
  std::printf("%-24s %10" PRIu64 " items  seq %" PRIu64 "%s%s%s%s%s\n", text_of(feed, "feed").c_str(), number_of(feed, "count"), number_of(feed, "seq"), from.empty() ? "" : ("  " + state + " from " + from).c_str(),
              flag_of(feed, "loading") ? ", loading" : "", lag_of(feed).c_str(), text_of(feed, "as_of").empty() ? "" : (", read until " + text_of(feed, "as_of")).c_str(), fault_of(feed).c_str());
}

void print_there(element feed) {
  element from;
  std::string origin;
  if (feed["from"].get(from) == simdjson::SUCCESS) origin = ", which has it from " + text_of(from, "name") + " (" + text_of(from, "state") + ")";
  std::printf("    %-20s %s%s%s%s\n", text_of(feed, "feed").c_str(), text_of(feed, "state").c_str(), text_of(feed, "epoch").empty() ? "" : (", seq " + std::to_string(number_of(feed, "seq")) + lag_of(feed)).c_str(),
              origin.c_str(), fault_of(feed).c_str());
}

void print_links(element peer) {
  std::printf("peer %-19s %s\n", text_of(peer, "name").c_str(), text_of(peer, "url").c_str());
  for (const element link : list_in(peer, "links")) {
    std::printf("  %s: %s since %s", way_of(text_of(link, "direction")).c_str(), text_of(link, "state").c_str(), text_of(link, "since").c_str());
    if (const auto made = number_of(link, "connections"); made > 0) std::printf(", %" PRIu64 " connections", made);
    if (const auto bytes = number_of(link, "bytes"); bytes > 0) std::printf(", %" PRIu64 " bytes of lines", bytes);
    if (const auto last = text_of(link, "last"); !last.empty()) std::printf(", last contact %s", last.c_str());
    if (const auto protocol = text_of(link, "protocol"); !protocol.empty()) std::printf(", protocol %s", protocol.c_str());
    std::printf("%s\n", fault_of(link).c_str());
    for (const element feed : list_in(link, "feeds")) print_there(feed);
  }
}

void print_follower(element one) {
  const auto subject = text_of(one, "subject");
  const bool connected = flag_of(one, "connected");
  std::printf("follower %-15s %s: %s since %s\n", text_of(one, "node").c_str(), subject.empty() ? "(no certificate)" : subject.c_str(), connected ? "connected" : "gone", text_of(one, connected ? "since" : "last").c_str());
  for (const element feed : list_in(one, "feeds")) std::printf("    %-20s was given up to seq %" PRIu64 "\n", text_of(feed, "feed").c_str(), number_of(feed, "sent"));
}

/// How far each feed is that this node holds, by feed.
using Held = std::map<std::string, std::pair<std::string, std::uint64_t>>;

Held held_here(element root) {
  Held out;
  for (const element feed : list_in(root, "feeds")) out[text_of(feed, "feed")] = {text_of(feed, "epoch"), number_of(feed, "seq")};
  return out;
}

void print_seen(element one, const Held& here) {
  const auto over = joined(list_in(one, "over"));
  const auto key = text_of(one, "key");
  std::printf("node %-19s %s, heard %s, %" PRIu64 " s ago\n", text_of(one, "node").c_str(), key.empty() ? "key none told" : ("key " + key).c_str(), over.empty() ? "from itself" : ("over " + over).c_str(),
              number_of(one, "age"));
  for (const element feed : list_in(one, "feeds")) {
    const auto own = here.find(text_of(feed, "feed"));
    const auto seq = number_of(feed, "seq");
    const bool behind = own != here.end() && own->second.first == text_of(feed, "epoch") && own->second.second > seq;
    const auto partitions = joined(list_in(feed, "partitions"));
    std::printf("    %-20s %s%s%s%s%s\n", text_of(feed, "feed").c_str(), text_of(feed, "state").c_str(), partitions.empty() ? "" : (" [" + partitions + "]").c_str(),
                text_of(feed, "epoch").empty() ? "" : (", seq " + std::to_string(seq)).c_str(), behind ? (", " + std::to_string(own->second.second - seq) + " changes behind this node").c_str() : "",
                text_of(feed, "as_of").empty() ? "" : (", read until " + text_of(feed, "as_of")).c_str());
  }
}

void print_mesh(element root, bool running) {
  std::printf("node %s, %s\n", text_of(root, "node").c_str(), running ? text_of(root, "version").c_str() : "which does not run: this is what its store holds");
  for (const element feed : list_in(root, "feeds")) print_held(feed);
  for (const element peer : list_in(root, "peers")) print_links(peer);
  for (const element one : list_in(root, "followers")) print_follower(one);
  const auto here = held_here(root);
  for (const element one : list_in(root, "nodes")) print_seen(one, here);
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
  const std::string path = std::string("/admin/peers/accept?") + (of_peer ? "peer=" : "feed=") + percent_encoded(name) + "&key=" + percent_encoded(arguments.key);
  return with_answer(config, "POST", path, [&](element, bool) {
    std::printf("%s %s is believed with key %s from its next contact on\n", of_peer ? "peer" : "the origin of feed", name.c_str(), arguments.key.c_str());
    return kDone;
  });
}

int mesh(const std::string& config, bool json) {
  if (!json) {
    return with_answer(config, "GET", "/mesh", [](element root, bool running) {
      print_mesh(root, running);
      return kDone;
    });
  }
  return with_node(config, [](Administration& node) -> int {
    const auto answer = node.ask("GET", "/mesh");
    if (!answer) return fail(answer.error());
    std::printf("%s", answer->c_str());
    return kDone;
  });
}

int promote(const std::string& config, const std::string& feed) {
  return with_answer(config, "POST", "/admin/promote/" + percent_encoded(feed), [&](element answer, bool) {
    std::printf("this node is the origin of feed %s now (term %" PRIu64 "): readers begin a new pass and are spared what they hold\n", feed.c_str(), number_of(answer, "term"));
    std::printf("take `from: { peer: … }` away here or leave it: it counts no more. The old origin steps down when it meets this node\n");
    return kDone;
  });
}

}  // namespace meshgate::app
