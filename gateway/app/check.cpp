#include <cstdio>

#include "gateway/app/commands.hpp"
#include "gateway/app/configuration.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/open_files.hpp"
#include "gateway/ingest/feed_family.hpp"
#include "gateway/ingest/probe.hpp"
#include "gateway/net/server.hpp"
#include "gateway/publish/writer.hpp"

namespace meshgate::app {

namespace {

void say(std::string line) {
  while (line.ends_with('\n')) line.pop_back();
  std::printf("%s\n", line.c_str());
}

bool check_feed(const ingest::SourceOptions& source, const ingest::FeedOptions& feed, base::Log& log) {
  auto found = ingest::probe_feed(source, feed, log);
  say("feed " + feed.name + ": " + (found ? *found : log.redacted(found.error().message)));
  return found.has_value();
}

/// Says what a family stands for, and looks at each of it; true when all can be read.
bool check_family(const ingest::SourceOptions& source, const ingest::FeedFamily& family, const std::vector<ingest::StreamName>& streams, base::Log& log) {
  const ingest::Expansion found = ingest::expand(family, streams);
  const std::size_t chosen = found.feeds.size() + found.unfit.size();
  say("feeds of " + family.name + ": " + std::to_string(chosen) + " of the " + std::to_string(streams.size()) + " streams of source " + source.name);
  for (const auto& pattern : found.idle) say("feeds of " + family.name + ": warning: `" + pattern + "` matches no stream: check its family, the case of its letters, and the rights of this user");
  for (const auto& one : found.unfit) say("feeds of " + family.name + ": " + one.why);
  bool fine = found.unfit.empty();
  for (const auto& feed : found.feeds) fine = check_feed(source, feed, log) && fine;
  return fine;
}

/// A warning: such a node works until many come.
void check_open_files(std::size_t connections) {
  const std::size_t wanted = open_files_for(connections);
  const std::size_t allowed = raise_open_files();
  if (allowed >= wanted) return;
  say("node: warning: this process may open " + std::to_string(allowed) + " files, and a node that takes " + std::to_string(connections) +
      " connections wants " + std::to_string(wanted) + ": raise the limit (LimitNOFILE= in a systemd unit, `ulimit -Hn` in a shell)");
}

/// Reaches a source and each of its feeds' streams; true when all can be read.
bool check_source(const ingest::SourceOptions& source, base::Log& log) {
  if (auto reached = ingest::probe_source(source, log); !reached) {
    say("source " + source.name + ": " + log.redacted(reached.error().message));
    return false;
  }
  say("source " + source.name + ": reached");
  bool fine = true;
  for (const auto& feed : source.feeds) fine = check_feed(source, feed, log) && fine;
  if (source.families.empty()) return fine;
  const auto streams = ingest::probe_streams(source, log);
  if (!streams) {
    say("source " + source.name + ": its streams cannot be listed: " + log.redacted(streams.error().message));
    return false;
  }
  for (const auto& family : source.families) fine = check_family(source, family, *streams, log) && fine;
  return fine;
}

/// Reaches what a feed is published to; true when it can be written, as far as that shows without writing.
bool check_publication(const publish::Publication& publication, base::Log& log) {
  const std::string room = "feed " + publication.feed + ": publish to " + publication.target + ": ";
  const auto warnings = publish::Writer::probe(publication, log);
  if (!warnings) {
    say(room + log.redacted(warnings.error().message));
    return false;
  }
  for (const std::string& warning : *warnings) say(room + "warning: " + log.redacted(warning));
  if (warnings->empty()) say(room + "reached");
  return true;
}

}  // namespace

int check(const std::string& config) {
  const Reading reading = read_configuration(config);
  const auto redact = [secrets = reading.secrets](std::string text) { return secrets->redact(std::move(text)); };
  base::Log log(base::Level::warning, redact);
  if (!reading.diagnostics.all().empty()) std::fprintf(stderr, "%s", log.redacted(reading.diagnostics.text()).c_str());
  if (!reading.diagnostics.empty()) return kWrongUsage;
  say(config + ": the configuration is valid");
  check_open_files(reading.configuration.listening.server.connections);
  bool fine = true;
  for (const auto& source : reading.configuration.sources) fine = check_source(source, log) && fine;
  for (const auto& publication : reading.configuration.publications) fine = check_publication(publication, log) && fine;
  return fine ? kDone : kUnreachable;
}

}  // namespace meshgate::app
