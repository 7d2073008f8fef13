#pragma once

#include <string_view>

#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// Who may see what. Asked on loops whenever somebody asks for a partition, and again after Serve::visibility_changed(); must not block.
class Visibility {
 public:
  virtual ~Visibility() = default;
  [[nodiscard]] virtual bool allows(const net::Request& who, std::string_view feed, std::string_view partition) const = 0;
};

/// Everybody sees everything.
class AllVisible final : public Visibility {
 public:
  [[nodiscard]] bool allows(const net::Request&, std::string_view, std::string_view) const override { return true; }
};

}  // namespace meshgate::serve
