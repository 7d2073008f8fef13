#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/backoff.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/federation/line.hpp"
#include "gateway/federation/link.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/federation/sync_cutter.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::federation {

class Bindings;

/// Brings feeds of this node to a peer that cannot reach it. A thread of its own reads pages as any reader would, from the cursor that the peer has, and
/// sends them; there is nothing else to keep.
class Push {
 public:
  Push(const Peer& peer, Bindings& bindings, store::Store& store, base::Log& log, base::Metrics& metrics);
  ~Push();
  Push(const Push&) = delete;
  Push& operator=(const Push&) = delete;

  /// Ends within a second; does not wait for it. Any thread.
  void stop();
  [[nodiscard]] LinkState link() const { return link_.state(); }
  /// How far the peer has a feed that is brought there, and why not further.
  struct Reached {
    std::string feed;
    Epoch epoch;
    Seq seq{0};
    std::string error;
  };
  [[nodiscard]] std::vector<Reached> reached() const;
  [[nodiscard]] const std::string& peer() const { return peer_.name; }

 private:
  using Clock = std::chrono::steady_clock;
  /// How far the peer has a partition.
  struct Progress {
    Cursor at;
    bool caught_up = false;  ///< it was told so
    Clock::time_point told{};
    int repairs = 0;  ///< that were tried since it was caught up
  };
  struct Brought {
    std::shared_ptr<store::Feed> feed;
    std::shared_ptr<void> subscription;
    bool offered = false;
    std::uint32_t schema = 0;
    std::string complaint;  ///< the last one that was logged, until all is well
    std::map<std::string, Progress> parts;
  };

  void run();
  /// False: there was nothing to bring.
  Result<bool> bring(const std::string& name, Brought& brought);
  Status offer(const std::string& name, Brought& brought, const store::FeedState& state);
  Result<bool> bring_part(Brought& brought, const Part& part);
  /// A few, of which one is on its way while the next is read.
  Result<bool> bring_pages(Brought& brought, const Part& part);
  static bool is_news(const store::Page& page, const Progress& sent);
  /// What follows on `sent`, which is what the peer has and what is on its way there; nothing: there is nothing to say. An answer that is no page: it is brought from 0.
  Result<std::optional<store::Page>> next_page(const store::Feed& feed, const Part& part, const Progress& sent);
  Status send_page(const Part& part, const Cursor& after, const store::Page& page);
  /// To the page of that mark, the first that has none yet. `there` is then where the peer says.
  Status take_answer(Progress& there, const Mark& mark);
  Result<net::HttpClient::Answer> answer();
  /// What would be brought from 0 is compared where it can be, so that only what differs travels. An error: the peer cannot be asked.
  Status compare(const store::Feed& feed, const Part& part, Progress& there);
  Result<Cursor> answer_questions(const store::Feed& feed, const Part& part);
  /// Packed, where the peer takes that.
  Result<net::HttpClient::Answer> post(const Part& part, std::string_view what, std::string query, const std::string& body);
  void ring();
  void note(const std::string& name, const Brought& brought, std::string error);
  /// Once, until something else is wrong with the feed or all is well.
  void complain(Brought& brought, const Error& why);
  void all_is_well();
  [[nodiscard]] bool stopped();

  const Peer& peer_;
  Bindings& bindings_;
  store::Store& store_;
  base::Log& log_;
  base::Counter& pages_;
  base::Gauge& working_;
  std::unique_ptr<net::HttpClient> client_;
  Line line_;
  bool packed_ = false;  ///< the peer said that it takes zstd
  bool lined_ = false;   ///< and pages over a line
  net::HttpClient::Answer posted_;  ///< to the last page that went by itself
  bool durable_ = true;  ///< the last page was when it was answered; what a peer keeps back it may lose again
  base::Backoff backoff_;
  std::map<std::string, Brought> feeds_;

  Link link_;
  mutable std::mutex mutex_;  ///< of the three behind it
  std::map<std::string, Reached> reached_;
  std::uint64_t rings_ = 0;
  bool stopped_ = false;
  std::condition_variable rang_;
  std::thread thread_;
};

}  // namespace meshgate::federation
