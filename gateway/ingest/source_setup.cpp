#include "gateway/ingest/source_setup.hpp"

#include "gateway/ingest/connection.hpp"

namespace meshgate::ingest {

Status set_up(const SourceOptions& source, const FeedOptions& feed, const Setup& wish, base::Log& log, const std::function<void(std::string_view)>& say) {
  auto connection = Connection::open(*source.plugin, source.connection, log);
  if (!connection) return std::move(connection).error();
  auto done = (*connection)->setup(feed.stream, wish, say);
  if (!done && done.error().code == Code::config) return std::move(done).error().within(feed.place.text());
  return done;
}

}  // namespace meshgate::ingest
