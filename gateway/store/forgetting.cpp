#include "gateway/store/forgetting.hpp"

#include "gateway/store/transaction.hpp"

namespace meshgate::store {

Status DiskFeed::forget(std::optional<std::string_view> partition) {
  std::unique_lock lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  std::vector<PartitionNumber> forgotten;
  Transaction out(*this);
  for (const auto& [number, record] : tables_.partitions) {
    if (!record.replica || (partition && record.name != *partition)) continue;
    PartitionRecord& next = out.partition(number);
    for (Copy* copy : {&next.served, &next.building}) {
      if (copy->generation != 0) out.drop_log(out.range(number, copy->generation));
      *copy = {};
    }
    next.stale = true;
    forgotten.push_back(number);
  }
  if (forgotten.empty()) return {};
  if (auto written = out.commit(Engine::Durably::yes); !written) return written;
  for (const PartitionNumber number : forgotten) {
    if (auto tidied = tidy(number); !tidied) return tidied;
  }
  lock.unlock();
  notify();
  return {};
}

Status forget(Feed& replica, std::optional<std::string_view> partition) { return static_cast<DiskFeed&>(replica).forget(partition); }

}  // namespace meshgate::store
