#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/federation/choice.hpp"
#include "gateway/federation/options.hpp"
#include "mesh/offered_feed.hpp"
#include "mesh/time.hpp"

namespace meshgate::federation {

/// How following a feed goes.
struct Standing {
  enum class State : std::uint8_t { connecting, following, failing, origin };
  State state = State::connecting;
  std::string peer;   ///< from which it is followed, or was last
  std::string error;  ///< why it is not, from any of its peers
  Micros since{0};
  Micros last{0};  ///< when a peer that brings it came last; 0: none does
};

/// A feed at a peer, as this node knows it.
struct FeedThere {
  enum class State : std::uint8_t { followed, ready, lagging, failing };
  std::string feed;
  State state = State::ready;
  std::string error;          ///< why it is not followed from there
  std::optional<Told> told;   ///< how far it is there; nothing: not known
  Behind behind;              ///< the others that give it
  Micros told_at{0};
  std::string from;           ///< what the peer says that it has it from
  std::string from_state;     ///< and how that goes
};

/// From which peer each feed is followed: see Choice. Thread safe.
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
  /// What the peer says of it at this moment.
  void tells(std::size_t peer, std::size_t feed, const OfferedFeed& offered);
  /// Lines of it have come from the peer.
  void follows(std::size_t peer, std::size_t feed);
  /// Up to here.
  void gave(std::size_t peer, std::size_t feed, const Told& told, bool all);
  /// Whether a feed is followed from this peer that ought to have more by now: the peer is to be asked.
  [[nodiscard]] bool doubts(std::size_t peer) const;

  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;
  /// Of all feeds that the peer could give.
  [[nodiscard]] std::vector<FeedThere> there(std::size_t peer) const;

  /// Moves with every change of a choice.
  [[nodiscard]] std::uint64_t version() const;
  /// Until a choice has changed since `version`, `time` has passed, or stop().
  void wait(std::uint64_t version, std::chrono::milliseconds time);
  void stop();
  [[nodiscard]] bool stopped() const;
  /// `told` is called on whatever thread changed a choice or came to doubt one, and must not block. It is given a sentence where a feed is followed from
  /// another peer than before.
  void on_change(std::function<void(const std::string& moved)> told) { told_ = std::move(told); }

 private:
  /// What is known of a feed at one of its peers.
  struct Known {
    std::string error;
    Micros told_at{0};
    std::string from;
    std::string from_state;
  };
  struct Feed {
    const FollowedFeed* options;
    Choice choice;             ///< by the place in the list of its peers, as the next two
    std::vector<Known> known;
    std::vector<std::string> lacking;  ///< see lacks()
    Standing standing;
  };
  /// Tells what has changed since `before` was chosen; `anew`: the one that is chosen has begun or ceased to give the feed.
  void tell(Feed& feed, std::size_t before, bool anew, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::string moved(const Feed& feed, std::size_t before) const;
  [[nodiscard]] static std::optional<std::size_t> rank(const Feed& feed, std::size_t peer);
  [[nodiscard]] const std::string& name(const Feed& feed, std::size_t place) const { return options_.peers[feed.options->peers[place]].name; }

  const Options& options_;
  std::function<void(const std::string&)> told_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Feed> feeds_;
  std::uint64_t version_ = 0;
  bool stopped_ = false;
};

}  // namespace meshgate::federation
