#include "connectors/kafka/publication.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace meshgate::kafka {

namespace {

constexpr std::array kOptions = {
    sdk::option({.name = "topic", .help = "The topic that the feed is written to; it must be there, compacted, and nobody else's.", .required = true, .stream_name = true}),
    sdk::option({.name = "compression", .help = "How batches are packed: none, lz4, zstd, snappy or gzip.", .fallback = "none"}),
};

constexpr std::array<std::string_view, 5> kCompressions = {"none", "lz4", "zstd", "snappy", "gzip"};

}  // namespace

std::span<const mg_option> writer_options() { return kOptions; }

sdk::Status read_publication(const sdk::Settings& settings, Publication& out) {
  out.topic = settings.text("topic");
  if (out.topic.empty()) return sdk::failure(MG_CONFIG, "topic: is empty; name the topic that is to be written");
  out.compression = settings.text("compression", "none");
  if (std::ranges::find(kCompressions, out.compression) != kCompressions.end()) return {};
  return sdk::failure(MG_CONFIG, "compression: '" + out.compression + "' is not known; use none, lz4, zstd, snappy or gzip");
}

}  // namespace meshgate::kafka
