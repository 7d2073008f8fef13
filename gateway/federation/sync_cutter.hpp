#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/lines.hpp"

namespace meshgate::federation {

/// A partition of a feed.
struct Part {
  std::string feed;
  std::string partition;
  auto operator<=>(const Part&) const = default;
  /// For messages.
  [[nodiscard]] std::string text() const { return "feed " + feed + (partition.empty() ? std::string() : " [" + partition + "]"); }
};

/// What a peer says of a partition in place of lines.
struct NotGiven {
  bool denied = false;  ///< this node may not read it, or not any more
  unsigned status = 0;  ///< otherwise: what /changes would have answered
  std::string reason;    ///< the word for it
  std::string why;
};

/// Where a SyncCutter's findings go. False from any of them: the answer is to be left.
struct SyncSink {
  /// Whole lines as received, behind which the mark stands.
  std::function<bool(const Part&, std::string lines, const Mark&)> page;
  std::function<bool(const Part&, const Schema&)> schema;
  std::function<bool(const Part&, const NotGiven&)> not_given;
};

/// Cuts the answer to POST /sync into pages, each of one partition: what stands before a mark. Logic apart from waiting: knows no socket.
class SyncCutter {
 public:
  explicit SyncCutter(SyncSink sink) : sink_(std::move(sink)) {}

  /// The next bytes. False: the answer is to be left.
  bool take(std::string_view bytes);
  /// What was wrong with the answer.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  bool take_line(std::string_view line);
  bool take_change(std::string_view line);
  bool take_parsed(std::string_view line);
  bool take_word(std::string_view line);
  bool fail(std::string why);

  const SyncSink sink_;
  LineParser parser_;
  std::string unfinished_;
  std::optional<Part> of_;
  std::map<Part, std::string> lines_;  ///< since the last mark of their partition
  std::size_t bytes_ = 0;              ///< of all of them
  std::optional<Error> error_;
};

}  // namespace meshgate::federation
