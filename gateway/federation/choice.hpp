#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "mesh/ids.hpp"
#include "mesh/time.hpp"

namespace meshgate::federation {

/// How far a peer says that it has a feed: the last seq it knows, and until when the origin had read its source. Both are the origin's, so that what two
/// peers say can be compared whatever their clocks are.
struct Told {
  Epoch epoch;
  Seq seq{0};
  Micros as_of{0};
};

/// How far one is behind another. Of two epochs only the age can be compared.
struct Behind {
  std::uint64_t items = 0;
  std::chrono::microseconds age{0};
  [[nodiscard]] bool any() const { return items > 0 || age.count() > 0; }
};
Behind behind(const Told& one, const Told& other);

/// From which of its peers a feed is followed: the first in the list that gives it and does not lag. A peer lags when it says, `limit` after another had
/// something, that it still has not got it. It is taken again when it has kept up for a while, which is longer each time that it is left soon after; so
/// one that comes and goes is changed to ever more rarely. Logic apart from waiting: time is an argument. Not thread safe.
class Choice {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  Choice(std::size_t peers, Duration limit) : limit_(limit), peers_(peers) {}

  void gives(std::size_t peer, Time at);
  void fails(std::size_t peer, Time at);
  /// What the peer has at this moment, by its own words. Only this shows that it lags: what comes of it may be late for other reasons.
  void tells(std::size_t peer, const Told& told, Time at);
  /// What the peer has at least, since it gave it; `all`: and nothing more. Of another epoch than it said before only all counts: a first copy is still
  /// on its way otherwise.
  void gave(std::size_t peer, const Told& told, bool all, Time at);

  /// Where none gives it the choice stays, so that what is shown of it does not jump about.
  [[nodiscard]] std::size_t chosen() const { return chosen_; }
  [[nodiscard]] bool given(std::size_t peer) const { return peers_[peer].given; }
  [[nodiscard]] bool any_given() const;
  [[nodiscard]] bool lags(std::size_t peer) const { return peers_[peer].lags; }
  /// It ought to have something by now, and has not said whether it has: it is to be asked.
  [[nodiscard]] bool doubtful(std::size_t peer, Time at) const;
  [[nodiscard]] const std::optional<Told>& told(std::size_t peer) const { return peers_[peer].told; }
  /// Behind whom of those that give it the peer is, the furthest.
  [[nodiscard]] Behind behind_others(std::size_t peer) const;

 private:
  /// What another peer had, and since when it is known.
  struct Due {
    Told what;
    std::size_t whose = 0;
    Time since{};
  };
  /// Changes are due sooner than freshness, which comes late where nothing is new.
  enum Kind : std::size_t { kChanges, kFreshness, kKinds };
  static bool lacks(Kind kind, const Told& told, const Told& what);
  struct Own {
    bool given = true;
    bool lags = false;
    bool away = false;             ///< it was left, or passed over, and has not been taken again
    std::optional<Told> told;
    std::array<std::optional<Due>, kKinds> due;  ///< what it did not have when it was compared
    std::optional<Time> well;      ///< while it is away: since when it gives and keeps up
    std::optional<Time> taken;     ///< again, after it was away
    Duration stay{0};              ///< so long it must be well to be taken again
  };
  void compare(std::size_t peer, Time at);
  [[nodiscard]] bool keeps_up(std::size_t peer, const Told& told) const;
  void compare_all(std::size_t peer, Time at);
  void leave(Own& one, Duration least, Time at);
  void choose(Time at);
  /// Takes again who was away for long enough.
  static bool fit(Own& one, Time at);
  [[nodiscard]] bool overdue(const Own& one, Time at) const;

  Duration limit_;
  std::vector<Own> peers_;
  std::size_t chosen_ = 0;
};

}  // namespace meshgate::federation
