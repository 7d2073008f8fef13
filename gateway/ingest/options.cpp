#include "gateway/ingest/options.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mesh/feed_names.hpp"

namespace meshgate::ingest {

namespace {

using config::Form;
using config::Key;
using config::Node;
using plugins::keys_of;
using plugins::read_settings;
using plugins::settings_of;

constexpr std::array kSourceKeys = {
    Key{.name = "connector", .form = Form::text, .help = "Which connector reads it: odbc, files, or the name of a plugin.", .required = true},
    Key{.name = "connection", .form = Form::mapping, .help = "How the connector reaches the source; see the connector's page."},
    Key{.name = "every",
        .form = Form::duration,
        .fallback = "1s",
        .help = "How often the source is read; counted from the beginning of one read to that of the next.",
        .least = 10,
        .most = 86400000},
    Key{.name = "limits", .form = Form::mapping, .help = "How much is asked of the source at most, and when: { rows: 20000, statements: 2, quiet: \"Mon-Fri 08:00-18:00\" }."},
};

constexpr std::array kFeedKeys = {
    Key{.name = "from", .form = Form::mapping, .help = "The source and which of its streams (table, file, …).", .required = true},
    Key{.name = "fields", .form = Form::any, .help = "The items' fields; absent: every column under its own name."},
    Key{.name = "id", .form = Form::any, .help = "What items are called: a column, a template or a list of columns; absent: the key."},
    Key{.name = "partition", .form = Form::any, .help = "The slice or slices an item belongs to: a column, a template or a list; absent: one slice."},
    Key{.name = "title", .form = Form::any, .help = "What an item is called in feed readers and on the page: a field or a template of fields; absent: its id."},
    Key{.name = "summary", .form = Form::any, .help = "A sentence on an item for feed readers: a field or a template of fields."},
    Key{.name = "link", .form = Form::any, .help = "Where people find the item: an address that begins with http:// or https://, with {fields} in it."},
    Key{.name = "updated", .form = Form::any, .help = "When the item last changed, for feed readers: a field of type timestamptz, timestamp or date; absent: when the change came here."},
    Key{.name = "guard", .form = Form::mapping, .help = "How many deletes found by a sweep are made without asking: { share: 10%, count: 100 }."},
    Key{.name = "keep", .form = Form::mapping, .help = "How long and how many events stay: { age: 30d, count: 1000000 }; absent: all. Only where each record is an event."},
    Key{.name = "publish", .form = Form::any, .help = "Where the feed is written to for others: { source: bus, topic: mesh.orders }."},
    Key{.name = "where", .form = Form::any, .help = "Which records become items. Not in this version."},
    Key{.name = "read", .form = Form::any, .help = "Who may read the feed: public, signed-in, user:NAME, group:NAME, \"group:NAME-{partition}\", node:SUBJECT, \"principal.NAME == partition\" or \"principal.NAME == 'text'\", or a list of these; absent: what `node.read` says."},
};

constexpr std::string_view kRule = "\nfrom ";

void cut_rule(std::string& rules, std::string_view name) {
  const std::string begins = std::string(kRule).append(name).append("=");
  const auto at = rules.find(begins);
  if (at != std::string::npos) rules.erase(at, rules.find(kRule, at + 1) - at);
}

/// What is known only when the stream's settings are.
void note_events(const config::Node& keep, FeedOptions& feed, config::Diagnostics& out) {
  feed.events = of_events(feed.stream);
  if (!feed.keep || feed.events) return;
  out.add(keep.place(), "`keep` is for events, and what this feed reads changes and goes at its source",
          "leave it out; where each record is an event, say so, as in from: { topic: clicks, shape: events }");
}

void refuse_what_is_to_come(const config::Section& feed, config::Diagnostics& out) {
  if (feed.has("where")) {
    out.add(feed.place("where"), "`where` is not in this version",
            "leave it out, or filter in the database with a view; expressions come with a later version");
  }
}

}  // namespace

std::span<const Key> source_keys() { return kSourceKeys; }
std::span<const Key> feed_keys() { return kFeedKeys; }

std::string FeedOptions::rules() const {
  std::string out = definition.fingerprint();
  for (const auto& setting : stream) {
    if (std::ranges::find(pace, setting.name) == pace.end()) out.append(kRule).append(setting.name).append("=").append(setting.value);
  }
  if (!chosen.empty()) out.append("\n").append(chosen);
  return out;
}

std::string FeedOptions::rules_after(const std::string& stored) const {
  std::string of_stored = stored;
  for (const std::string_view setting : pace) cut_rule(of_stored, setting);
  std::string mine = rules();
  return of_stored == mine ? stored : mine;
}

namespace {

SourceOptions read_source(const Node::Entry& entry, const FindPlugin& find, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(entry.value, kSourceKeys, secrets, out);
  SourceOptions source;
  source.name = entry.key;
  source.place = entry.key_place;
  source.every = section.duration("every");
  source.limits = read_limits(section.node("limits"), secrets, out);
  if (!section.has("connector")) return source;
  source.plugin = find(section.text("connector"), section.place("connector"));
  if (source.plugin) {
    source.connection = read_settings(section.node("connection"), source.plugin->connection_options(), {}, secrets, out);
  }
  return source;
}

constexpr std::array kFromKeys = {
    Key{.name = "source", .form = Form::text, .help = "The name of a source.", .required = true},
    Key{.name = "tables", .form = Form::list, .help = "Patterns of streams, each of which becomes a feed: \"sales.*\", \"!sales.tmp_*\"; the last one that matches decides."},
};

/// `tables:` in place of the name of one stream.
void read_family(const Node& from, const Node& keep, FeedOptions common, SourceOptions& source, config::Secrets& secrets, config::Diagnostics& out) {
  plugins::Options options = source.plugin->stream_options();
  const Node patterns = from["tables"];
  if (options.stream_name.empty()) {
    out.add(patterns.place(), "connector '" + std::string(source.plugin->name()) + "' does not take streams by name", "describe each stream in an entry of its own");
    return;
  }
  FeedFamily family;
  family.stream_name = options.stream_name;
  if (from[family.stream_name].present()) {
    out.add(from[family.stream_name].place(), "`" + family.stream_name + "` and `tables` exclude each other", "take one of them away");
    return;
  }
  std::erase_if(options.keys, [&](const Key& key) { return key.name == family.stream_name; });
  const auto keys = keys_of(from, options, kFromKeys);
  const config::Section section(from, keys, secrets, out);
  family.name = std::exchange(common.name, {});
  family.place = common.place;
  family.patterns = Patterns(section.list("tables"));
  if (family.patterns.all().empty()) out.add(patterns.place(), "`tables` names nothing", "write a pattern, as in tables: [ \"sales.*\" ]");
  common.stream = settings_of(section, std::span(keys).first(keys.size() - kFromKeys.size()));
  note_events(keep, common, out);
  family.common = std::move(common);
  source.families.push_back(std::move(family));
}

void read_feed(const Node::Entry& entry, std::vector<SourceOptions>& sources, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(entry.value, kFeedKeys, secrets, out);
  refuse_what_is_to_come(section, out);
  FeedOptions feed;
  feed.name = entry.key;
  feed.place = entry.key_place;
  feed.definition = mapping::Definition::read(section.node("fields"), section.node("id"), section.node("partition"), out);
  feed.definition.show_as(mapping::read_presentation(entry.value, out));
  feed.guard = read_guard(section.node("guard"), usual_guard(feed.name), secrets, out);
  const Node keep = section.node("keep");
  feed.keep = read_keep(keep, secrets, out);

  const Node from = section.node("from");
  if (from["peer"].present() && keep.present()) out.add(keep.place(), "`keep` belongs to the node that reads the source", "leave it out: what expires there expires here too");
  if (from.kind() != Node::Kind::mapping || from["peer"].present()) return;
  const Node wanted = from["source"];
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const SourceOptions& one) { return one.name == wanted.scalar(); });
  if (source == sources.end()) {
    std::vector<std::string_view> names;
    for (const auto& one : sources) names.push_back(one.name);
    const auto near = config::nearest(wanted.scalar(), names);
    const auto place = wanted.present() ? wanted.place() : from.place();
    out.add(place, wanted.present() ? "there is no source '" + wanted.scalar() + "'" : "missing key 'source'",
            near.empty() ? "name one of those under `sources:`" : "did you mean '" + std::string(near) + "'?");
    return;
  }
  if (!source->plugin) return;
  feed.pace = source->plugin->stream_options().pace;
  if (from["tables"].present()) return read_family(from, keep, std::move(feed), *source, secrets, out);
  feed.stream = read_settings(from, source->plugin->stream_options(), std::span(kFromKeys).first(1), secrets, out);
  note_events(keep, feed, out);
  source->feeds.push_back(std::move(feed));
}

/// Each family is told which names are not its own. One family's name before another's would make them share names.
void part_names(std::vector<SourceOptions>& sources, config::Diagnostics& out) {
  std::vector<std::string> entries;
  std::vector<FeedFamily*> families;
  for (SourceOptions& source : sources) {
    for (const FeedOptions& feed : source.feeds) entries.push_back(feed.name);
    for (FeedFamily& family : source.families) families.push_back(&family);
  }
  for (FeedFamily* family : families) {
    family->entries = entries;
    for (const FeedFamily* other : families) {
      if (!family->name.starts_with(other->name + ".")) continue;
      out.add(family->place, "feeds of '" + family->name + "' and of '" + other->name + "' could have the same names, since both have `tables`", "give one of them a name that does not begin with the other's");
    }
  }
}

void check_name(const Node::Entry& entry, std::string_view what, config::Diagnostics& out) {
  if (good_feed_name(entry.key)) return;
  out.add(entry.key_place, "'" + entry.key + "' cannot be the name of a " + std::string(what),
          "use letters, digits, '-', '_' and '.', not beginning with '_' or '.', at most 100");
}

}  // namespace

std::vector<SourceOptions> read_sources(const Node& sources, const Node& feeds, const FindPlugin& find, config::Secrets& secrets, config::Diagnostics& out) {
  std::vector<SourceOptions> all;
  for (const auto& entry : sources.entries()) {
    check_name(entry, "source", out);
    all.push_back(read_source(entry, find, secrets, out));
  }
  for (const auto& entry : feeds.entries()) {
    if (!of_directory(entry.key)) check_name(entry, "feed", out);
    read_feed(entry, all, secrets, out);
  }
  part_names(all, out);
  return all;
}

bool of_feed_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; }

bool good_feed_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name[0] != '_' && name[0] != '.' && std::all_of(name.begin(), name.end(), of_feed_name);
}

}  // namespace meshgate::ingest
