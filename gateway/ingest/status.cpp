#include "gateway/ingest/status.hpp"

namespace meshgate::ingest {

const char* word(Phase phase) {
  switch (phase) {
    case Phase::starting: return "starting";
    case Phase::scanning: return "scanning";
    case Phase::idle: return "idle";
    case Phase::quiet: return "quiet";
    case Phase::failing: return "failing";
    case Phase::refused: return "refused";
    case Phase::paused: return "paused";
    case Phase::stopped: return "stopped";
  }
  return "stopped";
}

const char* word(Limit limit) {
  switch (limit) {
    case Limit::none: return "none";
    case Limit::rows: return "rows";
    case Limit::statements: return "statements";
    case Limit::connections: return "connections";
    case Limit::quiet: return "quiet";
  }
  return "none";
}

}  // namespace meshgate::ingest
