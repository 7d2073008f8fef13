#include "gateway/ingest/ingest.hpp"

namespace meshgate::ingest {

namespace {

constexpr std::chrono::seconds kPatience{30};

}  // namespace

Result<std::unique_ptr<Ingest>> Ingest::start(std::vector<SourceOptions> sources, store::Store& store, base::Log& log, base::Metrics& metrics) {
  auto ingest = std::make_unique<Ingest>(log);
  for (auto& source : sources) {
    auto runner = SourceRunner::start(std::move(source), store, ingest->retention_, log, metrics);
    if (!runner) return std::move(runner).error();
    ingest->runners_.push_back(std::move(*runner));
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
    if (const FeedReader* reader = runner->reader(feed)) return Standing{runner->name(), reader->status()};
  }
  return std::nullopt;
}

mapping::Presentation Ingest::presentation(std::string_view feed) const {
  for (const auto& runner : runners_) {
    if (const FeedReader* reader = runner->reader(feed)) return reader->presentation();
  }
  return {};
}

bool Ingest::release(std::string_view feed) {
  for (const auto& runner : runners_) {
    FeedReader* reader = runner->reader(feed);
    if (reader == nullptr) continue;
    reader->release();
    return true;
  }
  return false;
}

std::vector<Ingest::Unlisted> Ingest::unlisted() const {
  std::vector<Unlisted> out;
  for (const auto& runner : runners_) {
    if (std::string why = runner->unlisted(); !why.empty()) out.push_back({runner->name(), std::move(why)});
  }
  return out;
}

Status Ingest::verify(std::string_view feed, std::string_view key, std::string_view name, std::string_view password) {
  for (const auto& runner : runners_) {
    if (const FeedReader* reader = runner->reader(feed)) return runner->verify(*reader, {key, name, password});
  }
  return Error{Code::not_found, "no source fills a feed '" + std::string(feed) + "'"};
}

Result<std::vector<Replayed>> Ingest::replay(std::string_view feed, std::vector<std::string> keys) {
  // Whoever waits holds a thread of the pool that serves readers: one is enough.
  const std::unique_lock lock(replaying_, std::try_to_lock);
  if (!lock) return Error{Code::retry, "another replay is under way: try again when it is done"};
  for (const auto& runner : runners_) {
    if (const FeedReader* reader = runner->reader(feed)) return runner->replay(*reader, std::move(keys), kPatience);
  }
  return Error{Code::not_found, "no source fills a feed '" + std::string(feed) + "'"};
}

}  // namespace meshgate::ingest
