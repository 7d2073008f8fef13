#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "gateway/device/cutter.hpp"
#include "gateway/device/node.hpp"
#include "gateway/device/piece_queue.hpp"
#include "gateway/net/http_client.hpp"

namespace meshgate::device {

/// What is to be read, and how its pieces are made.
struct RangePlan {
  std::string url;  ///< of /changes, with `partition` where there is one, up to the `after` of each range
  OfferedRanges offered;
  std::string place;  ///< names feed and partition in errors
  std::shared_ptr<const Columns> columns;
  std::function<Result<std::shared_ptr<const Columns>>(const Schema&)> schema;
  Seq beyond{0};  ///< the reader has what lies up to here
};

/// Reads ranges, as many at once as there are clients, each on a thread of its own; their pieces come in the order of the list. What waits for
/// its turn is bounded for each.
class RangeReader {
 public:
  RangeReader(RangePlan plan, std::span<net::HttpClient* const> clients);
  ~RangeReader();
  RangeReader(const RangeReader&) = delete;
  RangeReader& operator=(const RangeReader&) = delete;

  /// Calls `apply` for each piece, on this thread, until it returns false or all ranges are read. Gives whether all were; Code::not_found when
  /// the node no longer has one of them. Blocks.
  Result<bool> run(const std::function<bool(Piece&)>& apply);

 private:
  /// One range on its way.
  struct Slot {
    OfferedRanges::Range range;
    PieceQueue queue;
    std::optional<Error> error;  ///< set before the queue is finished
  };

  void work(net::HttpClient& client);
  std::optional<Error> read(net::HttpClient& client, Slot& slot);
  /// The next range that nobody reads.
  Slot* take();
  void stop();

  const RangePlan plan_;
  std::deque<Slot> slots_;
  std::mutex mutex_;
  std::size_t taken_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

/// The mark of a piece of a range, for a reader that stands at `from`: a rendering says at which head and above which floor it was made, and
/// counts like a page that a node of that standing gives. Code::gone when deletes that the reader missed have been forgotten there.
Status place_mark(Mark& mark, const Cursor& from, const Epoch& epoch);

}  // namespace meshgate::device
