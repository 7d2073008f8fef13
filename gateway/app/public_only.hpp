#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gateway/access/access.hpp"

namespace meshgate::app {

/// A node without a directory: what `read: public` says is everybody's, and the rest nobody's.
class PublicOnly final : public access::Access {
 public:
  bool all = false;                         ///< `node.read`
  bool viewers = false;                     ///< `node.roles.viewer`
  std::set<std::string, std::less<>> open;  ///< the feeds that say so themselves
  std::set<std::string, std::less<>> shut;  ///< those that say otherwise

  [[nodiscard]] access::Sight sight(const access::Principal&, std::string_view feed, std::string_view) const override {
    return open_to_all(feed) ? access::Sight::allowed : access::Sight::denied;
  }
  [[nodiscard]] access::Sight sight(const access::Principal& who, std::string_view feed) const override { return sight(who, feed, {}); }
  [[nodiscard]] bool open_to_all(std::string_view feed) const override { return open.contains(feed) || (all && !shut.contains(feed)); }
  [[nodiscard]] std::optional<access::Role> role(const access::Principal&) const override {
    return viewers ? access::Role::viewer : access::Role::none;
  }
  [[nodiscard]] access::Explanation explain(std::string_view, std::string_view, std::optional<std::string_view>) const override { return {}; }
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()>) override { return nullptr; }
};

}  // namespace meshgate::app
