#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/publish/options.hpp"

namespace meshgate::publish {

/// A target in memory behind the connector's border: what no broker can be made to do on demand is set here by the test.
struct RememberedTarget {
  struct Record {
    std::string id;
    std::string rev;
    std::string content;
    std::vector<std::string> partitions;
    std::uint64_t seq = 0;
    std::uint64_t through = 0;
    bool gone = false;
    bool foreign = false;
  };
  std::mutex mutex;  ///< of all below
  std::vector<Record> records;
  bool known = true;            ///< what resume() says
  std::uint64_t through = 0;
  std::vector<std::size_t> batches;  ///< sizes of those written
  int folds = 0;
  int resumes = 0;
  std::vector<std::pair<std::int32_t, std::string>> failures;  ///< of the next writes
  bool lost_answer = false;  ///< a write that fails was made all the same
};

/// A publication of a feed there. The target outlives it.
Publication publication_to(RememberedTarget& target, const std::string& feed);

}  // namespace meshgate::publish
