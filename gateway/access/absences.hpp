#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// People who have something at this node and whom the directory does not have any more, and for how long that has been sure. A file that only its
/// owner may read, replaced as a whole. Only the time between two looks that saw everybody counts; what was not written down when the process was killed
/// has not passed. One thread looks, any may ask.
class Absences {
 public:
  /// Of the time between two looks no more counts: nobody knows what was meanwhile.
  static constexpr std::chrono::minutes kLongestStep{10};

  /// Blocks.
  static Result<std::unique_ptr<Absences>> open(std::string file);

  /// `gone`: the anchors of those who have something here, and are not in the directory. An Error says that it is not written down; the next look tries
  /// again. Blocks.
  Status look(const std::set<std::string>& gone, Micros at);
  /// It is not known who is there: the time until the next look does not count.
  void look_away() { looked_.reset(); }

  [[nodiscard]] bool holds(std::string_view user) const;
  /// Who has been away for so long.
  [[nodiscard]] std::vector<std::string> longer_than(std::chrono::microseconds time) const;

 private:
  using Away = std::map<std::string, std::chrono::microseconds, std::less<>>;

  explicit Absences(std::string file) : file_(std::move(file)) {}
  Status write();

  const std::string file_;
  std::optional<Micros> looked_;               ///< when everybody was seen last
  std::chrono::microseconds unwritten_{0};     ///< so much more has passed than the file says
  bool written_ = true;                        ///< the file has the same people
  mutable std::shared_mutex mutex_;            ///< of away_, which only the thread that looks changes
  Away away_;
};

}  // namespace meshgate::access
