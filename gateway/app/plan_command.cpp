#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <optional>

#include "gateway/app/commands.hpp"
#include "gateway/app/configuration.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/plan_text.hpp"
#include "gateway/ingest/feed_family.hpp"
#include "gateway/ingest/probe.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::app {

namespace {

constexpr std::chrono::seconds kToldEvery{2};

/// Says on standard error now and then how far a feed's source has been read.
class Progress {
 public:
  explicit Progress(std::string feed) : feed_(std::move(feed)) {}
  void operator()(std::uint64_t rows, std::uint64_t expected) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < kToldEvery) return;
    told_ = now;
    const std::string of = expected > rows ? " of " + std::to_string(expected) : std::string();
    std::fprintf(stderr, "feed %s: %" PRIu64 "%s rows read\n", feed_.c_str(), rows, of.c_str());
  }

 private:
  const std::string feed_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

bool has(const std::vector<std::string>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

/// The store as it is; null before the first run.
Result<std::unique_ptr<store::Store>> present_store(const std::string& data) {
  auto store = store::Store::open_to_read(data);
  if (!store && store.error().code == Code::not_found) return std::unique_ptr<store::Store>();
  return store;
}

Result<ingest::FeedPlan> plan_one(const ingest::SourceOptions& source, const ingest::FeedOptions& options, store::Store* store, std::size_t samples,
                                  base::Log& log) {
  std::shared_ptr<store::Feed> feed;
  if (store != nullptr && has(store->names(), options.name)) {
    auto opened = store->feed(options.name);
    if (!opened) return std::move(opened).error();
    feed = std::move(*opened);
  }
  return ingest::plan_feed(source, options, feed.get(), samples, log, Progress(options.name));
}

/// A feed to plan, or a family that cannot be told into feeds, and why.
struct Wanted {
  ingest::FeedOptions feed;
  std::optional<Error> fault;
};

void want(std::vector<Wanted>& all, ingest::FeedOptions feed) {
  if (std::none_of(all.begin(), all.end(), [&](const Wanted& one) { return one.feed.name == feed.name; })) all.push_back({std::move(feed), std::nullopt});
}

/// As a node would fill them: those with an entry, those that the store remembers of families, and those that the source has for them now.
Result<std::vector<Wanted>> feeds_of(const ingest::SourceOptions& source, store::Store* store, base::Log& log) {
  std::vector<Wanted> out;
  for (const auto& feed : source.feeds) want(out, feed);
  if (source.families.empty()) return out;
  if (store != nullptr) {
    auto known = ingest::remembered(source, *store);
    if (!known) return std::move(known).error();
    for (auto& feed : *known) want(out, std::move(feed));
  }
  const auto streams = ingest::probe_streams(source, log);
  for (const auto& family : source.families) {
    ingest::FeedOptions of_family = family.common;
    of_family.name = family.name;
    if (!streams) {
      out.push_back({of_family, streams.error()});
      continue;
    }
    ingest::Expansion found = ingest::expand(family, *streams);
    for (auto& feed : found.feeds) want(out, std::move(feed));
    for (auto& one : found.unfit) out.push_back({of_family, Error{Code::config, one.why}});
  }
  return out;
}

int code_of(const std::vector<PlannedFeed>& planned) {
  const auto unread = [](const PlannedFeed& one) { return !one.plan.has_value(); };
  const auto held = [](const PlannedFeed& one) { return one.plan && !one.plan->held.empty(); };
  if (std::any_of(planned.begin(), planned.end(), unread)) return kUnreachable;
  return std::any_of(planned.begin(), planned.end(), held) ? kHeld : kDone;
}

void say(const base::Log& log, const std::string& text) { std::fputs(log.redacted(text).c_str(), stdout); }

}  // namespace

int plan(const std::string& config, const PlanArguments& arguments) {
  const Reading reading = read_configuration(config);
  base::Log log(base::Level::warning, [secrets = reading.secrets](std::string text) { return secrets->redact(std::move(text)); });
  if (!reading.diagnostics.all().empty()) std::fprintf(stderr, "%s", log.redacted(reading.diagnostics.text()).c_str());
  if (!reading.diagnostics.empty()) return kWrongUsage;
  const auto store = present_store(reading.configuration.data);
  if (!store) {
    std::fprintf(stderr, "meshgate: %s\n", store.error().message.c_str());
    return kFailed;
  }
  std::vector<std::string> left_over = *store ? (*store)->names() : std::vector<std::string>();
  std::vector<PlannedFeed> planned;
  for (const auto& source : reading.configuration.sources) {
    const auto wanted = feeds_of(source, store->get(), log);
    if (!wanted) {
      std::fprintf(stderr, "meshgate: %s\n", wanted.error().message.c_str());
      return kFailed;
    }
    for (const auto& [feed, fault] : *wanted) {
      std::erase(left_over, feed.name);
      if (!arguments.feeds.empty() && !has(arguments.feeds, feed.name)) continue;
      planned.push_back({feed.name, source.name, fault ? Result<ingest::FeedPlan>(*fault) : plan_one(source, feed, store->get(), arguments.samples, log)});
      if (!arguments.json) say(log, plan_text(planned.back()));
    }
  }
  for (const auto& name : arguments.feeds) {
    if (std::any_of(planned.begin(), planned.end(), [&](const PlannedFeed& one) { return one.feed == name; })) continue;
    std::fprintf(stderr, "meshgate: there is no feed '%s' in %s\n", name.c_str(), config.c_str());
    return kWrongUsage;
  }
  if (arguments.json) {
    say(log, plan_json(planned, left_over));
    return code_of(planned);
  }
  for (const auto& name : left_over) say(log, "feed " + name + ": left over, nothing in the configuration fills it; it stays as it is\n");
  say(log, "nothing was written\n");
  return code_of(planned);
}

}  // namespace meshgate::app
