#pragma once

#include <map>
#include <mutex>

#include "gateway/store/store.hpp"
#include "mesh/lines.hpp"

namespace meshgate::serve::test {

/// Enough of a feed to read from, in memory.
class FakeFeed final : public store::Feed {
 public:
  explicit FakeFeed(std::string name) : name_(std::move(name)) {}

  void put(std::uint64_t seq, const std::string& id, const std::string& content) {
    std::function<void()> tell;
    {
      const std::lock_guard lock(mutex_);
      std::string line;
      append_put(line, Seq{seq}, id, Revision{1, content_hash(id, content)}, Micros{1}, content);
      lines_[seq] = line;
      head_ = Seq{seq};
      tell = tell_;
    }
    if (tell) tell();
  }

  store::FeedState state() const override {
    store::FeedState out;
    out.name = name_;
    out.epoch = epoch();
    out.schema.version = 1;
    out.loading = false;
    store::PartitionState whole;
    whole.standing = *standing("");
    out.partitions.push_back(whole);
    return out;
  }
  std::optional<Standing> standing(std::string_view partition) const override {
    if (!partition.empty()) return std::nullopt;
    const std::lock_guard lock(mutex_);
    Standing out;
    out.epoch = epoch();
    out.head = head_;
    return out;
  }
  Result<store::Page> changes(std::string_view, const Cursor& after, const store::PageLimits& limits) const override {
    const auto now = *standing("");
    const std::lock_guard lock(mutex_);
    store::Page out;
    out.answer = judge(after, now);
    Seq read = now.head;
    for (auto at = lines_.upper_bound(number(after.seq)); at != lines_.end(); ++at) {
      if (out.entries == limits.entries) break;
      out.lines += at->second;
      ++out.entries;
      read = Seq{at->first};
    }
    out.end = read == now.head;
    const auto progress = advance(after, read, now);
    out.mark.cursor = progress.cursor;
    out.mark.caught_up = progress.caught_up;
    return out;
  }
  std::shared_ptr<void> subscribe(std::function<void()> on_commit) override {
    tell_ = std::move(on_commit);
    return {};
  }

  Result<store::Outcome> commit(const store::Batch&, store::Seen*) override { return none(); }
  Status define(const Schema&, const std::string&, bool) override { return none(); }
  Result<std::optional<Position>> position(std::string_view) const override { return none(); }
  Result<std::vector<store::Unseen>> unseen(std::string_view, const store::Seen&, std::string_view, std::size_t) const override { return none(); }
  Status purge(std::string_view, Seq) override { return none(); }
  Status purge_older(Micros) override { return none(); }
  Status trim(std::string_view, Seq) override { return none(); }
  Status follow(std::string_view, const Cursor&, std::string_view, const Mark&) override { return none(); }
  Cursor followed(std::string_view) const override { return {}; }
  Result<std::optional<store::StoredItem>> item(std::string_view) const override { return none(); }
  Result<store::ItemPage> items(std::optional<std::string_view>, std::string_view, std::size_t) const override { return none(); }
  Status verify() const override { return {}; }
  Result<std::vector<store::Quarantined>> quarantined(std::string_view, std::size_t) const override { return none(); }
  Status drop_quarantined(std::string_view, std::string_view) override { return none(); }

 private:
  static Epoch epoch() { return Epoch{Bits128{1, 2}}; }
  static Error none() { return {Code::unsupported, "not in the fake"}; }
  std::string name_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::string> lines_;
  Seq head_{0};
  std::function<void()> tell_;
};

class FakeStore final : public store::Store {
 public:
  Result<std::shared_ptr<store::Feed>> feed(std::string_view name) override {
    auto& one = feeds[std::string(name)];
    if (!one) one = std::make_shared<FakeFeed>(std::string(name));
    return std::shared_ptr<store::Feed>(one);
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const auto& [name, one] : feeds) out.push_back(name);
    return out;
  }
  Status drop(std::string_view) override { return {}; }
  store::Writing writing() const override { return store::Writing::fine; }
  std::vector<std::pair<std::string, std::uint64_t>> figures() const override { return {}; }
  Status backup(const std::filesystem::path&) override { return {}; }

  std::map<std::string, std::shared_ptr<FakeFeed>> feeds;
};

}  // namespace meshgate::serve::test
