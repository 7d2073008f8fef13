#pragma once

#include <functional>
#include <string_view>

#include "gateway/ingest/options.hpp"
#include "mesh/result.hpp"

namespace meshgate::base {
class Log;
}

namespace meshgate::ingest {

/// Makes, removes or shows in a source what a feed's stream needs there (a journal of changes); `say` gets text for people. Blocks.
Status set_up(const SourceOptions& source, const FeedOptions& feed, const Setup& wish, base::Log& log, const std::function<void(std::string_view)>& say);

}  // namespace meshgate::ingest
