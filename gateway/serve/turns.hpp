#pragma once

#include <cstdint>
#include <deque>

namespace meshgate::serve {

/// Whose turn it is among those who have something to read. In rounds: each gets one turn and one more per step of its priority, the highest
/// priority first. So nobody waits longer than a round, however much others have to read.
template <class Part>
class Turns {
 public:
  /// From the next round on. The part stays until next() or remove().
  void add(Part& part, std::uint32_t priority) { later_.push_back({&part, priority, priority}); }

  /// Takes the one whose turn it is; null: nobody. Who has still more to read is given back().
  Part* next() {
    if (now_.empty()) begin_round();
    if (now_.empty()) return nullptr;
    taken_ = now_.front();
    now_.pop_front();
    return taken_.part;
  }
  /// The one that next() took has more.
  void back() {
    if (taken_.more == 0) return later_.push_back({taken_.part, taken_.priority, taken_.priority});
    --taken_.more;
    now_.push_front(taken_);
  }
  [[nodiscard]] bool empty() const { return now_.empty() && later_.empty(); }

  void remove(const Part& part) {
    const auto same = [&](const Entry& one) { return one.part == &part; };
    std::erase_if(now_, same);
    std::erase_if(later_, same);
  }

 private:
  struct Entry {
    Part* part = nullptr;
    std::uint32_t priority = 0;
    std::uint32_t more = 0;  ///< turns in this round after the next one
  };

  void begin_round() {
    for (const Entry& one : later_) {
      auto at = now_.end();
      while (at != now_.begin() && (at - 1)->priority < one.priority) --at;
      now_.insert(at, one);
    }
    later_.clear();
  }

  std::deque<Entry> now_;
  std::deque<Entry> later_;
  Entry taken_;
};

}  // namespace meshgate::serve
