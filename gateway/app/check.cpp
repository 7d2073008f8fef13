#include <cstdio>

#include "gateway/app/commands.hpp"
#include "gateway/app/configuration.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/ingest/probe.hpp"

namespace meshgate::app {

namespace {

void say(const std::string& line) { std::printf("%s\n", line.c_str()); }

/// Reaches a source and each of its feeds' streams; true when all can be read.
bool check_source(const ingest::SourceOptions& source, base::Log& log) {
  if (auto reached = ingest::probe_source(source, log); !reached) {
    say("source " + source.name + ": " + log.redacted(reached.error().message));
    return false;
  }
  say("source " + source.name + ": reached");
  bool fine = true;
  for (const auto& feed : source.feeds) {
    auto found = ingest::probe_feed(source, feed, log);
    say("feed " + feed.name + ": " + (found ? *found : log.redacted(found.error().message)));
    fine = fine && found.has_value();
  }
  return fine;
}

}  // namespace

int check(const std::string& config) {
  const Reading reading = read_configuration(config);
  const auto redact = [secrets = reading.secrets](std::string text) { return secrets->redact(std::move(text)); };
  base::Log log(base::Level::warning, redact);
  if (!reading.diagnostics.all().empty()) std::fprintf(stderr, "%s", log.redacted(reading.diagnostics.text()).c_str());
  if (!reading.diagnostics.empty()) return kWrongUsage;
  say(config + ": the configuration is valid");
  bool fine = true;
  for (const auto& source : reading.configuration.sources) fine = check_source(source, log) && fine;
  return fine ? kDone : kUnreachable;
}

}  // namespace meshgate::app
