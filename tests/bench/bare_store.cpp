// The keys and values of a data folder's log and index, written into a fresh database by a loop that does nothing else: one sync per batch,
// the engine's own settings, in the order in which the first scan wrote the items. Usage: bare_store DATA INTO ITEMS_PER_BATCH
#include <rocksdb/db.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/engine.hpp"
#include "gateway/store/records.hpp"
#include "tests/bench/spent.hpp"

namespace meshgate::store {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<Engine> open(const std::string& folder) {
  Options options;
  options.folder = folder;
  auto engine = Engine::open(options);
  if (!engine) bench::stop("bare_store: " + engine.error().message);
  return *engine;
}

/// In key order: of the log that is the order in which a first scan wrote it.
Pairs all(const Engine& engine, Family family) {
  Pairs out;
  const auto at = engine.iterate(family, {});
  for (at->SeekToFirst(); at->Valid(); at->Next()) out.emplace_back(at->key().ToString(), at->value().ToString());
  if (!at->status().ok()) bench::stop("bare_store: " + engine.error(at->status()).message);
  return out;
}

void as_written(Pairs& index) {
  std::vector<std::pair<Seq, std::size_t>> order;
  IndexEntry entry;
  for (const auto& [key, value] : index) {
    if (!decode(value, entry) || entry.memberships.empty()) bench::stop("bare_store: an index entry is in no partition: give a folder that only a first scan has filled");
    order.emplace_back(entry.memberships.front().seq, order.size());
  }
  std::sort(order.begin(), order.end());
  Pairs out;
  out.reserve(index.size());
  for (const auto& [seq, at] : order) out.push_back(std::move(index[at]));
  index = std::move(out);
}

void write(Engine& engine, const Pairs& log, const Pairs& index, std::size_t per_batch) {
  auto* const log_family = engine.family(Family::log);
  auto* const index_family = engine.family(Family::index);
  for (std::size_t at = 0; at < log.size();) {
    rocksdb::WriteBatch batch;
    for (std::size_t i = 0; i < per_batch && at < log.size(); ++i, ++at) {
      batch.Put(log_family, log[at].first, log[at].second);
      batch.Put(index_family, index[at].first, index[at].second);
    }
    if (auto written = engine.write(batch, Engine::Durably::yes); !written) bench::stop("bare_store: " + written.error().message);
  }
}

}  // namespace
}  // namespace meshgate::store

int main(int count, char** words) {
  using namespace meshgate;
  if (count != 4) bench::stop("usage: bare_store DATA INTO ITEMS_PER_BATCH");
  store::Pairs log;
  store::Pairs index;
  {
    const auto from = store::open(words[1]);
    log = store::all(*from, store::Family::log);
    index = store::all(*from, store::Family::index);
    store::as_written(index);
  }
  if (log.size() != index.size()) bench::stop("bare_store: the log and the index differ in length: give a folder that only a first scan has filled");
  const auto into = store::open(words[2]);
  const bench::Watch watch;
  store::write(*into, log, index, std::stoull(words[3]));
  watch.print(log.size());
  return 0;
}
