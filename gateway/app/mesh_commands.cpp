#include <cinttypes>
#include <cstdio>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"

namespace meshgate::app {

namespace {

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

void print_peer(element peer) {
  std::printf("peer %-19s %s\n", text_of(peer, "name").c_str(), text_of(peer, "url").c_str());
  for (const element link : list_in(peer, "links")) {
    std::printf("  %s: %s since %s", way_of(text_of(link, "direction")).c_str(), text_of(link, "state").c_str(), text_of(link, "since").c_str());
    if (const auto made = number_of(link, "connections"); made > 0) std::printf(", %" PRIu64 " connections", made);
    if (const auto bytes = number_of(link, "bytes"); bytes > 0) std::printf(", %" PRIu64 " bytes of lines", bytes);
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

void print_mesh(element root, bool running) {
  std::printf("node %s, %s\n", text_of(root, "node").c_str(), running ? text_of(root, "version").c_str() : "which does not run: this is what its store holds");
  for (const element feed : list_in(root, "feeds")) print_held(feed);
  for (const element peer : list_in(root, "peers")) print_peer(peer);
  for (const element one : list_in(root, "followers")) print_follower(one);
}

}  // namespace

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
  return with_answer(config, "POST", "/admin/promote/" + net::percent_encode(feed), [&](element answer, bool) {
    std::printf("this node is the origin of feed %s now (term %" PRIu64 "): readers begin a new pass and are spared what they hold\n", feed.c_str(), number_of(answer, "term"));
    std::printf("take `from: { peer: … }` away here or leave it: it counts no more. The old origin steps down when it meets this node\n");
    return kDone;
  });
}

}  // namespace meshgate::app
