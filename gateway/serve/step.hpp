#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "gateway/net/broadcast.hpp"
#include "gateway/serve/chunk.hpp"

namespace meshgate::serve {

/// What takes every reader who stands at one place of a partition on to the next: the answer of one read, kept to be sent to all of them.
/// It stays right when it is old: what it holds is only ever superseded by what comes later. Immutable.
class Step {
 public:
  /// `chunk` was read from this place of plain lines, by read_page().
  Step(const Place& from, Chunk chunk);

  /// Whether it is what a reader there would have read.
  [[nodiscard]] bool starts_at(const Place& place) const { return place.at == from_ && place.schema == from_schema_; }
  /// Moves a reader that was sent all of it.
  void move(Place& place) const;

  [[nodiscard]] const net::Broadcast& lines() const { return lines_; }
  /// The same as Server-Sent Events, made when the first reader of events comes.
  [[nodiscard]] const net::Broadcast& events() const;
  /// The mark alone: no entry, and the reader stays where it is.
  [[nodiscard]] bool still() const { return entries_ == 0 && to_ == from_; }
  [[nodiscard]] bool end() const { return end_; }
  [[nodiscard]] bool caught_up() const { return caught_up_; }
  [[nodiscard]] const std::optional<Standing>& standing() const { return standing_; }
  [[nodiscard]] std::size_t bytes() const { return lines_.plain().bytes().size(); }

 private:
  Cursor from_;
  Cursor to_;
  std::uint32_t from_schema_;
  std::uint32_t to_schema_;
  std::uint64_t entries_;
  bool end_;
  bool caught_up_;
  std::optional<Standing> standing_;  ///< of the partition, before anything was read
  net::Broadcast lines_;
  mutable std::once_flag eventful_;
  mutable std::unique_ptr<net::Broadcast> events_;
};

/// The recent steps of one partition, and the bell that tells its live readers of new ones. Thread safe. It lives as long as a reader holds
/// it; a reader that is further behind than what is kept reads the store.
class Steps {
 public:
  /// Begins where its first reader stands, who read the partition to its end at this standing.
  Steps(Place place, std::optional<Standing> standing);

  /// The kept step from there, or null.
  [[nodiscard]] std::shared_ptr<const Step> next(const Place& place) const;
  /// A mark read from there at this time or later, at the partition's standing of now, or null.
  [[nodiscard]] std::shared_ptr<const Step> mark(const Place& place, std::chrono::steady_clock::time_point since) const;
  /// A reader has read to the end by itself: steps begin there again if they had been given up.
  void offer(const Place& place, const std::optional<Standing>& standing);

  /// Whether a reader at a place that has moved should go on: there is a step for it, or none will come, as the steps have passed the place or
  /// were given up. Otherwise the bell will ring.
  [[nodiscard]] bool ready(const Place& place) const;
  /// A commit has come that advance() is still to read.
  [[nodiscard]] bool pending() const;
  /// Reads what was committed since, and rings. Blocks.
  void advance();
  /// Nobody will read what was committed: rings, so that readers do it themselves.
  void give_up();

  /// One reads a fresh mark for all: whoever gets true must read_mark() and then release(), and `marked` rings.
  [[nodiscard]] bool claim();
  /// Blocks.
  void read_mark(const Place& place);
  void release();

  net::Bell bell;    ///< what was committed can be read
  net::Bell marked;  ///< a fresh mark was read, or nobody reads one any more

 private:
  void keep(std::shared_ptr<const Step> step);
  void keep_mark(std::shared_ptr<const Step> step);

  std::mutex advancing_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const Step>> kept_;
  std::size_t bytes_ = 0;                     ///< of lines kept
  std::optional<Place> end_;                  ///< where the next step begins; nothing: given up until a reader offers its place
  std::optional<Standing> standing_;          ///< of the partition, when that was read
  std::shared_ptr<const Step> mark_;
  std::chrono::steady_clock::time_point marked_at_;
  bool claimed_ = false;
};

}  // namespace meshgate::serve
