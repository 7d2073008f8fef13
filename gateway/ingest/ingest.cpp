#include "gateway/ingest/ingest.hpp"

namespace meshgate::ingest {

Result<std::unique_ptr<Ingest>> Ingest::start(std::vector<SourceOptions> sources, store::Store& store, base::Log& log, base::Metrics& metrics) {
  auto ingest = std::make_unique<Ingest>();
  for (auto& source : sources) {
    std::vector<std::shared_ptr<store::Feed>> feeds;
    for (const auto& feed : source.feeds) {
      auto opened = store.feed(feed.name);
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
