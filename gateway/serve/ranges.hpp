#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/serve/open_feeds.hpp"
#include "gateway/serve/range_cache.hpp"
#include "gateway/serve/serve.hpp"

namespace meshgate::serve {

/// A part of a partition as a list shows it.
struct ListedRange {
  Part part;
  Seq at{0};
  std::optional<RangeCache::Size> size;  ///< known once it was rendered
};

/// What to begin with instead of reading a partition from 0: parts that follow each other, as of heads that are not below the floor.
struct RangeList {
  Standing standing;
  std::vector<ListedRange> ranges;
};

/// What came of asking for a rendering.
struct Rendered {
  std::optional<KeptRange> kept;
  std::shared_ptr<const std::string> loose;  ///< plain lines that could not be kept
  std::shared_ptr<net::Bell> wait;           ///< somebody else is at it, or too many are: ask again when this has rung more than `rings` times
  std::uint64_t rings = 0;
  std::optional<Error> error;  ///< Code::not_found: that rendering is no more, the list has another
};

/// The parts of every partition that are offered for a first download, and their renderings: each made when it is first asked for, by one of all
/// who ask, as its partition was when it was listed. Thread safe.
///
/// A listed part that nobody has asked for holds a Pin of the store for a while, so that its name means one text for ever; then, or after a
/// restart, it is listed anew under another name.
class Ranges {
 public:
  Ranges(OpenFeeds& feeds, store::Store& store, RangeOptions options, base::Log& log, base::Metrics& metrics);

  /// Blocks.
  Result<RangeList> list(const OpenFeed& open, std::string_view partition);
  /// Looks for a rendering, or makes it. Blocks.
  Rendered get(const OpenFeed& open, std::string_view partition, const RangeName& name, net::Encoding encoding);
  /// Lets go of what has been listed for long, and of renderings of feeds and orders that are no more. Now and then; blocks.
  void tidy();
  /// A reader was answered with a rendering.
  void count_answer() { answers_.add(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Planned {
    Part part;
    Seq at{0};
    std::shared_ptr<const store::Pin> pin;  ///< while it is not rendered
    Clock::time_point listed{};
  };
  struct Plan {
    std::vector<Planned> parts;
    Seq good_until{0};  ///< at this head it is made anew
  };

  Status refresh(const OpenFeed& open, std::string_view partition, const std::string& order, const Standing& standing);
  Result<Plan> make(const OpenFeed& open, std::string_view partition, const std::string& order, const std::shared_ptr<const store::Pin>& pin,
                    const Plan& before);
  [[nodiscard]] std::optional<Planned> known(const std::string& order, const Part& part, const Plan& before, Seq least) const;
  /// What a listed part is to be rendered from; null when it is not listed under this name, or the partition is no longer what it was.
  std::shared_ptr<const store::Pin> promised(const OpenFeed& open, std::string_view partition, const RangeName& name);
  /// Under mutex_.
  Planned* listed(const RangeName& name);
  void fulfilled(const RangeName& name);
  /// Whether it is the caller's to make; else `out` says what there is instead, or whom to wait for.
  bool begin(const RangeName& name, Rendered& out);
  void end(const RangeName& name);
  Rendered make_kept(const OpenFeed& open, std::string_view partition, const RangeName& name, net::Encoding encoding);
  Status render(const OpenFeed& open, const RangeName& name, const store::Pin& pin);
  Rendered render_loose(const OpenFeed& open, const RangeName& name, const store::Pin& pin, const Error& why);
  Status encode(const RangeName& name, net::Encoding encoding);

  OpenFeeds& feeds_;
  store::Store& store_;
  const RangeOptions options_;
  base::Log& log_;
  base::Counter& renderings_;
  base::Counter& answers_;
  RangeCache cache_;

  std::mutex planning_;  ///< one plan is made at a time
  std::mutex mutex_;     ///< of what follows
  std::map<std::string, Plan> plans_;  ///< by order
  std::map<RangeName, std::shared_ptr<net::Bell>> under_way_;
  std::map<RangeName, std::weak_ptr<const std::string>> loose_;
  std::shared_ptr<net::Bell> room_ = std::make_shared<net::Bell>();
  bool told_ = false;  ///< that renderings cannot be kept
};

}  // namespace meshgate::serve
