#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/federation/sync_cutter.hpp"
#include "mesh/cursor.hpp"
#include "mesh/result.hpp"

namespace meshgate::federation {

/// A page that is brought over a line.
struct Batch {
  Part part;
  Cursor after;      ///< behind which it begins
  std::string page;  ///< as the body of POST /peers/feeds/{feed}/changes
};

/// The line that stands before a page.
std::string batch_head(const Part& part, const Cursor& after);

/// Cuts what comes over a line into batches: a line of which part, and lines up to a mark. Looks at each byte once. Logic apart from waiting: knows no socket.
class BatchCutter {
 public:
  /// How long a page may be.
  explicit BatchCutter(std::size_t most) : most_(most) {}

  void add(std::string_view bytes) { held_.append(bytes); }
  /// The next batch that is whole. Code::config: there is none, and cannot be; Code::unsupported: it is longer than `most`. Nothing can be cut after either.
  Result<std::optional<Batch>> next();
  /// Nothing of another one has come.
  [[nodiscard]] bool between() const { return held_.empty() && !begun_; }

 private:
  /// Whether there is a line behind what was seen, and it is seen now.
  bool line(std::string_view& out);

  const std::size_t most_;
  std::string held_;         ///< of the batch that is not whole yet, without its first line, and what came behind it
  std::size_t seen_ = 0;     ///< of them: whole lines
  std::size_t searched_ = 0;  ///< and without the end of a line
  std::optional<Batch> begun_;
};

}  // namespace meshgate::federation
