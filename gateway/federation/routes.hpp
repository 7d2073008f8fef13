#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/federation/options.hpp"
#include "mesh/time.hpp"

namespace meshgate::federation {

/// How following a feed goes.
struct Standing {
  enum class State : std::uint8_t { connecting, following, failing, origin };
  State state = State::connecting;
  std::string peer;   ///< from which it is followed, or was last
  std::string error;  ///< why it is not, from any of its peers
  Micros since{0};
};

/// From which peer each feed is followed: of those that give it, the one that stands first in its list. Thread safe.
class Routes {
 public:
  explicit Routes(const Options& options);

  /// The feeds that a peer could give, and those of them that are to be followed from it now.
  [[nodiscard]] std::vector<std::size_t> candidates(std::size_t peer) const;
  [[nodiscard]] std::vector<std::size_t> chosen(std::size_t peer) const;

  /// The peer gives this feed, or does not, and why. Tells whoever waits when that changes a choice.
  void gives(std::size_t peer, std::size_t feed);
  void fails(std::size_t peer, std::size_t feed, std::string why);
  /// The peer gives the feed without some of its partitions, which is said of it as long as it is followed from there; empty: gives all again. True: this is
  /// news.
  bool lacks(std::size_t peer, std::size_t feed, std::string why);
  /// Lines of it have come from the peer.
  void follows(std::size_t peer, std::size_t feed);

  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;

  /// Moves with every change of a choice.
  [[nodiscard]] std::uint64_t version() const;
  /// Until a choice has changed since `version`, `time` has passed, or stop().
  void wait(std::uint64_t version, std::chrono::milliseconds time);
  void stop();
  [[nodiscard]] bool stopped() const;
  /// `told` is called on whatever thread changed a choice, and must not block.
  void on_change(std::function<void()> told) { told_ = std::move(told); }

 private:
  struct Feed {
    const FollowedFeed* options;
    std::vector<bool> given;  ///< by the place in the list of its peers
    std::size_t chosen = 0;   ///< the same
    std::vector<std::string> lacking = std::vector<std::string>(given.size());  ///< the same: see lacks()
    Standing standing = {};
  };
  void choose(Feed& feed, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] static std::optional<std::size_t> rank(const Feed& feed, std::size_t peer);

  const Options& options_;
  std::function<void()> told_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Feed> feeds_;
  std::uint64_t version_ = 0;
  bool stopped_ = false;
};

}  // namespace meshgate::federation
