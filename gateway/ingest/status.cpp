#include "gateway/ingest/status.hpp"

namespace meshgate::ingest {

const char* word(Phase phase) {
  switch (phase) {
    case Phase::starting: return "starting";
    case Phase::scanning: return "scanning";
    case Phase::idle: return "idle";
    case Phase::failing: return "failing";
    case Phase::refused: return "refused";
    case Phase::paused: return "paused";
    case Phase::stopped: return "stopped";
  }
  return "stopped";
}

}  // namespace meshgate::ingest
