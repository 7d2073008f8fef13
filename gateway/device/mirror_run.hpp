#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/backoff.hpp"
#include "gateway/device/follower.hpp"
#include "gateway/device/mirror.hpp"
#include "gateway/device/mirror_file.hpp"
#include "gateway/device/node.hpp"
#include "gateway/device/page_taker.hpp"

namespace meshgate::device {

/// One run of a mirror: the calling thread finds feeds and partitions and commits what has waited; workers take the partition that
/// has been due longest and read it, as an endless stream while there are no more partitions than workers, else page by page.
class MirrorRun {
 public:
  MirrorRun(MirrorOptions options, MirrorListener listener, std::unique_ptr<MirrorFile> file);
  ~MirrorRun();

  /// See Mirror.
  Status take(const MirrorPage& page) { return taker_.take(page); }
  Result<MirrorSummary> run();
  void cancel();

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  /// A partition in this run. Guarded by mutex_, except `place`, whose own state is the file's.
  struct Task {
    Place* place = nullptr;
    Clock::time_point due{};
    bool busy = false;
    bool done = false;  ///< with `once`: caught up and verified
    bool denied = false;  ///< not this reader's any more, until the node offers it again
    bool verified = false;
    std::uint64_t lines = 0;
    std::uint64_t count = 0;
    std::string error;
    base::Backoff backoff;
  };

  Status discover();
  Status discover_patiently();
  /// `missing`: why a feed of which the file holds something is not among them. `rights`: by which the node offers them.
  Result<std::vector<OfferedFeed>> offered(std::optional<Error>& missing, std::string& rights);
  /// Drops what the node says is not this reader's any more, of what is held and not offered.
  Status drop_lost(const std::vector<OfferedFeed>& feeds);
  Status drop_if_lost(Place& place);
  Status take_feed(const OfferedFeed& feed);
  Status check_stored(MirroredFeed& feed);
  [[nodiscard]] bool wanted(const OfferedFeed& feed, const std::string& partition) const;
  /// Whether the node will show more of what is wanted by itself.
  [[nodiscard]] bool lacks(const OfferedFeed& feed) const;
  void watch();
  void look_for_more();

  void work(net::HttpClient& client);
  Task* next_due(Lock& lock);
  void read(net::HttpClient& client, Task& task);
  bool on_applied(Task& task, const Applied& applied);
  void settle(Task& task, const Outcome& outcome);
  void settle_failure(Task& task, const Outcome& outcome);
  void settle_denied(Task& task, const Outcome& outcome);
  void put_off(Task& task, std::chrono::milliseconds wait);
  [[nodiscard]] bool streaming() const { return tasks_.size() <= clients_.size(); }
  [[nodiscard]] bool all_done() const;
  /// With `once`: everything is caught up, no partition has appeared meanwhile, and none is about to.
  bool nothing_more();
  void give_up(Error error);
  bool wait_for(std::chrono::milliseconds time);

  void report(const Task& task, MirrorProgress::Stage stage);
  void say(base::Level level, const std::string& sentence);
  /// Of a failure that is tried again; one that is as the last was is for the debug level alone.
  void say_once(std::string& said, const std::string& failure);
  MirrorSummary summary();

  const MirrorOptions options_;
  const MirrorListener listener_;
  std::unique_ptr<MirrorFile> file_;
  PageTaker taker_;
  const Clock::time_point started_ = Clock::now();

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool cancelled_ = false;
  std::optional<Error> fatal_;
  std::list<Task> tasks_;
  std::string rights_;  ///< by which the calling thread looked for more; empty: the node does not say
  std::atomic<bool> other_rights_{false};  ///< a right was lost or given, since then
  Clock::time_point last_progress_ = Clock::now();
  bool more_to_come_ = false;   ///< at the last look; the calling thread's
  std::string not_found_more_;  ///< why the last look for more failed; the calling thread's
  std::string not_offered_;     ///< which feed was missing then; the same
  std::mutex telling_;  ///< the listener is called by one thread at a time
  net::HttpClient asker_;
  std::list<net::HttpClient> clients_;
  std::list<net::HttpClient> helpers_;  ///< read ranges, of one partition at a time
  std::mutex helping_;
  std::vector<std::thread> workers_;
};

}  // namespace meshgate::device
