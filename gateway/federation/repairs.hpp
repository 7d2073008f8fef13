#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/federation/mender.hpp"
#include "gateway/federation/sync_cutter.hpp"

namespace meshgate::federation {

/// Repairs of copies over connections that the other node has opened: it brings an answer and is given the next question. Few at once; one of which nothing is
/// heard for a minute is dropped. Thread safe.
class Repairs {
 public:
  struct Step {
    std::optional<ReconcileQuestion> question;  ///< what to answer next
    std::optional<Mended> mended;               ///< else: it is done
  };
  /// An empty answer begins anew. Errors are Mender's; Code::retry also when no such repair is under way, or too many are. Blocks.
  Result<Step> take(const std::shared_ptr<store::Feed>& feed, const Part& part, std::string_view answer, const std::string& aside);

 private:
  using Clock = std::chrono::steady_clock;
  struct UnderWay {
    std::unique_ptr<Mender> mender;
    Clock::time_point last{};
  };
  Result<std::unique_ptr<Mender>> resume(const std::shared_ptr<store::Feed>& feed, const Part& part, bool anew);

  std::mutex mutex_;
  std::map<Part, UnderWay> under_way_;  ///< but for those whose answer is being taken
};

}  // namespace meshgate::federation
