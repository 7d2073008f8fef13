#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "gateway/device/piece.hpp"

namespace meshgate::device {

/// Pieces on their way, in order, from the thread that reads them to the one that writes them. Bounded: what is pushed and not yet
/// applied holds at most `most` bytes, or is one piece.
class PieceQueue {
 public:
  explicit PieceQueue(std::size_t most = 8U << 20U) : most_(most) {}

  /// Blocks while it is full. False: the writer has stopped and takes no more.
  bool push(std::unique_ptr<Piece> piece);
  /// Blocks until everything pushed is applied. False: the writer has stopped.
  bool settle();
  /// Nothing more comes.
  void finish();
  /// What has not been applied is dropped, and nothing more is taken.
  void stop();

  /// The writer's part. Blocks: calls `apply` for each piece until it returns false, or until everything is applied after finish().
  void drain(const std::function<bool(Piece&)>& apply);

 private:
  std::unique_ptr<Piece> next();
  bool applied(const Piece& piece, bool go_on);

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Piece>> waiting_;
  std::size_t unapplied_ = 0;  ///< pieces
  std::size_t bytes_ = 0;      ///< of those
  bool finished_ = false;
  bool stopped_ = false;
};

}  // namespace meshgate::device
