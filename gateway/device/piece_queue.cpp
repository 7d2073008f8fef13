#include "gateway/device/piece_queue.hpp"

namespace meshgate::device {

using Lock = std::unique_lock<std::mutex>;

bool PieceQueue::push(std::unique_ptr<Piece> piece) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || unapplied_ == 0 || bytes_ + piece->memory <= most_; });
  if (stopped_) return false;
  ++unapplied_;
  bytes_ += piece->memory;
  waiting_.push_back(std::move(piece));
  changed_.notify_all();
  return true;
}

bool PieceQueue::settle() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || unapplied_ == 0; });
  return !stopped_;
}

void PieceQueue::finish() {
  const Lock lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void PieceQueue::stop() {
  const Lock lock(mutex_);
  stopped_ = finished_ = true;
  waiting_.clear();
  changed_.notify_all();
}

void PieceQueue::drain(const std::function<bool(Piece&)>& apply) {
  while (const std::unique_ptr<Piece> piece = next()) {
    if (!applied(*piece, apply(*piece))) return;
  }
}

std::unique_ptr<Piece> PieceQueue::next() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ || !waiting_.empty(); });
  if (waiting_.empty()) return nullptr;
  std::unique_ptr<Piece> out = std::move(waiting_.front());
  waiting_.pop_front();
  return out;
}

bool PieceQueue::applied(const Piece& piece, bool go_on) {
  const Lock lock(mutex_);
  --unapplied_;
  bytes_ -= piece.memory;
  stopped_ = !go_on;
  changed_.notify_all();
  return go_on;
}

}  // namespace meshgate::device
