#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "gateway/base/log.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::app {

/// Purges deletes older than `keep` from every feed, at the start and then once an hour, and calls `tidy` once a minute. The destructor wakes
/// and joins it.
class Housekeeping {
 public:
  Housekeeping(store::Store& store, std::chrono::milliseconds keep, std::function<void()> tidy, base::Log& log);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

 private:
  void run();
  void purge();

  store::Store& store_;
  const std::chrono::milliseconds keep_;
  const std::function<void()> tidy_;
  base::Log& log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::app
