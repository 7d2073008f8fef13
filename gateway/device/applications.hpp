#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::device {

/// A program of this device's user that may read what the device holds.
struct Application {
  std::string name;
  std::string proof;   ///< SHA-256 of its token, as base64url; the token itself is kept nowhere
  std::string origin;  ///< the one web origin whose pages it is; empty: it is no page
  Micros since{0};
};

/// The applications of a device, in a file that only its owner may read. What another process writes there counts from the next question on. Thread safe.
class Applications {
 public:
  explicit Applications(std::string file) : file_(std::move(file)) {}

  /// Takes one in and gives its token, which is not to be had again. Code::conflict: there is one of this name. Blocks.
  Result<std::string> add(const std::string& name, const std::string& origin);
  /// Its token is good for nothing from now on. Code::not_found. Blocks.
  Status remove(const std::string& name);
  /// Blocks.
  Result<std::vector<Application>> all();

  /// Whose token this is; nothing: nobody's. Reads the file only where it has changed.
  [[nodiscard]] std::optional<Application> shown(std::string_view token);
  /// Whether an application that was let in by this proof still is one.
  [[nodiscard]] bool stands(std::string_view proof);
  /// Whether the file has changed since this was asked last.
  [[nodiscard]] bool changed();

 private:
  struct Version {
    std::uint64_t file = 0;
    std::int64_t written = 0;
    bool operator==(const Version&) const = default;
  };
  Status look();
  Status write(const std::vector<Application>& all);
  [[nodiscard]] std::optional<Application> by_proof(std::string_view proof);

  const std::string file_;
  std::mutex mutex_;  ///< of all behind it
  std::optional<Version> read_;
  Version told_;
  std::vector<Application> all_;
};

/// What is kept of a token.
std::string proof_of(std::string_view token);

}  // namespace meshgate::device
