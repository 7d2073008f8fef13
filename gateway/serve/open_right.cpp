#include "gateway/serve/open_right.hpp"

namespace meshgate::serve {

OpenRight::OpenRight(const Context& context, const Visitor& who, std::uint64_t version, std::string feed, std::string partition)
    : context_(context), who_(who), feed_(std::move(feed)), partition_(std::move(partition)), decided_(version) {}

Course OpenRight::course() {
  const std::uint64_t version = context_.rights_version;
  if (version == decided_) return course_;
  decided_ = version;
  if (!who_.signed_in()) return course_ = Course::leave;
  switch (who_.sight(feed_, partition_)) {
    case access::Sight::allowed: return course_ = Course::on;
    case access::Sight::unsure: return course_ = Course::pause;
    case access::Sight::denied: break;
  }
  return course_ = Course::deny;
}

}  // namespace meshgate::serve
