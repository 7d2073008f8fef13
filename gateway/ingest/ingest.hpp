#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/ingest/retention.hpp"
#include "gateway/ingest/source_runner.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::ingest {

/// All sources of a node being read. Made after the store; its destructor stops and joins every source.
class Ingest {
 public:
  explicit Ingest(base::Log& log) : retention_(log) {}
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;
  static Result<std::unique_ptr<Ingest>> start(std::vector<SourceOptions> sources, store::Store& store, base::Log& log, base::Metrics& metrics);

  /// Tells every source to stop; does not wait for it. No call waits for a source any more.
  void stop();

  /// How a feed stands and which source it comes from; nothing for a feed that is not configured.
  struct Standing {
    std::string source;
    FeedStatus status;
  };
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;
  /// How the feed's items are shown; the default for a feed that is not configured.
  [[nodiscard]] mapping::Presentation presentation(std::string_view feed) const;
  /// Sources of which it is not known yet which streams their families stand for, and why.
  struct Unlisted {
    std::string source;
    std::string why;
  };
  [[nodiscard]] std::vector<Unlisted> unlisted() const;
  /// Lets the feed's next sweep through once; false for an unknown feed.
  bool release(std::string_view feed);
  /// Whether somebody with an item in this feed has this password: asks the feed's source as that person, on a connection of its own. `key` is the item's
  /// id, which must be the record's key. Error::auth: the source refuses them; any other says nothing of them. Blocks as long as the source's own
  /// timeouts let it; from any thread.
  Status verify(std::string_view feed, std::string_view key, std::string_view name, std::string_view password);
  /// Asks the feed's source for its quarantined records again (no keys: for all of them). One at a time. Blocks, for at most half a minute where the
  /// source does not come round to it.
  Result<std::vector<Replayed>> replay(std::string_view feed, std::vector<std::string> keys);

 private:
  std::mutex replaying_;
  Retention retention_;
  std::vector<std::unique_ptr<SourceRunner>> runners_;
};

}  // namespace meshgate::ingest
