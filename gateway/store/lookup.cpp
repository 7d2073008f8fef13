#include "gateway/store/lookup.hpp"

#include <algorithm>

namespace meshgate::store {

namespace {

constexpr std::size_t kMostSteps = 16;
constexpr std::size_t kFewForWalk = 8;
constexpr std::size_t kBulk = 256;

/// An iterator that goes on from where it stands when the next key is near.
class Walk {
 public:
  Walk(const Engine& engine, std::string_view first, std::string_view last) : upper_(last), upper_slice_(upper_) {
    upper_ += '\0';
    upper_slice_ = upper_;
    rocksdb::ReadOptions how;
    how.iterate_upper_bound = &upper_slice_;
    at_ = engine.iterate(Family::index, how);
    at_->Seek(slice(first));
  }

  bool go_to(std::string_view key) {
    for (std::size_t i = 0; i < steps_ && before(key); ++i) at_->Next();
    if (before(key)) {
      at_->Seek(slice(key));
      steps_ = std::max<std::size_t>(1, steps_ / 2);
    } else {
      steps_ = kMostSteps;
    }
    return at_->Valid() && view(at_->key()) == key;
  }
  [[nodiscard]] std::string_view value() const { return view(at_->value()); }
  [[nodiscard]] rocksdb::Status status() const { return at_->status(); }

 private:
  [[nodiscard]] bool before(std::string_view key) const { return at_->Valid() && view(at_->key()) < key; }

  std::string upper_;
  rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> at_;
  std::size_t steps_ = kMostSteps;
};

using Found = std::function<void(std::size_t, std::string_view)>;

Status walk(const Engine& engine, const KeyList& keys, std::size_t known, const Found& found) {
  if (known == 0) return {};
  Walk at(engine, keys.at(0), keys.at(known - 1));
  for (std::size_t i = 0; i < known; ++i) {
    if (at.go_to(keys.at(i))) found(i, at.value());
  }
  if (!at.status().ok()) return engine.error(at.status());
  return {};
}

Status ask(const Engine& engine, const KeyList& keys, const std::vector<std::size_t>& which, const Found& found) {
  std::vector<rocksdb::Slice> slices;
  std::vector<rocksdb::PinnableSlice> values(kBulk);
  std::vector<rocksdb::Status> statuses(kBulk);
  for (std::size_t first = 0; first < which.size(); first += kBulk) {
    const std::size_t count = std::min(kBulk, which.size() - first);
    slices.clear();
    for (std::size_t i = 0; i < count; ++i) slices.push_back(slice(keys.at(which[first + i])));
    engine.db().MultiGet({}, engine.family(Family::index), count, slices.data(), values.data(), statuses.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (statuses[i].ok()) found(which[first + i], view(values[i]));
      if (!statuses[i].ok() && !statuses[i].IsNotFound()) return engine.error(statuses[i]);
      values[i].Reset();
    }
  }
  return {};
}

}  // namespace

std::size_t KeyList::add(FeedNumber feed, std::string_view id) {
  append_index_key(bytes_, feed, id);
  ends_.push_back(bytes_.size());
  const std::size_t index = size() - 1;
  if (index > 0 && at(index) <= at(index - 1)) ascending_ = false;
  return index;
}

void KeyList::drop_last() {
  ends_.pop_back();
  bytes_.resize(ends_.back());
}

Status look_up(const Engine& engine, const KeyList& keys, std::string_view greatest, const Found& found) {
  std::size_t known = keys.size();
  if (keys.ascending()) {
    while (known > 0 && keys.at(known - 1) > greatest) --known;
    if (known >= kFewForWalk) return walk(engine, keys, known, found);
  }
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < known; ++i) {
    if (keys.at(i) <= greatest) which.push_back(i);
  }
  return ask(engine, keys, which, found);
}

}  // namespace meshgate::store
