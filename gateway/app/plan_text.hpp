#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/ingest/plan.hpp"

namespace meshgate::app {

/// What is planned for one feed, or why that cannot be said.
struct PlannedFeed {
  std::string feed;
  std::string source;
  Result<ingest::FeedPlan> plan;
};

/// For people: what would happen, in counts and samples, and field by field what would change.
std::string plan_text(const PlannedFeed& planned);

/// For programs: all plans as one JSON text. `left_over`: feeds that the store has and the configuration does not.
std::string plan_json(const std::vector<PlannedFeed>& planned, const std::vector<std::string>& left_over);

}  // namespace meshgate::app
