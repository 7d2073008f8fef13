#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/access/access.hpp"
#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// Who makes a request, and what they may see and do at this moment. Whoever comes over the administration socket may see and do everything.
/// Never blocks.
class Visitor {
 public:
  using SignedIn = std::function<bool(const access::Principal&)>;

  /// `signed_in`: whether a principal's device may still be used; may be empty. Both outlive the visitor.
  Visitor(const access::Access& access, const SignedIn& signed_in, access::Principal who, bool administrator)
      : access_(access), signed_in_(signed_in), who_(std::move(who)), administrator_(administrator) {}

  /// False: the device they signed in with was revoked since.
  [[nodiscard]] bool signed_in() const { return administrator_ || !signed_in_ || signed_in_(who_); }
  [[nodiscard]] access::Sight sight(std::string_view feed) const {
    return administrator_ ? access::Sight::allowed : access_.sight(who_, feed);
  }
  [[nodiscard]] access::Sight sight(std::string_view feed, std::string_view partition) const {
    return administrator_ ? access::Sight::allowed : access_.sight(who_, feed, partition);
  }
  /// Nothing: the directory is not caught up.
  [[nodiscard]] std::optional<access::Role> role() const { return administrator_ ? access::Role::administrator : access_.role(who_); }
  /// See Access::rights().
  [[nodiscard]] std::optional<std::string> rights() const { return administrator_ ? std::string("all") : access_.rights(who_); }
  [[nodiscard]] const access::Principal& principal() const { return who_; }
  [[nodiscard]] bool anonymous() const { return !administrator_ && who_.anonymous(); }

 private:
  const access::Access& access_;
  const SignedIn& signed_in_;
  access::Principal who_;
  bool administrator_;
};

/// A request and who makes it; for as long as it is answered.
struct Visit {
  const net::Request& request;
  const Visitor who;
};

}  // namespace meshgate::serve
