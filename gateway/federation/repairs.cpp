#include "gateway/federation/repairs.hpp"

namespace meshgate::federation {

namespace {

constexpr std::size_t kMostAtOnce = 4;
constexpr std::chrono::seconds kSilence{60};

}  // namespace

Result<std::unique_ptr<Mender>> Repairs::resume(const std::shared_ptr<store::Feed>& feed, const Part& part, bool anew) {
  const std::lock_guard lock(mutex_);
  std::erase_if(under_way_, [](const auto& one) { return Clock::now() - one.second.last > kSilence; });
  auto own = under_way_.extract(part);
  if (!anew && own.empty()) return Error{Code::retry, "no repair of " + part.text() + " is under way here: begin anew"};
  if (!anew) return std::move(own.mapped().mender);
  if (under_way_.size() >= kMostAtOnce) return Error{Code::retry, "other copies are repaired here at the moment: ask again"};
  return Mender::begin(feed, part.partition);
}

Result<Repairs::Step> Repairs::take(const std::shared_ptr<store::Feed>& feed, const Part& part, std::string_view answer, const std::string& aside) {
  auto mender = resume(feed, part, answer.empty());
  if (!mender) return std::move(mender).error();
  if (!answer.empty()) {
    if (auto taken = (*mender)->take(answer); !taken) return std::move(taken).error();
  }
  Step out;
  out.question = (*mender)->next();
  if (!out.question) {
    auto mended = (*mender)->finish(aside);
    if (!mended) return std::move(mended).error();
    out.mended = std::move(*mended);
    return out;
  }
  const std::lock_guard lock(mutex_);
  under_way_[part] = {std::move(*mender), Clock::now()};
  return out;
}

}  // namespace meshgate::federation
