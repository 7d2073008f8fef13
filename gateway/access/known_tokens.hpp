#pragma once

#include <cstddef>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/access/token.hpp"

namespace meshgate::access {

/// Claims of tokens whose signature was found good lately: a signature costs some fifty times what this does. Whether the token is still good is for
/// the asker to check. Knows tokens by their hash, and a bounded number of them: the older half goes at once. Thread safe.
class KnownTokens {
 public:
  explicit KnownTokens(std::size_t most = 20000) : half_(most / 2) {}

  [[nodiscard]] std::optional<Claims> find(std::string_view token) const;
  void keep(std::string_view token, const Claims& claims);
  [[nodiscard]] std::size_t size() const;

 private:
  using ByHash = std::unordered_map<std::string, Claims>;

  const std::size_t half_;
  mutable std::shared_mutex mutex_;
  ByHash newer_;
  ByHash older_;
};

}  // namespace meshgate::access
