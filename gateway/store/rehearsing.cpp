#include "gateway/store/committing.hpp"

namespace meshgate::store {

Result<Outcome> Commit::rehearse(const Differs& differs) {
  differs_ = &differs;
  if (batch_.size() == 0) return outcome_;
  stream_ = out_.stream_named(batch_.stream());
  if (auto played = play_batch(); !played) return std::move(played).error();
  for (const Work& work : works_) {
    if (!work.touched) continue;
    if (work.was_live) met_.push_back(work.number);
    tell(work, differs);
  }
  if (seen_ != nullptr) {
    for (const std::uint64_t number : met_) seen_->add(number);
  }
  return outcome_;
}

void Commit::tell(const Work& work, const Differs& differs) {
  if (!work.live && !work.was_live) return;
  if (work.live && work.was_live && work.hash == work.was_hash && same_partitions(work)) {
    ++outcome_.unchanged;
    return;
  }
  Difference out;
  out.key = work.key;
  out.id = work.id;
  if (!work.live) {
    out.kind = Difference::Kind::removed;
    ++outcome_.removed;
    return differs(out);
  }
  out.kind = work.was_live ? Difference::Kind::changed : Difference::Kind::added;
  ++(work.was_live ? outcome_.changed : outcome_.added);
  out.content = work.content;
  names_.clear();
  for (std::uint32_t i = 0; i < work.after_count; ++i) names_.emplace_back(out_.partition(after_[work.after_first + i]).name);
  out.partitions = names_;
  differs(out);
}

void Commit::tell(const Batch::Change& quarantined) const {
  Difference out;
  out.kind = Difference::Kind::quarantined;
  out.key = quarantined.key;
  out.reason = quarantined.reason;
  out.raw = quarantined.raw;
  (*differs_)(out);
}

}  // namespace meshgate::store
