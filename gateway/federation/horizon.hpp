#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/seen_node.hpp"

namespace meshgate::federation {

/// The nodes that this node's neighbours say they see. What a neighbour says replaces what it said before; what is old is forgotten, wherever it comes from, so that nothing
/// goes round for ever. Bounded: of the neighbour that says most the last is left out first. Thread safe.
class Horizon {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMost = 1000;              ///< nodes, of all neighbours
  static constexpr std::chrono::seconds kForgotten{300};  ///< what is older is not known

  /// `own`: this node's key, by which it is not told of itself.
  explicit Horizon(std::string own) : own_(std::move(own)) {}

  /// `neighbour` is who says it, `called` what people know that one as, whatever it calls itself.
  void hear(const std::string& neighbour, const std::string& called, Outlook said, Time at);
  /// Each node once, the nearest first.
  [[nodiscard]] std::vector<SeenNode> nodes(Time at) const;
  /// Those that are to be told to a neighbour: none that it has said itself.
  [[nodiscard]] std::vector<SeenNode> nodes_for(std::string_view neighbour, Time at) const;
  /// Whether the neighbour has said something that is not forgotten.
  [[nodiscard]] bool hears(std::string_view neighbour, Time at) const;

 private:
  struct Report {
    Time at{};
    std::vector<SeenNode> nodes;  ///< the neighbour itself, then whom it sees
  };
  struct Known {
    const std::string* neighbour;  ///< who said it
    SeenNode node;
  };
  /// With mutex_ held, as make_room().
  [[nodiscard]] std::vector<Known> known(Time at) const;
  void make_room();

  const std::string own_;
  mutable std::mutex mutex_;
  std::map<std::string, Report, std::less<>> reports_;  ///< by neighbour
};

}  // namespace meshgate::federation
