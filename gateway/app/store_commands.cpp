#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/store/store.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::app {

namespace {

void print_feed(element feed, bool running) {
  std::string state = flag_of(feed, "loading") ? "loading" : "ready";
  element source;
  std::string error;
  std::string limit;
  std::string note;
  if (feed["source"].get(source) == simdjson::SUCCESS) {
    state += ", " + text_of(source, "state");
    error = text_of(source, "error");
    limit = text_of(source, "limit");
    note = text_of(source, "note");
  } else if (running) {
    state = "left over: nothing in the configuration fills it";
  }
  std::printf("%-24s %10" PRIu64 " items  %s\n", text_of(feed, "feed").c_str(), number_of(feed, "count"), state.c_str());
  if (const auto as_of = text_of(feed, "as_of"); !as_of.empty()) std::printf("    read until   %s\n", as_of.c_str());
  if (const auto held = text_of(feed, "held"); !held.empty()) std::printf("    deletes held %s\n", held.c_str());
  if (const auto count = number_of(feed, "quarantined"); count > 0) std::printf("    quarantine   %" PRIu64 " records\n", count);
  if (const auto beyond = number_of(feed, "quarantine_beyond"); beyond > 0) {
    std::printf("                 it is full: %" PRIu64 " of them are only counted\n", beyond);
  }
  if (const auto count = number_of(feed, "expired"); count > 0) std::printf("    expired      %" PRIu64 " items\n", count);
  if (!note.empty()) std::printf("    note         %s\n", note.c_str());
  if (!limit.empty()) std::printf("    limit        %s\n", limit.c_str());
  if (!error.empty()) std::printf("    fault        %s\n", error.c_str());
}

}  // namespace

int feeds(const std::string& config) {
  return with_answer(config, "GET", "/feeds", [](element root, bool running) {
    if (!running) std::printf("the node does not run; this is what its store holds\n");
    for (const element feed : list_in(root, "feeds")) print_feed(feed, running);
    return kDone;
  });
}

int release(const std::string& config, const std::string& feed) {
  return with_answer(config, "POST", "/admin/release/" + percent_encoded(feed), [&](element, bool) {
    std::printf("the next sweep of feed %s may delete what it does not find, whatever their number; a restart of the node forgets this\n", feed.c_str());
    return kDone;
  });
}

int backup(const std::string& config, const std::string& into) {
  const std::string folder = std::filesystem::absolute(into).string();
  return with_answer(config, "POST", "/admin/backup?into=" + percent_encoded(folder), [&](element, bool) {
    std::printf("the store is copied into %s\n", folder.c_str());
    return kDone;
  });
}

int restore(const std::string& config, const std::string& from) {
  const auto reading = read_for_command(config);
  if (!reading) return kWrongUsage;
  const auto& data = reading->configuration.data;
  if (auto done = store::Store::restore(from, data); !done) return fail(done.error());
  std::printf("%s is made from %s; every feed has a new epoch, and the sources are read again at the next start\n", data.c_str(), from.c_str());
  return kDone;
}

}  // namespace meshgate::app
