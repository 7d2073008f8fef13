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

/// Reads the configuration, reaches the node, and hands both the node and the parsed answer of one question to `show`.
template <class Show>
int with_answer(const std::string& config, std::string_view method, const std::string& path, Show show) {
  const Reading reading = read_configuration(config);
  if (!reading.diagnostics.empty()) {
    std::fprintf(stderr, "%s", reading.secrets->redact(reading.diagnostics.text()).c_str());
    return kWrongUsage;
  }
  auto node = Administration::reach(reading.configuration);
  if (!node) return fail(node.error());
  auto answer = (*node)->ask(method, path);
  if (!answer) return fail(answer.error());
  simdjson::dom::parser parser;
  element root;
  if (!answer->empty() && parser.parse(*answer).get(root) != simdjson::SUCCESS) return fail({Code::corrupt, "the node gave no JSON"});
  return show(root, (*node)->running());
}

void print_feed(element feed) {
  std::string state = flag_of(feed, "loading") ? "loading" : "ready";
  element source;
  std::string error;
  if (feed["source"].get(source) == simdjson::SUCCESS) {
    state += ", " + text_of(source, "state");
    error = text_of(source, "error");
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

std::string quarantine_path(const std::string& feed, const std::string& key) {
  return "/admin/quarantine/" + net::percent_encode(feed) + "/main/" + net::percent_encode(key);
}

}  // namespace

int feeds(const std::string& config) {
  return with_answer(config, "GET", "/feeds", [](element root, bool running) {
    if (!running) std::printf("the node does not run; this is what its store holds\n");
    for (const element feed : list_in(root, "feeds")) print_feed(feed);
    return kDone;
  });
}

int quarantine_list(const std::string& config, const std::string& feed) {
  const std::string query = feed.empty() ? "" : "?feed=" + net::percent_encode(feed);
  return with_answer(config, "GET", "/admin/quarantine" + query, [](element root, bool) {
    std::uint64_t count = 0;
    for (const element one : list_in(root, "quarantined")) {
      ++count;
      std::printf("%s\t%s\t%s\t%s\n", text_of(one, "feed").c_str(), text_of(one, "key").c_str(), text_of(one, "last").c_str(),
                  text_of(one, "reason").c_str());
    }
    std::printf("%" PRIu64 " records in quarantine\n", count);
    return kDone;
  });
}

int quarantine_show(const std::string& config, const std::string& feed, const std::string& key) {
  return with_answer(config, "GET", "/admin/quarantine?feed=" + net::percent_encode(feed), [&](element root, bool) -> int {
    for (const element one : list_in(root, "quarantined")) {
      if (text_of(one, "key") != key) continue;
      std::printf("feed    %s\nkey     %s\nreason  %s\nfirst   %s\nlast    %s, %" PRIu64 " times\nraw     %s\n", feed.c_str(), key.c_str(),
                  text_of(one, "reason").c_str(), text_of(one, "first").c_str(), text_of(one, "last").c_str(), number_of(one, "times"),
                  text_of(one, "raw").c_str());
      return kDone;
    }
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
    std::printf("the next sweep of feed %s may delete what it does not find\n", feed.c_str());
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
