#include "gateway/ingest/options.hpp"

#include <algorithm>
#include <array>

namespace meshgate::ingest {

namespace {

using config::Form;
using config::Key;
using config::Node;

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
    Key{.name = "guard", .form = Form::mapping, .help = "How many deletes found by a sweep are made without asking: { share: 10%, count: 100 }."},
    Key{.name = "where", .form = Form::any, .help = "Which records become items. Not in this version."},
    Key{.name = "read", .form = Form::any, .help = "Who may read the feed: `public`, or absent. Groups are not in this version."},
};

void add_setting(Settings& out, const config::Section& section, const Key& key) {
  if (!section.has(key.name) && key.fallback.empty()) return;
  const std::string name(key.name);
  switch (key.form) {
    case Form::boolean: out.push_back({name, section.boolean(key.name) ? "true" : "false"}); return;
    case Form::integer: out.push_back({name, std::to_string(section.integer(key.name))}); return;
    case Form::duration: out.push_back({name, std::to_string(section.duration(key.name).count())}); return;
    case Form::size: out.push_back({name, std::to_string(section.size(key.name))}); return;
    case Form::share: out.push_back({name, std::to_string(section.share(key.name))}); return;
    case Form::path: out.push_back({name, section.path(key.name)}); return;
    case Form::list:
      for (auto& entry : section.list(key.name)) out.push_back({name, std::move(entry)});
      return;
    default: out.push_back({name, section.text(key.name)});
  }
}

/// Reads a mapping against a plugin's options, with the host's own key in front if there is one. Names that no option describes go
/// to the plugin as they are if it takes any name.
Settings read_settings(const Node& node, const Options& options, const Key* own, config::Secrets& secrets, config::Diagnostics& out) {
  std::vector<Key> keys = options.keys;
  if (options.any_name) {
    for (const auto& entry : node.entries()) {
      const bool host = own != nullptr && entry.key == own->name;
      const bool known = host || std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name == entry.key; });
      if (known) continue;
      keys.push_back(*options.any_name);
      keys.back().name = entry.key;
      keys.back().required = false;
    }
  }
  const std::size_t settings_end = keys.size();
  if (own != nullptr) keys.push_back(*own);
  const config::Section section(node, keys, secrets, out);
  Settings settings;
  for (std::size_t i = 0; i < settings_end; ++i) add_setting(settings, section, keys[i]);
  return settings;
}

constexpr std::string_view kRule = "\nfrom ";

void cut_rule(std::string& rules, std::string_view name) {
  const std::string begins = std::string(kRule).append(name).append("=");
  const auto at = rules.find(begins);
  if (at != std::string::npos) rules.erase(at, rules.find(kRule, at + 1) - at);
}

void refuse_what_is_to_come(const config::Section& feed, config::Diagnostics& out) {
  if (feed.has("where")) {
    out.add(feed.place("where"), "`where` is not in this version",
            "leave it out, or filter in the database with a view; expressions come with a later version");
  }
  const Node read = feed.node("read");
  if (read.present() && read.scalar() != "public") {
    out.add(read.place(), "rights by user and group are not in this version",
            "write `read: public` or leave it out, and keep the node on loopback, until a later version can ask the directory");
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
    source.connection = read_settings(section.node("connection"), source.plugin->connection_options(), nullptr, secrets, out);
  }
  return source;
}

void read_feed(const Node::Entry& entry, std::vector<SourceOptions>& sources, config::Secrets& secrets, config::Diagnostics& out) {
  static constexpr Key kSource{.name = "source", .form = Form::text, .help = "The name of a source.", .required = true};
  const config::Section section(entry.value, kFeedKeys, secrets, out);
  refuse_what_is_to_come(section, out);
  FeedOptions feed;
  feed.name = entry.key;
  feed.place = entry.key_place;
  feed.definition = mapping::Definition::read(section.node("fields"), section.node("id"), section.node("partition"), out);
  feed.guard = read_guard(section.node("guard"), secrets, out);

  const Node from = section.node("from");
  if (from.kind() != Node::Kind::mapping) return;
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
  feed.stream = read_settings(from, source->plugin->stream_options(), &kSource, secrets, out);
  feed.pace = source->plugin->stream_options().pace;
  source->feeds.push_back(std::move(feed));
}

bool good_name(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= 100 && name[0] != '_' && name[0] != '.' && std::all_of(name.begin(), name.end(), good);
}

void check_name(const Node::Entry& entry, std::string_view what, config::Diagnostics& out) {
  if (good_name(entry.key)) return;
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
    check_name(entry, "feed", out);
    read_feed(entry, all, secrets, out);
  }
  return all;
}

}  // namespace meshgate::ingest
