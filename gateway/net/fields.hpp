#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/text.hpp"

namespace meshgate::net {

/// Header fields in the order they came; names compare without case.
class Fields {
 public:
  void add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [own, value] : all_) {
      if (same_word(own, name)) return value;
    }
    return std::nullopt;
  }
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace meshgate::net
