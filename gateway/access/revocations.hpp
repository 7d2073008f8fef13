#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// Devices that were signed out before their last token was over: nodes that take the tokens of this one have no other way to know. One file, replaced as a whole.
/// Thread safe.
class Revocations {
 public:
  /// `life`: of the longest token. Blocks.
  static Result<std::unique_ptr<Revocations>> open(std::string file, std::int64_t life_micros);

  /// Durable on return. Blocks.
  Status add(const std::vector<std::string>& devices, Micros at);
  /// Lets go of those whose tokens are over; gives whether there were any. Blocks.
  Result<bool> tend(Micros at);
  /// Sorted.
  [[nodiscard]] std::vector<std::string> devices() const;

 private:
  Revocations(std::string file, std::int64_t life) : file_(std::move(file)), life_(life) {}
  Status write(const std::map<std::string, Micros>& next);

  const std::string file_;
  const std::int64_t life_;
  std::mutex writing_;        ///< one change at a time; taken before mutex_
  mutable std::mutex mutex_;  ///< of devices_
  std::map<std::string, Micros> devices_;
};

}  // namespace meshgate::access
