#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "mesh/time.hpp"

namespace meshgate::ingest {

/// What the reading of one feed is doing; words are part of the HTTP and metrics contract.
enum class Phase : std::uint8_t {
  starting,  ///< not yet connected
  scanning,  ///< within a scan
  idle,      ///< all read; waiting for the interval
  quiet,     ///< a scan waits for the end of the quiet hours, and nothing else can be read
  failing,   ///< a passing fault: tried again by itself
  refused,   ///< a person must act; still tried now and then
  paused,    ///< the node's disk is full
  stopped,   ///< the store takes no writes until a restart
};
const char* word(Phase phase);
/// Nothing can be read.
constexpr bool is_fault(Phase phase) { return phase >= Phase::failing; }

/// What keeps the reading of a feed back, as configured; words are part of the metrics contract.
enum class Limit : std::uint8_t {
  none,
  rows,         ///< so many a second
  statements,   ///< so many at a time
  connections,  ///< so many feeds at a time
  quiet,        ///< no scans at present
};
const char* word(Limit limit);

/// How one feed stands, for the API, metrics and the log.
struct FeedStatus {
  Phase phase = Phase::starting;
  Micros since{0};      ///< of the phase
  std::string message;  ///< the fault, redacted; empty when there is none
  std::string note;     ///< how the source is read, in the connector's words, redacted
  std::uint64_t rows = 0;   ///< read in the running or last scan
  std::uint64_t total = 0;  ///< expected in it; 0: not known
  double rows_per_second = 0;
  Micros as_of{0};
  Limit limit = Limit::none;
  std::string limit_sentence;  ///< which, and until when
};

/// A status that one thread writes and others copy.
class StatusBoard {
 public:
  [[nodiscard]] FeedStatus get() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  template <class Change>
  void update(Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }

 private:
  mutable std::mutex mutex_;
  FeedStatus status_;
};

}  // namespace meshgate::ingest
