#pragma once

#include <functional>
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
#include "gateway/federation/link.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/federation/routes.hpp"
#include "gateway/federation/sync_cutter.hpp"
#include "gateway/federation/sync_question.hpp"
#include "gateway/store/store.hpp"
#include "mesh/offered_feed.hpp"

namespace meshgate::federation {

class Bindings;
struct StatedClaim;

/// Follows, from one peer and over one connection, all feeds whose route leads there: a thread of its own asks and receives, a second one writes each answer.
class Pull {
 public:
  /// What becomes of a partition of which a peer says that this node may not read it any more; none: it stays, and is asked for elsewhere. No `partition`: the peer
  /// shows nothing of the feed, which may mean the same of all of it. Called on the thread that follows the peer; may block.
  using Denied = std::function<void(const std::string& feed, const std::optional<std::string>& partition)>;
  /// Whether a partition that a peer shows is taken from there; none: all are. On the same thread.
  using Admits = std::function<bool(const OfferedFeed& offered, const std::string& partition)>;
  /// A page that was written, where it is wanted elsewhere too: the changes of a partition behind `after`, and the mark behind them. On the thread that writes; may block.
  using Taken = std::function<void(store::Feed& feed, const std::string& partition, const Cursor& after, const std::string& lines, const Mark& mark)>;
  struct House {
    const Options& options;
    Routes& routes;
    Bindings& bindings;
    store::Store& store;
    base::Log& log;
    base::Metrics& metrics;
    Denied denied{};
    Admits admits{};
    Taken taken{};
  };
  Pull(House house, std::size_t peer);
  ~Pull();
  Pull(const Pull&) = delete;
  Pull& operator=(const Pull&) = delete;

  /// Looks again at what is to be followed from here; ends what runs where that has changed. Any thread; does not block.
  void look_again();
  /// After Routes::stop() and a last look_again(). Blocks.
  void join();
  /// How the connection goes, and the bytes of lines that were taken since the start.
  [[nodiscard]] LinkState link() const { return link_.state(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.value(); }
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  struct Copy {
    std::size_t number = 0;  ///< of the feed, in the options
    std::shared_ptr<store::Feed> feed;
    Held held;
    std::vector<std::string> lacking{};  ///< partitions that are wanted, or held, and that the peer does not give while it gives others
  };
  struct Session;

  enum class Next : std::uint8_t { again, idle, failed };
  void run();
  Next attempt();
  /// Whether that is news.
  bool complain(const std::string& why);
  void say_lacking(const Copy& copy);
  Status take_over_all(net::HttpClient& client, std::vector<Copy>& out);
  /// What the peer says of a feed is taken over. Blocks.
  Status take_over(net::HttpClient& client, std::size_t feed, Copy& out);
  /// Of what is shown, that which is taken. An error: none is.
  Status admit(const OfferedFeed& offered, Held& held) const;
  Error newer_here(net::HttpClient& client, const std::string& feed, const StatedClaim& theirs, const Error& why);
  /// Copies that would be read from 0 are repaired where they can be. An error: the peer cannot be asked.
  Status mend(net::HttpClient& client, Copy& copy);
  Status follow(const std::shared_ptr<net::HttpClient>& client, std::vector<Copy> copies);
  std::shared_ptr<net::HttpClient> new_client();
  [[nodiscard]] const Peer& peer() const { return house_.options.peers[number_]; }

  const House house_;
  const std::size_t number_;
  base::Counter& pages_;
  base::Counter& bytes_;
  Link link_;
  bool resting_ = false;  ///< nothing is followed from the peer, which is asked now and then
  base::Backoff backoff_;
  std::set<Part> anew_;            ///< to be read from 0
  std::map<Part, int> mended_;     ///< how often a repair was tried since it was caught up
  std::map<std::size_t, std::chrono::steady_clock::time_point> blamed_;  ///< feeds that are not asked for before
  std::set<std::string> complaints_;  ///< that were logged since something came
  std::mutex mutex_;                  ///< of the two behind it
  std::shared_ptr<net::HttpClient> client_;
  std::vector<std::size_t> following_;
  std::thread thread_;
};

}  // namespace meshgate::federation
