#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/log.hpp"
#include "mesh/lines.hpp"
#include "mesh/result.hpp"

namespace meshgate::device {

struct MirrorOptions {
  std::string url;                      ///< of the node: "http://host:7443"
  std::string unix_socket;              ///< connect to this path instead of the URL's host
  std::string ca;                       ///< this, and the two below: see net::ClientOptions
  std::string certificate;
  std::string key;
  std::function<Result<std::string>(std::string_view refused)> authorization{};  ///< see net::ClientOptions
  std::vector<std::string> feeds;       ///< empty: every feed the node shows
  std::vector<std::string> partitions;  ///< of divided feeds; empty: all, also those that appear later
  std::string file;
  bool once = false;                            ///< end when everything is caught up
  bool replace = false;                         ///< empty a table that holds another feed of the same name
  std::uint64_t large = 10000;                  ///< items: a partition with so many is first read in ranges, where the node offers them
  unsigned connections = 4;                     ///< at once; with more partitions than that they take turns
  std::chrono::milliseconds look_again{30000};  ///< for new partitions; at once when what may be read has changed
  std::function<bool()> more{};                 ///< whether there may be some: asked four times a second
  std::chrono::milliseconds turn{1000};         ///< between two reads of a partition that takes turns
  std::chrono::milliseconds first_backoff{250};
  std::chrono::milliseconds longest_backoff{30000};
  std::chrono::milliseconds patience{60000};  ///< with `once`: give up after so long without any progress
  std::chrono::milliseconds silence{60000};   ///< see net::ClientOptions
};

/// How a partition is doing.
struct MirrorProgress {
  enum class Stage : std::uint8_t {
    checking,  ///< the stored rows are recomputed before the first read
    reading,
    caught_up,  ///< and verified
  };
  std::string feed;
  std::string partition;
  Stage stage = Stage::reading;
  std::uint64_t lines = 0;  ///< applied (checking: rows looked at) in this run
  std::uint64_t held = 0;   ///< items the file holds of it
  std::uint64_t count = 0;  ///< items the node said it has; 0: not known
  std::string digest;       ///< of what the file holds; set when caught up
};

/// Where a partition stood when the mirror ended.
struct MirrorSummary {
  struct Part {
    std::string feed;
    std::string partition;
    std::uint64_t items = 0;
    std::string digest;
    bool verified = false;  ///< equal to the gateway's at the last caught-up mark
    std::uint64_t lines = 0;
    std::string error;  ///< the last one that stopped it; empty when it went well
  };
  std::vector<Part> parts;

  [[nodiscard]] bool verified() const;
  /// "orders: 100000 items, digest sum128:… equal to the gateway's", one line per partition.
  [[nodiscard]] std::string text() const;
};

/// Changes of a partition that this process has received already, as a node sends them, with the mark behind them.
struct MirrorPage {
  std::string feed;
  std::string uid;
  bool divided = false;
  Schema schema;
  std::string partition;
  Cursor after;
  std::string lines;
  Mark mark;
};

/// Called from the mirror's threads, one at a time; must return soon.
struct MirrorListener {
  std::function<void(const MirrorProgress&)> progress;
  std::function<void(base::Level, const std::string&)> say;
};

/// Keeps feeds of a node in step in one SQLite file.
class Mirror {
 public:
  /// Opens the file. Does not touch the network.
  static Result<std::unique_ptr<Mirror>> open(MirrorOptions options, MirrorListener listener);
  ~Mirror();
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  /// Before run(): a page for the file, which need not be asked of the node then. Where it does not go on from what the file holds, nothing is done. Blocks.
  Status take(const MirrorPage& page);
  /// Blocks: until everything is caught up with `once`, else until cancel(), after which it is no error to have been cancelled.
  /// To be called once.
  Result<MirrorSummary> run();
  /// From any thread, not from a signal handler. run() returns within two seconds and leaves a good file.
  void cancel();

 private:
  class State;
  explicit Mirror(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace meshgate::device
