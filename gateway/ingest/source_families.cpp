// The feeds of a source: those of its configuration, and those that its families come to stand for while it is read.
#include <algorithm>
#include <utility>

#include "gateway/ingest/source_runner.hpp"

namespace meshgate::ingest {

namespace {

/// How often streams are listed, so that new ones are found.
constexpr std::chrono::seconds kLookAgain{30};

}  // namespace

/// The feed is there, divided or not as configured, before anybody can read it: a reader that met a new feed undivided would hold on to that.
Status SourceRunner::add(FeedOptions options) {
  auto feed = store_.feed(options.name);
  if (!feed) return std::move(feed).error();
  if ((*feed)->state().schema.fields.empty()) {
    if (auto done = (*feed)->define({}, options.rules(), options.definition.divided()); !done) return done;
  }
  if (options.keep) retention_.add(options.name, *feed, *options.keep);
  auto task = std::make_unique<Task>(std::move(options), std::move(*feed), options_.name, log_, metrics_);
  task->turn.due = Clock::now();
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  return {};
}

void SourceRunner::look_for_streams() {
  if (options_.families.empty() || looking_.due > Clock::now()) return;
  const auto streams = list_streams();
  if (stopping()) return;
  const std::string fault = streams ? std::string() : log_.redacted(streams.error().message);
  {
    const std::lock_guard lock(mutex_);
    // What was listed once stays known: then each feed says for itself how it stands.
    if (streams || !unlisted_.empty()) unlisted_ = fault;
  }
  if (std::exchange(trouble_, fault) != fault && !streams) log_.warning(room_, "its streams cannot be listed: " + fault);
  if (!streams) {
    looking_.connection.reset();
    looking_.due = Clock::now() + (retryable(streams.error().code) ? looking_.backoff.failed() : kAskAgain);
    return;
  }
  looking_.backoff.succeeded();
  looking_.due = Clock::now() + kLookAgain;
  for (const FeedFamily& family : options_.families) take_up(family, *streams);
}

Result<std::vector<StreamName>> SourceRunner::list_streams() {
  if (!looking_.connection) {
    if (auto done = connect(looking_); !done) return std::move(done).error();
  }
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Error{Code::cancelled, "stopping"};
    running_ = looking_.connection.get();
  }
  auto out = looking_.connection->list();
  const std::lock_guard lock(mutex_);
  running_ = nullptr;
  return out;
}

void SourceRunner::take_up(const FeedFamily& family, const std::vector<StreamName>& streams) {
  Expansion found = expand(family, streams);
  for (const Unfit& one : found.unfit) say_once(family.place.text() + ": " + one.why);
  for (const std::string& pattern : found.idle) say_once(family.place.text() + ": `" + pattern + "` matches no stream yet");
  for (FeedOptions& feed : found.feeds) take_up(std::move(feed));
}

/// A feed that is there stays what it is, whatever was listed.
void SourceRunner::take_up(FeedOptions feed) {
  const std::string name = feed.name;
  const std::string stream = feed.stream.back().value;
  const auto there = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& task) { return task->options.name == name; });
  if (there != tasks_.end()) {
    if ((*there)->options.chosen == feed.chosen) return;
    return say_once(feed.place.text() + ": stream '" + stream + "' would be feed '" + name + "', which is already filled from '" + (*there)->options.stream.back().value + "'");
  }
  if (auto added = add(std::move(feed)); !added) {
    log_.error(room_, "feed " + name + " cannot be made, and is tried again: " + log_.redacted(added.error().message));
  } else {
    log_.info("feed " + name, "made for '" + stream + "' of source " + options_.name);
  }
}

void SourceRunner::say_once(const std::string& what) {
  if (said_.insert(what).second) log_.warning(room_, what);
}

}  // namespace meshgate::ingest
