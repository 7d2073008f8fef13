#include <simdjson.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "gateway/app/administration.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::app {

namespace {

using simdjson::dom::element;

int fail(const Error& error) {
  std::fprintf(stderr, "meshgate: %s\n", error.message.c_str());
  return kFailed;
}

std::string text_of(element from, const char* member) {
  std::string_view out;
  return from[member].get(out) == simdjson::SUCCESS ? std::string(out) : std::string{};
}

std::uint64_t number_of(element from, const char* member) {
  std::uint64_t out = 0;
  return from[member].get(out) == simdjson::SUCCESS ? out : 0;
}

bool flag_of(element from, const char* member) {
  bool out = false;
  return from[member].get(out) == simdjson::SUCCESS && out;
}

/// Reads the configuration, reaches the node, and hands it to `act`.
template <class Act>
int with_node(const std::string& config, Act act) {
  const Reading reading = read_configuration(config);
  if (!reading.diagnostics.empty()) {
    std::fprintf(stderr, "%s", reading.secrets->redact(reading.diagnostics.text()).c_str());
    return kWrongUsage;
  }
  auto node = Administration::reach(reading.configuration);
  if (!node) return fail(node.error());
  return act(**node);
}

/// Hands the parsed answer of one question to `show`.
template <class Show>
Status ask(Administration& node, std::string_view method, const std::string& path, Show show) {
  auto answer = node.ask(method, path);
  if (!answer) return std::move(answer).error();
  simdjson::dom::parser parser;
  element root;
  if (!answer->empty() && parser.parse(*answer).get(root) != simdjson::SUCCESS) return Error{Code::corrupt, "the node gave no JSON"};
  show(root);
  return {};
}

template <class Show>
int with_answer(const std::string& config, std::string_view method, const std::string& path, Show show) {
  return with_node(config, [&](Administration& node) -> int {
    int code = kDone;
    auto asked = ask(node, method, path, [&](element root) { code = show(root, node.running()); });
    return asked ? code : fail(asked.error());
  });
}

void print_feed(element feed, bool running) {
  std::string state = flag_of(feed, "loading") ? "loading" : "ready";
  element source;
  std::string error;
  if (feed["source"].get(source) == simdjson::SUCCESS) {
    state += ", " + text_of(source, "state");
    error = text_of(source, "error");
  } else if (running) {
    state = "left over: nothing in the configuration fills it";
  }
  std::printf("%-24s %10" PRIu64 " items  %s\n", text_of(feed, "feed").c_str(), number_of(feed, "count"), state.c_str());
  if (const auto as_of = text_of(feed, "as_of"); !as_of.empty()) std::printf("    read until   %s\n", as_of.c_str());
  if (const auto held = text_of(feed, "held"); !held.empty()) std::printf("    deletes held %s\n", held.c_str());
  if (const auto count = number_of(feed, "quarantined"); count > 0) std::printf("    quarantine   %" PRIu64 " records\n", count);
  if (!error.empty()) std::printf("    fault        %s\n", error.c_str());
}

std::vector<element> list_in(element root, const char* member) {
  std::vector<element> out;
  simdjson::dom::array all;
  if (root[member].get(all) != simdjson::SUCCESS) return out;
  for (const element one : all) out.push_back(one);
  return out;
}

/// Calls `visit` with every quarantined record of a feed, page by page, until it returns false.
template <class Visit>
Status each_quarantined(Administration& node, const std::string& feed, Visit visit) {
  std::string after;
  for (bool more = true; more;) {
    const std::string path = "/admin/quarantine?limit=1000&feed=" + net::percent_encode(feed) + "&after=" + net::percent_encode(after);
    more = false;
    auto asked = ask(node, "GET", path, [&](element root) {
      for (const element one : list_in(root, "quarantined")) {
        after = text_of(one, "key");
        more = visit(one);
        if (!more) return;
      }
    });
    if (!asked) return asked;
  }
  return {};
}

std::string quarantine_path(const std::string& feed, const std::string& key) {
  return "/admin/quarantine/" + net::percent_encode(feed) + "/main/" + net::percent_encode(key);
}

}  // namespace

int feeds(const std::string& config) {
  return with_answer(config, "GET", "/feeds", [](element root, bool running) {
    if (!running) std::printf("the node does not run; this is what its store holds\n");
    for (const element feed : list_in(root, "feeds")) print_feed(feed, running);
    return kDone;
  });
}

int quarantine_list(const std::string& config, const std::string& feed) {
  return with_node(config, [&](Administration& node) -> int {
    std::vector<std::string> feeds;
    if (!feed.empty()) feeds.push_back(feed);
    const auto note = [&](element root) {
      for (const element one : list_in(root, "feeds")) feeds.push_back(text_of(one, "feed"));
    };
    if (auto asked = feed.empty() ? ask(node, "GET", "/feeds", note) : Status{}; !asked) return fail(asked.error());
    std::uint64_t count = 0;
    const auto print = [&](element one) {
      ++count;
      std::printf("%s\t%s\t%s\t%s\n", text_of(one, "feed").c_str(), text_of(one, "key").c_str(), text_of(one, "last").c_str(),
                  text_of(one, "reason").c_str());
      return true;
    };
    for (const auto& name : feeds) {
      if (auto listed = each_quarantined(node, name, print); !listed) return fail(listed.error());
    }
    std::printf("%" PRIu64 " records in quarantine\n", count);
    return kDone;
  });
}

int quarantine_show(const std::string& config, const std::string& feed, const std::string& key) {
  return with_node(config, [&](Administration& node) -> int {
    bool found = false;
    const auto print = [&](element one) {
      if (text_of(one, "key") != key) return true;
      found = true;
      std::printf("feed    %s\nkey     %s\nreason  %s\nfirst   %s\nlast    %s, %" PRIu64 " times\nraw     %s\n", feed.c_str(), key.c_str(),
                  text_of(one, "reason").c_str(), text_of(one, "first").c_str(), text_of(one, "last").c_str(), number_of(one, "times"),
                  text_of(one, "raw").c_str());
      return false;
    };
    if (auto listed = each_quarantined(node, feed, print); !listed) return fail(listed.error());
    if (found) return kDone;
    return fail({Code::not_found, "feed '" + feed + "' has no record '" + key + "' in quarantine; `meshgate quarantine list` shows what there is"});
  });
}

int quarantine_drop(const std::string& config, const std::string& feed, const std::string& key) {
  return with_answer(config, "DELETE", quarantine_path(feed, key), [&](element, bool) {
    std::printf("dropped %s of feed %s; it comes back if the source still has it so\n", key.c_str(), feed.c_str());
    return kDone;
  });
}

int release(const std::string& config, const std::string& feed) {
  return with_answer(config, "POST", "/admin/release/" + net::percent_encode(feed), [&](element, bool) {
    std::printf("the next sweep of feed %s may delete what it does not find, whatever their number; a restart of the node forgets this\n", feed.c_str());
    return kDone;
  });
}

int backup(const std::string& config, const std::string& into) {
  const std::string folder = std::filesystem::absolute(into).string();
  return with_answer(config, "POST", "/admin/backup?into=" + net::percent_encode(folder), [&](element, bool) {
    std::printf("the store is copied into %s\n", folder.c_str());
    return kDone;
  });
}

int restore(const std::string& config, const std::string& from) {
  const Reading reading = read_configuration(config);
  if (!reading.diagnostics.empty()) {
    std::fprintf(stderr, "%s", reading.secrets->redact(reading.diagnostics.text()).c_str());
    return kWrongUsage;
  }
  const auto& data = reading.configuration.data;
  if (auto done = store::Store::restore(from, data); !done) return fail(done.error());
  std::printf("%s is made from %s; every feed has a new epoch, and the sources are read again at the next start\n", data.c_str(), from.c_str());
  return kDone;
}

}  // namespace meshgate::app
