#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/ingest/connection.hpp"

namespace meshgate::ingest {

/// Whether a text is as a pattern says: `*` stands for any characters, `?` for one, all others for themselves.
bool matches(std::string_view pattern, std::string_view text);

/// Which streams of a source are meant: "sales.*", "!sales.tmp_*"; of several that match the last one decides. A pattern with a dot names group and
/// stream; one without, streams of the group that is meant where none is named. Where streams have no groups a dot is a character as any.
class Patterns {
 public:
  Patterns() = default;
  explicit Patterns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  [[nodiscard]] bool choose(const StreamName& stream) const;
  /// Those that match none of the streams.
  [[nodiscard]] std::vector<std::string> idle(const std::vector<StreamName>& streams) const;
  [[nodiscard]] const std::vector<std::string>& all() const { return patterns_; }

 private:
  std::vector<std::string> patterns_;
};

}  // namespace meshgate::ingest
