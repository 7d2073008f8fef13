#include "gateway/access/group_numbers.hpp"

#include <algorithm>

namespace meshgate::access {

void GroupNumbers::add(GroupNumber group) {
  if (count_ >= kNear && count_ >= room_) {
    const std::uint32_t room = 2 * count_;
    auto wider = std::make_unique<GroupNumber[]>(room);
    std::ranges::copy(all(), wider.get());
    far_ = std::move(wider);
    room_ = room;
  } else if (count_ == kNear) {
    std::ranges::copy(near_, far_.get());
  }
  ++count_;
  begin()[count_ - 1] = group;
}

void GroupNumbers::strike(GroupNumber group) {
  GroupNumber* const first = begin();
  *std::find(first, first + count_, group) = first[count_ - 1];
  --count_;
  if (count_ == kNear) std::copy_n(first, kNear, near_.data());
}

}  // namespace meshgate::access
