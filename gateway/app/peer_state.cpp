#include "gateway/app/peer_state.hpp"

namespace meshgate::app {

serve::SourceState state_of(const federation::Standing& standing) {
  serve::SourceState out;
  out.source = standing.peer;
  out.state = federation::word(standing.state);
  out.since = standing.since;
  out.error = standing.error;
  out.failing = standing.state == federation::Standing::State::failing;
  return out;
}

}  // namespace meshgate::app
