#pragma once

#include <optional>
#include <span>

#include "config/keys.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::ingest {

/// The keys under `feeds.<name>.keep`.
std::span<const config::Key> keep_keys();
/// Nothing where all is kept.
std::optional<store::Keep> read_keep(const config::Node& keep, config::Secrets& secrets, config::Diagnostics& out);

/// Whether each record of a stream with these settings is an event: it comes once, and the source neither changes nor deletes it. A connector says so by an
/// option `shape` with the value `events`.
bool of_events(const Settings& stream);

}  // namespace meshgate::ingest
