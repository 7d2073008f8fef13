#include <cinttypes>
#include <cstdio>
#include <map>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "mesh/percent_encoding.hpp"
#include "mesh/value.hpp"

namespace meshgate::app {

namespace {

/// Calls `visit` with every quarantined record of a feed, page by page, until it returns false.
template <class Visit>
Status each_quarantined(Administration& node, const std::string& feed, Visit visit) {
  std::string after;
  for (bool more = true; more;) {
    const std::string path = "/admin/quarantine?limit=1000&feed=" + percent_encoded(feed) + "&after=" + percent_encoded(after);
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
  return "/admin/quarantine/" + percent_encoded(feed) + "/main/" + percent_encoded(key);
}

/// The body that names keys; empty for all.
std::string key_list(const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  std::string out = "{\"keys\":[";
  for (const auto& key : keys) {
    if (out.back() != '[') out += ',';
    append_json_string(out, key);
  }
  return out + "]}";
}

std::string told(const std::string& became, const std::string& reason) {
  if (became == "item") return "became an item";
  if (became == "bad") return "still bad: " + reason;
  if (became == "removed") return "no longer in the source: removed";
  if (became == "held") return "no longer in the source, but kept: " + reason + "; the next scan's guard decides";
  if (became == "unreadable") return "has no readable key to ask for: the next scan decides";
  return "is not in quarantine";
}

}  // namespace

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

int quarantine_replay(const std::string& config, const std::string& feed, const std::vector<std::string>& keys) {
  return with_node(config, [&](Administration& node) -> int {
    std::map<std::string, std::uint64_t> counts;
    const auto print = [&](element root) {
      for (const element one : list_in(root, "replayed")) {
        const std::string became = text_of(one, "became");
        ++counts[became];
        std::printf("%s\t%s\n", text_of(one, "key").c_str(), told(became, text_of(one, "reason")).c_str());
      }
    };
    auto asked = ask(node, "POST", "/admin/quarantine/" + percent_encoded(feed) + "/replay", print, key_list(keys));
    if (!asked) return fail(asked.error());
    std::printf("%" PRIu64 " became items, %" PRIu64 " still bad, %" PRIu64 " removed, %" PRIu64 " left as they are\n", counts["item"], counts["bad"],
                counts["removed"], counts["held"] + counts["unreadable"] + counts["absent"]);
    return kDone;
  });
}

}  // namespace meshgate::app
