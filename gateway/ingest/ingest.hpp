#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/ingest/source_runner.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::ingest {

/// All sources of a node being read. Made after the store; its destructor cancels and joins every source.
class Ingest {
 public:
  static Result<std::unique_ptr<Ingest>> start(std::vector<SourceOptions> sources, store::Store& store, base::Log& log, base::Metrics& metrics);

  /// How a feed stands and which source it comes from; nothing for a feed that is not configured.
  struct Standing {
    std::string source;
    FeedStatus status;
  };
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;
  /// Lets the feed's next sweep through once; false for an unknown feed.
  bool release(std::string_view feed);

 private:
  std::vector<std::unique_ptr<SourceRunner>> runners_;
};

}  // namespace meshgate::ingest
