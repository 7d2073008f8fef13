#include "gateway/ingest/ingest.hpp"

namespace meshgate::ingest {

namespace {

constexpr std::chrono::seconds kPatience{30};

/// The feed, divided or not as configured before anybody can read it: a reader that met a new feed undivided would hold on to that.
Result<std::shared_ptr<store::Feed>> prepare(const FeedOptions& options, store::Store& store) {
  auto feed = store.feed(options.name);
  if (!feed || !(*feed)->state().schema.fields.empty()) return feed;
  if (auto done = (*feed)->define({}, options.rules(), options.definition.divided()); !done) return std::move(done).error();
  return feed;
}

}  // namespace

Result<std::unique_ptr<Ingest>> Ingest::start(std::vector<SourceOptions> sources, store::Store& store, base::Log& log, base::Metrics& metrics) {
  auto ingest = std::make_unique<Ingest>();
  for (auto& source : sources) {
    std::vector<std::shared_ptr<store::Feed>> feeds;
    for (const auto& feed : source.feeds) {
      auto opened = prepare(feed, store);
      if (!opened) return std::move(opened).error().within("feed " + feed.name);
      feeds.push_back(std::move(*opened));
    }
    ingest->runners_.push_back(std::make_unique<SourceRunner>(std::move(source), std::move(feeds), log, metrics));
  }
  return ingest;
}

Ingest::~Ingest() {
  stop();
  const std::lock_guard nobody_waits(replaying_);
  runners_.clear();
}

void Ingest::stop() {
  for (const auto& runner : runners_) runner->stop();
}

std::optional<Ingest::Standing> Ingest::standing(std::string_view feed) const {
  for (const auto& runner : runners_) {
    for (const auto& reader : runner->readers()) {
      if (reader->name() == feed) return Standing{runner->name(), reader->status()};
    }
  }
  return std::nullopt;
}

bool Ingest::release(std::string_view feed) {
  for (const auto& runner : runners_) {
    for (const auto& reader : runner->readers()) {
      if (reader->name() != feed) continue;
      reader->release();
      return true;
    }
  }
  return false;
}

Result<std::vector<Replayed>> Ingest::replay(std::string_view feed, std::vector<std::string> keys) {
  // Whoever waits holds a thread of the pool that serves readers: one is enough.
  const std::unique_lock lock(replaying_, std::try_to_lock);
  if (!lock) return Error{Code::retry, "another replay is under way: try again when it is done"};
  for (const auto& runner : runners_) {
    for (const auto& reader : runner->readers()) {
      if (reader->name() == feed) return runner->replay(*reader, std::move(keys), kPatience);
    }
  }
  return Error{Code::not_found, "no source fills a feed '" + std::string(feed) + "'"};
}

}  // namespace meshgate::ingest
