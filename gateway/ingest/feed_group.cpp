#include "gateway/ingest/feed_group.hpp"

#include <algorithm>
#include <map>

namespace meshgate::ingest {

namespace {

constexpr std::size_t kLines = 5;

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// A piece of a feed's name; in a piece that others follow or precede, a dot would be read as the border.
std::string piece(std::string_view text, bool dots) {
  std::string out;
  for (const char c : text) {
    const bool goes_on = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;  // in UTF-8: one '_' for a character
    if (!goes_on) out += of_feed_name(c) && (dots || c != '.') ? c : '_';
  }
  return out;
}

std::string shown(const StreamName& stream) { return "'" + (stream.group.empty() ? "" : stream.group + ".") + stream.title + "'"; }

/// Whether a feed's name says exactly which stream it is of.
bool exact(const FeedGroup& group, const StreamName& stream) {
  const std::string qualified = stream.own || stream.group.empty() ? stream.title : stream.group + "." + stream.title;
  const bool dotted = !stream.group.empty() && (stream.title.find('.') != std::string::npos || stream.group.find('.') != std::string::npos);
  return !dotted && feed_of(group, stream).name == group.name + "." + qualified;
}

bool has_entry(const FeedGroup& group, const std::string& name) { return std::find(group.entries.begin(), group.entries.end(), name) != group.entries.end(); }

std::string why_unfit(const FeedGroup& group, const FeedOptions& feed, const StreamName& stream) {
  const std::string hint = ": leave it out with a pattern that begins with '!', and give it an entry of its own";
  if (!good_feed_name(feed.name)) return "stream " + shown(stream) + " would be feed '" + feed.name + "', which is longer than a name can be" + hint;
  if (std::any_of(feed.chosen.begin(), feed.chosen.end(), [](char c) { return control(c) && c != '\n'; }) ||
      static_cast<std::size_t>(std::count(feed.chosen.begin(), feed.chosen.end(), '\n')) + 1 != kLines) {
    return "the name of stream " + shown(stream) + " has a control character" + hint;
  }
  if (!has_entry(group, feed.name)) return {};
  return "stream " + shown(stream) + " would be feed '" + feed.name + "', which has an entry of its own: leave the stream out with a pattern that begins with '!', or rename the entry";
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = text.find('\n');
    out.push_back(text.substr(0, end));
    if (end == text.npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// What feed_of() wrote into the rules.
std::optional<StreamName> stream_of(const FeedGroup& group, const std::string& rules) {
  const std::size_t at = rules.rfind("\nstream of " + group.name + "\n");
  if (at == std::string::npos) return std::nullopt;
  const auto said = lines(std::string_view(rules).substr(at + 1));
  if (said.size() != kLines) return std::nullopt;
  return StreamName{std::string(said[4]), std::string(said[2]), std::string(said[3]), said[1] == "own"};
}

}  // namespace

FeedOptions feed_of(const FeedGroup& group, const StreamName& stream) {
  FeedOptions out = group.common;
  const bool named_group = !stream.own && !stream.group.empty();
  out.name = group.name + "." + (named_group ? piece(stream.group, false) + "." : "") + piece(stream.title, stream.group.empty());
  out.place = group.place;
  out.stream.push_back({group.stream_name, stream.name});
  out.chosen = "stream of " + group.name + "\n" + (stream.own ? "own" : "other") + "\n" + stream.group + "\n" + stream.title + "\n" + stream.name;
  return out;
}

Expansion expand(const FeedGroup& group, const std::vector<StreamName>& streams) {
  Expansion out{.feeds = {}, .unfit = {}, .idle = group.patterns.idle(streams)};
  std::map<std::string, std::vector<const StreamName*>> wanted;
  for (const StreamName& stream : streams) {
    if (group.patterns.choose(stream)) wanted[feed_of(group, stream).name].push_back(&stream);
  }
  for (const auto& [name, all] : wanted) {
    const auto first = std::find_if(all.begin(), all.end(), [&](const StreamName* one) { return all.size() == 1 || exact(group, *one); });
    for (const StreamName* stream : all) {
      FeedOptions feed = feed_of(group, *stream);
      std::string why = why_unfit(group, feed, *stream);
      const bool other = first == all.end() || *first != stream;
      if (why.empty() && other) {
        const StreamName& rival = first != all.end() ? **first : *all[all[0] == stream ? 1 : 0];
        why = "streams " + shown(*stream) + " and " + shown(rival) + " would both be feed '" + name + "': leave one out with a pattern that begins with '!', and give it an entry of its own";
      }
      if (why.empty()) {
        out.feeds.push_back(std::move(feed));
      } else {
        out.unfit.push_back({*stream, std::move(why)});
      }
    }
  }
  return out;
}

Result<std::vector<FeedOptions>> remembered(const SourceOptions& source, store::Store& store) {
  std::vector<FeedOptions> out;
  if (source.groups.empty()) return out;
  for (const std::string& name : store.names()) {
    const auto feed = store.feed(name);
    if (!feed) return feed.error();
    const std::string rules = (*feed)->state().rules;
    for (const FeedGroup& group : source.groups) {
      const auto stream = stream_of(group, rules);
      if (!stream || !group.patterns.choose(*stream)) continue;
      FeedOptions made = feed_of(group, *stream);
      if (made.name == name && !has_entry(group, name)) out.push_back(std::move(made));
    }
  }
  return out;
}

}  // namespace meshgate::ingest
