#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

#include "gateway/device/cell.hpp"

namespace meshgate::device {

/// Text and cells that stay where they are until clear(): one allocation for many rows.
class Arena {
 public:
  std::string_view keep(std::string_view text) {
    char* at = static_cast<char*>(memory_->allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), at);
    return {at, text.size()};
  }

  /// `count` NULL cells.
  std::span<Cell> cells(std::size_t count) {
    auto* first = static_cast<Cell*>(memory_->allocate(count * sizeof(Cell), alignof(Cell)));
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
  }

  void clear() { memory_->release(); }

 private:
  static constexpr std::size_t kFirstBlock = 4096;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_ = std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstBlock);
};

}  // namespace meshgate::device
