#include "gateway/ingest/feed_family.hpp"

#include <algorithm>
#include <map>

namespace meshgate::ingest {

namespace {

/// That feed_of() keeps with a feed.
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
bool exact(const FeedFamily& family, const StreamName& stream) {
  const std::string qualified = stream.own || stream.group.empty() ? stream.title : stream.group + "." + stream.title;
  const bool dotted = !stream.group.empty() && (stream.title.find('.') != std::string::npos || stream.group.find('.') != std::string::npos);
  return !dotted && feed_of(family, stream).name == family.name + "." + qualified;
}

bool has_entry(const FeedFamily& family, const std::string& name) { return std::find(family.entries.begin(), family.entries.end(), name) != family.entries.end(); }

std::string why_unfit(const FeedFamily& family, const FeedOptions& feed, const StreamName& stream) {
  const std::string hint = ": leave it out with a pattern that begins with '!', and give it an entry of its own";
  if (!good_feed_name(feed.name)) return "stream " + shown(stream) + " would be feed '" + feed.name + "', which is longer than a name can be" + hint;
  for (const std::string& one : {stream.name, stream.group, stream.title}) {
    if (std::any_of(one.begin(), one.end(), control)) return "the name of stream " + shown(stream) + " has a control character" + hint;
  }
  if (!has_entry(family, feed.name)) return {};
  return "stream " + shown(stream) + " would be feed '" + feed.name + "', which has an entry of its own: leave the stream out with a pattern that begins with '!', or rename the entry";
}

/// Of streams whose feeds would have one name, the one that has it; null: none.
const StreamName* owner(const FeedFamily& family, const std::vector<const StreamName*>& all) {
  if (all.size() == 1) return all[0];
  const auto found = std::find_if(all.begin(), all.end(), [&](const StreamName* one) { return exact(family, *one); });
  return found == all.end() ? nullptr : *found;
}

std::string why_shared(const std::string& name, const StreamName& stream, const StreamName& rival) {
  return "streams " + shown(stream) + " and " + shown(rival) + " would both be feed '" + name +
         "': leave one out with a pattern that begins with '!', and give it an entry of its own";
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
std::optional<StreamName> stream_of(const FeedFamily& family, const std::string& rules) {
  const std::size_t at = rules.rfind("\nstream of " + family.name + "\n");
  if (at == std::string::npos) return std::nullopt;
  const auto said = lines(std::string_view(rules).substr(at + 1));
  if (said.size() != kLines) return std::nullopt;
  return StreamName{std::string(said[4]), std::string(said[2]), std::string(said[3]), said[1] == "own"};
}

}  // namespace

FeedOptions feed_of(const FeedFamily& family, const StreamName& stream) {
  FeedOptions out = family.common;
  const bool named_group = !stream.own && !stream.group.empty();
  out.name = family.name + "." + (named_group ? piece(stream.group, false) + "." : "") + piece(stream.title, stream.group.empty());
  out.place = family.place;
  out.stream.push_back({family.stream_name, stream.name});
  out.chosen = "stream of " + family.name + "\n" + (stream.own ? "own" : "other") + "\n" + stream.group + "\n" + stream.title + "\n" + stream.name;
  return out;
}

Expansion expand(const FeedFamily& family, const std::vector<StreamName>& streams) {
  Expansion out{.feeds = {}, .unfit = {}, .idle = family.patterns.idle(streams)};
  std::map<std::string, std::vector<const StreamName*>> wanted;
  for (const StreamName& stream : streams) {
    if (family.patterns.choose(stream)) wanted[feed_of(family, stream).name].push_back(&stream);
  }
  for (const auto& [name, all] : wanted) {
    const StreamName* first = owner(family, all);
    for (const StreamName* stream : all) {
      FeedOptions feed = feed_of(family, *stream);
      std::string why = why_unfit(family, feed, *stream);
      if (why.empty() && stream != first) why = why_shared(name, *stream, first != nullptr ? *first : *all[all[0] == stream ? 1 : 0]);
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
  if (source.families.empty()) return out;
  for (const std::string& name : store.names()) {
    const auto feed = store.feed(name);
    if (!feed) return feed.error();
    const std::string rules = (*feed)->state().rules;
    for (const FeedFamily& family : source.families) {
      const auto stream = stream_of(family, rules);
      if (!stream || !family.patterns.choose(*stream)) continue;
      FeedOptions made = feed_of(family, *stream);
      if (made.name == name && !has_entry(family, name)) out.push_back(std::move(made));
    }
  }
  return out;
}

}  // namespace meshgate::ingest
