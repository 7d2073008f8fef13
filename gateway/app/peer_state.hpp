#pragma once

#include "gateway/federation/federation.hpp"
#include "gateway/serve/serve.hpp"

namespace meshgate::app {

/// How following a feed goes, in the words of the API.
serve::SourceState state_of(const federation::Standing& standing);

}  // namespace meshgate::app
