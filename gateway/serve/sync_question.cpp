#include "gateway/serve/sync_question.hpp"

#include <simdjson.h>

#include <array>
#include <limits>
#include <set>
#include <utility>

namespace meshgate::serve {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::uint64_t kProtocol = 1;
constexpr std::size_t kShown = 64;  ///< of a text in a message

Error wrong(const std::string& place, const std::string& what) { return Error{Code::config, "the body is wrong: " + place + " " + what}; }

std::string shown(std::string_view text) { return "'" + std::string(text.substr(0, kShown)) + "'"; }

Result<std::string> read_text(const std::string& place, element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong(place, "must be a text");
  return std::string(text);
}

Result<std::uint32_t> read_number(const std::string& place, element value, std::uint64_t most) {
  std::uint64_t out = 0;
  if (value.get(out) != simdjson::SUCCESS || out > most) return wrong(place, "must be a whole number from 0 to " + std::to_string(most));
  return static_cast<std::uint32_t>(out);
}

Result<Cursor> read_cursor(const std::string& place, element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong(place, "must be \"0\" or a cursor taken from a mark");
  const auto cursor = Cursor::parse(text);
  if (!cursor) return wrong(place, "must be \"0\" or a cursor taken from a mark, not " + shown(text));
  return *cursor;
}

/// Calls `take` for each member, and refuses one that comes twice: which of them counts would be anybody's guess.
template <class Take>
Status read_members(const std::string& place, object members, Take take) {
  std::set<std::string_view> met;
  for (const auto [name, value] : members) {
    const std::string at = (place.empty() ? "" : place + ".") + std::string(name.substr(0, kShown));
    if (!met.insert(name).second) return wrong(at, "is given twice: give it once");
    if (auto taken = take(name, at, value); !taken) return taken;
  }
  return {};
}

/// Puts what was read where it belongs.
template <class T, class U>
Status put(Result<T> read, U& into) {
  if (!read) return std::move(read).error();
  into = std::move(*read);
  return {};
}

class Reading {
 public:
  Result<SyncQuestion> read(object body) {
    bool protocol = false;
    auto good = read_members("", body, [&](std::string_view name, const std::string& place, element value) -> Status {
      if (name == "feeds") return read_feeds(place, value);
      if (name == "live") {
        if (value.get(out_.live) != simdjson::SUCCESS) return wrong(place, "must be true or false");
        return {};
      }
      if (name != "protocol") return wrong(place, "is not known: there are protocol, live and feeds");
      std::uint64_t version = 0;
      protocol = value.get(version) == simdjson::SUCCESS && version == kProtocol;
      if (!protocol) return wrong(place, "must be 1: this node speaks no other");
      return {};
    });
    if (!good) return std::move(good).error();
    if (!protocol) return wrong("protocol", "is missing: write \"protocol\":1");
    if (out_.feeds.empty()) return wrong("feeds", "must list at least one feed");
    return std::move(out_);
  }

 private:
  Status read_feeds(const std::string& place, element value) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return wrong(place, "must be a list");
    for (const auto one : list) {
      const std::string at = place + "[" + std::to_string(out_.feeds.size()) + "]";
      if (out_.feeds.size() == SyncQuestion::kMostFeeds) return wrong(at, "is one too many: at most " + std::to_string(SyncQuestion::kMostFeeds) + " in one request; open another");
      object members;
      if (one.get(members) != simdjson::SUCCESS) return wrong(at, "must be an object like {\"feed\":\"orders\"}");
      if (auto good = read_wish(at, members); !good) return good;
    }
    return {};
  }

  Status read_wish(const std::string& place, object members) {
    SyncQuestion::Wish wish;
    std::optional<Cursor> after;
    auto good = read_members(place, members, [&](std::string_view name, const std::string& at, element value) -> Status {
      if (name == "feed") return put(read_text(at, value), wish.feed);
      if (name == "partition") return put(read_text(at, value), wish.partition);
      if (name == "after") return put(read_cursor(at, value), after);
      if (name == "cursors") return read_cursors(at, value, wish);
      if (name == "schema") return put(read_number(at, value, std::numeric_limits<std::uint32_t>::max()), wish.schema);
      if (name == "priority") return put(read_number(at, value, SyncQuestion::kMostPriority), wish.priority);
      if (name == "uid") return put(read_text(at, value), wish.uid);
      return wrong(at, "is not known: there are feed, partition, after, cursors, schema, priority and uid");
    });
    if (!good) return good;
    if (wish.feed.empty()) return wrong(place + ".feed", "is missing");
    if (wish.partition && !wish.cursors.empty()) return wrong(place + ".cursors", "does not go with `partition`: write its cursor as `after`");
    if (after && !wish.cursors.empty()) return wrong(place + ".after", "does not go with `cursors`");
    // Without `partition` this is the cursor of a feed that is not divided.
    if (after) wish.cursors.emplace(wish.partition.value_or(""), *after);
    if (!distinct(wish)) return wrong(place, "names a feed or partition that an entry before it has");
    out_.feeds.push_back(std::move(wish));
    return {};
  }

  Status read_cursors(const std::string& place, element value, SyncQuestion::Wish& wish) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) return wrong(place, "must be an object of partitions and their cursors");
    return read_members(place, members, [&](std::string_view name, const std::string& at, element cursor) -> Status {
      if (++cursors_ > SyncQuestion::kMostCursors) return wrong(at, "is one cursor too many: at most " + std::to_string(SyncQuestion::kMostCursors) + " in one request");
      return put(read_cursor(at, cursor), wish.cursors[std::string(name)]);
    });
  }

  /// A partition may come once, and not beside all of its feed.
  bool distinct(const SyncQuestion::Wish& wish) {
    auto& met = met_[wish.feed];
    const bool whole = met.contains(std::nullopt);
    if (whole || (!wish.partition && !met.empty())) return false;
    return met.insert(wish.partition).second;
  }

  SyncQuestion out_;
  std::size_t cursors_ = 0;
  std::map<std::string, std::set<std::optional<std::string>>, std::less<>> met_;
};

}  // namespace

Result<SyncQuestion> parse_sync_question(std::string_view body) {
  simdjson::dom::parser parser;
  object members;
  if (body.empty() || parser.parse(body.data(), body.size()).get(members) != simdjson::SUCCESS) {
    return Error{Code::config, "the body must be a JSON object like {\"protocol\":1,\"live\":true,\"feeds\":[{\"feed\":\"orders\"}]}"};
  }
  return Reading().read(members);
}

}  // namespace meshgate::serve
