#include "gateway/ingest/guard.hpp"

namespace meshgate::ingest {

std::optional<std::string> hold(const Sweep& sweep, bool released) {
  if (released || sweep.items == 0 || sweep.seen > 0) return std::nullopt;
  return "the scan found no record where the feed has " + std::to_string(sweep.items) +
         " items; they are kept. If the source is meant to be empty, run `meshgate release FEED`";
}

}  // namespace meshgate::ingest
