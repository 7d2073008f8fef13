#include "gateway/access/believed.hpp"

#include <algorithm>

#include "gateway/access/token.hpp"

namespace meshgate::access {

void Believed::use(std::optional<Issuer> issuer) {
  std::shared_ptr<Held> next;
  if (issuer) {
    next = std::make_shared<Held>();
    next->issuer = std::move(*issuer);
    std::ranges::sort(next->issuer.revoked);
  }
  const std::lock_guard lock(mutex_);
  held_ = std::move(next);
}

std::shared_ptr<Believed::Held> Believed::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

PublicKeys Believed::keys() const {
  const auto held = this->held();
  return held ? held->issuer.keys : PublicKeys{};
}

Result<Principal> Believed::principal_of(std::string_view token, std::string_view audience, Micros at) const {
  const auto held = this->held();
  if (!held) return Error{Code::retry, "the keys of the node that people sign in at have not come here yet; ask again in a moment"};
  auto claims = held->known.find(token);
  if (!claims) {
    auto read = signed_claims(token, held->issuer.keys);
    if (!read) return std::move(read).error();
    claims = std::move(*read);
    held->known.keep(token, *claims);
  }
  if (auto good = check(*claims, {held->issuer.name, audience, at}); !good) return std::move(good).error();
  Principal out;
  out.user = std::move(claims->subject);
  out.device = std::move(claims->device);
  if (out.user.empty() || !stands(out)) return Error{Code::auth, "this device is not signed in, or no longer: sign in again"};
  return out;
}

bool Believed::stands(const Principal& who) const {
  const auto held = this->held();
  return who.device.empty() || (held && !std::ranges::binary_search(held->issuer.revoked, who.device));
}

}  // namespace meshgate::access
