#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "gateway/base/backoff.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/publish/options.hpp"
#include "gateway/publish/writer.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::publish {

/// What the publishing of one feed is doing; words are part of the HTTP and metrics contract.
enum class Phase : std::uint8_t {
  starting,    ///< not yet connected
  loading,     ///< the feed is not whole yet: nothing is published until it is
  comparing,   ///< it is not known how far the target has come: what differs is looked for
  publishing,  ///< what is new is written as it comes
  failing,     ///< a passing fault: tried again by itself
  refused,     ///< a person must act; still tried now and then
  overtaken,   ///< another gateway has taken over: this one writes nothing any more until it is started anew
};
const char* word(Phase phase);

/// How it stands, for the API, metrics and the log.
struct Standing {
  std::string source;
  std::string target;
  Phase phase = Phase::starting;
  Micros since{0};      ///< of the phase
  std::string message;  ///< the fault, redacted; empty when there is none
  std::uint64_t lag = 0;   ///< seqs that the target is behind the feed
  double lag_seconds = 0;  ///< for how long it has been behind
};

/// Writes one feed to one target on a thread of its own, which nothing waits for: the feed's entries in their order, a page of them at a time, each page
/// whole or not at all. How far it has come the target itself tells.
class Publisher {
 public:
  Publisher(const Publication& publication, store::Store& store, base::Log& log, base::Metrics& metrics);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// Ends within 2 s; does not wait for it. From any thread.
  void stop();
  [[nodiscard]] const std::string& feed() const { return publication_.feed; }
  /// From any thread.
  [[nodiscard]] Standing standing() const;

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  /// False: there is nothing to do at present.
  Result<bool> step();
  Result<bool> take_feed();
  Status connect(const store::FeedState& state);
  Status compare();
  Result<bool> write_page();
  void fail(Error error);
  void show(Phase phase, std::string message = {});
  void show_through();
  void close();
  void ring();
  [[nodiscard]] bool stopped() const;

  const Publication publication_;
  const std::string room_;  ///< for the log: "publish orders"
  store::Store& store_;
  base::Log& log_;
  base::Counter& records_;
  base::Backoff backoff_;
  std::shared_ptr<void> subscription_;
  Seq through_{0};  ///< of the open writer
  std::chrono::milliseconds wait_{0};  ///< after a fault; 0: there is none

  mutable std::mutex mutex_;  ///< of all behind it
  std::condition_variable rang_;
  std::uint64_t rings_ = 0;
  bool stopped_ = false;
  std::shared_ptr<store::Feed> feed_;
  std::unique_ptr<Writer> writer_;  ///< only its thread uses it, but for cancel()
  Standing standing_;
  Seq shown_through_{0};
  std::optional<Clock::time_point> behind_since_;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::publish
