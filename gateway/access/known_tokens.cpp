#include "gateway/access/known_tokens.hpp"

#include <mutex>

#include "mesh/sha256.hpp"

namespace meshgate::access {

std::optional<Claims> KnownTokens::find(std::string_view token) const {
  const std::string hash = sha256(token);
  const std::shared_lock lock(mutex_);
  for (const ByHash* half : {&newer_, &older_}) {
    if (const auto at = half->find(hash); at != half->end()) return at->second;
  }
  return std::nullopt;
}

void KnownTokens::keep(std::string_view token, const Claims& claims) {
  const std::string hash = sha256(token);
  const std::lock_guard lock(mutex_);
  if (newer_.size() >= half_) {
    older_ = std::move(newer_);
    newer_.clear();
  }
  newer_.insert_or_assign(hash, claims);
}

std::size_t KnownTokens::size() const {
  const std::shared_lock lock(mutex_);
  return newer_.size() + older_.size();
}

}  // namespace meshgate::access
