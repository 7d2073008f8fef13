#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gateway/plugins/fence.hpp"
#include "gateway/publish/options.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::publish {

/// How far what was written has come.
struct Written {
  bool known = false;  ///< false: it must be compared
  Seq through{0};
};

/// What is there under an id. Borrows.
struct Held {
  bool gone = false;
  bool foreign = false;  ///< somebody else wrote it
  std::string_view id;
  std::string_view rev;
  std::span<const mg_str> partitions;
};

/// A connector in its second role, on a connection of its own. Used by one thread at a time, except cancel(). Every call blocks.
class Writer {
 public:
  /// Does not yet reach out. `log` outlives it.
  static Result<std::unique_ptr<Writer>> open(const Publication& publication, const store::FeedState& feed, base::Log& log);
  /// Reaches what would be written, writing nothing: what stands in the way, or what should be otherwise.
  static Result<std::vector<std::string>> probe(const Publication& publication, base::Log& log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// First of all; from then on no other writer of this feed can write there.
  Result<Written> resume();
  /// All that is there, each id's in their order.
  Status fold(const std::function<void(const Held&)>& take);
  /// All or nothing; after an Error it is not known which. Code::conflict: another one has taken over.
  Status write(std::span<const mg_entry> entries, Seq through);
  /// From any thread: the running call ends within 2 s and later ones at once, with Code::cancelled.
  void cancel();

 private:
  Writer(const Publication& publication, base::Log& log) : plugin_(publication.plugin), host_(publication.plugin, log) {}
  static Result<std::unique_ptr<Writer>> connect(const Publication& publication, base::Log& log);

  const plugins::Plugin plugin_;
  const plugins::Host host_;
  mg_connection* connection_ = nullptr;
  mg_writer* writer_ = nullptr;
  std::atomic<bool> cancelled_{false};
};

}  // namespace meshgate::publish
