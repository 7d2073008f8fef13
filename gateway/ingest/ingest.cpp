#include "gateway/ingest/ingest.hpp"

namespace meshgate::ingest {

namespace {

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

}  // namespace meshgate::ingest
