#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/base/log.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::ingest {

/// Lets feeds of events go of what their `keep` leaves no room for, every few seconds, on a thread of its own, which begins with the first such feed: also
/// while their source cannot be read. The destructor stops and joins it.
class Retention {
 public:
  explicit Retention(base::Log& log) : log_(log) {}
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  /// From any thread.
  void add(const std::string& name, std::shared_ptr<store::Feed> feed, const store::Keep& keep);

 private:
  struct Kept {
    std::string name;
    std::shared_ptr<store::Feed> feed;
    store::Keep keep;
    std::string trouble;  ///< why the last round failed
  };

  void run();
  /// False: nothing is left to go.
  bool look_at(Kept& kept);

  base::Log& log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Kept> feeds_;  ///< only grows; what is in it stays where it is, and only the thread touches it
  bool stop_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::ingest
