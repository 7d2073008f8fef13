#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/access/principal.hpp"
#include "gateway/net/message.hpp"
#include "gateway/serve/sync_question.hpp"
#include "mesh/time.hpp"

namespace meshgate::serve {

/// A node that follows feeds of this one: what it asked for last, and how far it was given that.
struct Follower {
  struct Feed {
    std::vector<std::string> partitions;  ///< none: all
    Seq asked{0};                         ///< behind which it began; 0: it had nothing
    std::atomic<std::uint64_t> sent{0};   ///< the last seq it was given since
  };
  std::string node;     ///< as it calls itself
  std::string subject;  ///< of its certificate; empty: it showed none, so that anybody may have called himself so
  Micros since{0};
  std::uint64_t questions = 0;  ///< it asked since the start
  std::map<std::string, Feed, std::less<>> feeds;
  std::atomic<std::int64_t> last{0};  ///< when it was given something
  std::atomic<bool> here{true};       ///< its question is being answered

  void sent(const std::string& feed, Seq seq);
};

/// The nodes that have asked since the start. Thread safe.
class Followers {
 public:
  static constexpr std::size_t kMost = 1000;  ///< beyond which those that have gone are forgotten, and others not listed

  /// Nothing for a reader that does not say that it is a node. `who`: two devices of one name are told apart by what they are signed in as.
  std::shared_ptr<Follower> arrives(const net::Request& request, const access::Principal& who, const SyncQuestion& question);
  [[nodiscard]] std::vector<std::shared_ptr<const Follower>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::array<std::string, 3>, std::shared_ptr<Follower>> nodes_;  ///< by subject, device and name
};

}  // namespace meshgate::serve
