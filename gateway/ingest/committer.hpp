#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "gateway/store/feed.hpp"

namespace meshgate::ingest {

/// Commits a feed's batches in the order they are handed over, on a thread of its own, while the next ones are read. At most two wait or
/// are under way. What the feed keeps back of a first scan (Feed::gather) is stored at the latest when nothing has come for a second. After a failure nothing that was handed over later is committed, so that no Position passes what is not stored. The
/// thread lives from the first hand_over() to finish().
class Committer {
 public:
  explicit Committer(store::Feed& feed) : feed_(feed) {}
  ~Committer() { static_cast<void>(finish()); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Takes what is in the batch and leaves it empty. Until finish() only the commits touch `seen`. Blocks while two are there already. Gives
  /// the sum of the outcomes since it was last asked, or the first failure.
  Result<store::Outcome> hand_over(store::Batch& batch, store::Seen* seen);
  /// The same once all is committed; afterwards a failure is forgotten. Blocks.
  Result<store::Outcome> finish();

 private:
  struct Job {
    store::Batch batch;
    store::Seen* seen = nullptr;
  };
  bool start();
  void run();
  void note(const Result<store::Outcome>& outcome);
  Result<store::Outcome> so_far();

  store::Feed& feed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;             ///< the first one is under way
  std::vector<store::Batch> spare_;  ///< empty ones, for their memory
  bool ending_ = false;
  std::optional<Error> failed_;
  store::Outcome sum_;
  std::thread thread_;
};

}  // namespace meshgate::ingest
