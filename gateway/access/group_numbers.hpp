#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace meshgate::access {

/// Of a group: small, given again when the group has gone.
using GroupNumber = std::uint32_t;

/// Numbers of groups in no order, the same as often as it was added. A few lie in the object itself: most groups are in one other, and a walk through
/// thousands of them should not leave the processor's cache.
class GroupNumbers {
 public:
  [[nodiscard]] std::span<const GroupNumber> all() const { return {count_ <= kNear ? near_.data() : far_.get(), count_}; }
  void add(GroupNumber group);
  /// Once. It is there.
  void strike(GroupNumber group);

 private:
  static constexpr std::size_t kNear = 2;
  [[nodiscard]] GroupNumber* begin() { return count_ <= kNear ? near_.data() : far_.get(); }

  std::uint32_t count_ = 0;
  std::uint32_t room_ = 0;  ///< in far_
  std::array<GroupNumber, kNear> near_{};  ///< all of them, when they are so few
  std::unique_ptr<GroupNumber[]> far_;     ///< all of them, when they are more
};

}  // namespace meshgate::access
