#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/federation/sync_cutter.hpp"

namespace meshgate::federation {

/// Pages on their way from the thread that receives to one that writes: while a page is checked and written the next come, and those of one partition
/// become one. So a first copy is written in large pages, and a single change at once. What waits is bounded.
class PageQueue {
 public:
  struct Page {
    Part part;
    std::string lines;
    Mark mark;
  };
  /// On a thread of the queue's own. False: no more is wanted.
  using Write = std::function<bool(const Page&)>;

  explicit PageQueue(Write write);
  /// What still waits is dropped.
  ~PageQueue();
  PageQueue(const PageQueue&) = delete;
  PageQueue& operator=(const PageQueue&) = delete;

  /// Blocks while too much is waiting. False: no more is wanted.
  bool put(Page page);
  /// Blocks until nothing is waiting or being written. False: no more is wanted.
  bool drain();

 private:
  void run();

  const Write write_;
  std::mutex mutex_;  ///< of all behind it but the thread
  std::condition_variable changed_;
  std::deque<Page> waiting_;
  std::map<Part, Page*> last_;  ///< of each partition that waits, while it may grow
  std::size_t bytes_ = 0;  ///< waiting
  bool writing_ = false;
  bool wanted_ = true;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace meshgate::federation
