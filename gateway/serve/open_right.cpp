#include "gateway/serve/open_right.hpp"

namespace meshgate::serve {

OpenRight::OpenRight(const Context& context, const Visitor& who, std::uint64_t version, std::string feed, std::string partition, std::optional<std::string> rights)
    : context_(context), who_(who), feed_(std::move(feed)), partition_(std::move(partition)), rights_(std::move(rights)), decided_(version) {
  if (!same_rights()) course_ = Course::leave;
}

/// As long as they are not known nothing is ended.
bool OpenRight::same_rights() const {
  if (!rights_) return true;
  const auto now = who_.rights();
  return !now || *now == *rights_;
}

Course OpenRight::course() {
  const std::uint64_t version = context_.rights_version;
  if (version == decided_) return course_;
  decided_ = version;
  if (!who_.signed_in()) return course_ = Course::leave;
  switch (who_.sight(feed_, partition_)) {
    case access::Sight::allowed: return course_ = same_rights() ? Course::on : Course::leave;
    case access::Sight::unsure: return course_ = Course::pause;
    case access::Sight::denied: break;
  }
  return course_ = Course::deny;
}

}  // namespace meshgate::serve
