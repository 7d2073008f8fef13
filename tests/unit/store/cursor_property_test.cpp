#include <rocksdb/env.h>

#include <cstdlib>
#include <iostream>

#include "gateway/store/origin.hpp"
#include "tests/unit/store/cursor_model.hpp"

/// Random interleavings of an origin, replicas and readers: "caught up" is never wrong, no ghost stays, no reader loops.
/// MESHGATE_SEED repeats a run, MESHGATE_RUNS makes it longer.
namespace meshgate::store {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// An origin, some replicas and readers, on one store; a restored origin has its own.
class World {
 public:
  World(Store& store, std::uint64_t seed, const std::string& name, bool with_restores) : random_(seed) {
    const auto add = [&](const std::string& feed) { names_.push_back(feed), nodes_.push_back(feed_of(store, feed)); };
    if (with_restores) {
      folder_ = std::make_unique<Folder>();
      own_ = opened(*folder_ / "data");
      nodes_.push_back(feed_of(*own_, "origin"));
    } else {
      add(name + "-origin");
    }
    const std::size_t replicas = pick(5);
    if (pick(2) == 0) partitions_ = {"a"};
    for (std::size_t i = 0; i < replicas; ++i) add(name + "-" + std::to_string(i));
    trims_ = pick(4) == 0;
    ids_ = 2 + pick(12);
    const std::size_t readers = 1 + pick(3);
    for (std::size_t i = 0; i < readers; ++i) readers_.emplace_back(partitions_[pick(partitions_.size())]);
    Batch loaded("rows");
    if (pick(3) != 0) loaded.set_loading(false);
    static_cast<void>(origin().commit(loaded, nullptr));
    note();
  }
  void close(Store& store) {
    nodes_.clear();
    for (const std::string& name : names_) EXPECT_TRUE(store.drop(name));
  }

  std::string run(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      if (auto broken = step(); !broken.empty()) return broken + " (step " + std::to_string(i) + ")";
    }
    return settle();
  }

 private:
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  Feed& origin() { return *nodes_[0]; }
  PageLimits limits() { return {.entries = 1 + pick(pick(2) == 0 ? 3 : 12), .bytes = pick(8) == 0 ? 300U : 1U << 20U}; }
  void note() {
    for (const auto& partition : partitions_) history_.note(origin(), partition);
  }

  /// The origin's clock goes on over a restore.
  Batch at_this_moment() {
    Batch out("rows");
    out.set_as_of(Micros{++clock_.count});
    return out;
  }

  std::string step() {
    const std::size_t what = pick(100);
    if (what < 30) return write();
    if (what < 34) return burst();
    if (what < 46) return hop();
    if (what < 54) return render_some();
    if (what < 62) return take_some();
    if (what < 88) return follow();
    if (what < 95) return purge();
    if (what < 97) return trims_ ? trim() : std::string{};
    if (what < 98) return load();
    if (what < 99) return own_ ? backup() : std::string{};
    return own_ ? restore() : std::string{};
  }

  std::string write() {
    Batch batch = at_this_moment();
    // Every item commits alone so that every state the origin had is known.
    const std::string id = std::to_string(pick(ids_));
    if (pick(3) == 0) {
      batch.remove(id);
    } else {
      const Names one{partitions_[pick(partitions_.size())]};
      batch.put(id, id, "{\"v\":" + std::to_string(pick(4)) + "}", pick(3) == 0 ? partitions_ : one);
    }
    const auto done = origin().commit(batch, nullptr);
    note();
    return done ? std::string{} : done.error().message;
  }

  /// One reader, several nodes in a row.
  std::string hop() {
    Reader& reader = readers_[pick(readers_.size())];
    for (std::size_t i = 1 + pick(3); i > 0; --i) {
      if (auto broken = reader.read(*nodes_[pick(nodes_.size())], limits(), history_); !broken.empty()) return broken;
    }
    return {};
  }

  /// A rendering for the shelf, where it stays however old it grows.
  std::string render_some() {
    const Feed& node = *nodes_[pick(nodes_.size())];
    const std::string& partition = partitions_[pick(partitions_.size())];
    const auto standing = node.standing(partition);
    if (!standing || standing->head == Seq{0}) return {};
    const std::uint64_t head = number(standing->head);
    const std::uint64_t after = pick(2) == 0 ? 0 : beyond_one(partition);
    const std::uint64_t to = std::min(head, after + 1 + pick(12));
    if (auto one = after < to ? render(node, partition, Seq{after}, Seq{to}) : std::nullopt) shelf_.push_back(std::move(*one));
    constexpr std::size_t kMost = 24;
    if (shelf_.size() > kMost) shelf_.erase(shelf_.begin() + static_cast<std::ptrdiff_t>(pick(shelf_.size())));
    return {};
  }

  /// Where a rendering on the shelf ends.
  std::uint64_t beyond_one(const std::string& partition) {
    std::vector<std::uint64_t> ends{0};
    for (const Rendering& one : shelf_) {
      if (one.partition == partition) ends.push_back(number(one.range.to));
    }
    return ends[pick(ends.size())];
  }

  /// A reader, often a new one, takes what the shelf has behind each other, of any age and from any node.
  std::string take_some() {
    Reader& reader = readers_[pick(readers_.size())];
    if (pick(2) == 0) reader = Reader(reader.partition());
    for (std::size_t i = 1 + pick(4); i > 0; --i) {
      std::vector<const Rendering*> fitting;
      for (const Rendering& one : shelf_) {
        if (one.partition == reader.partition() && reader.place(one.epoch) == one.range.after) fitting.push_back(&one);
      }
      if (fitting.empty()) return {};
      if (auto broken = reader.take(*fitting[pick(fitting.size())]); !broken.empty()) return broken;
    }
    return {};
  }

  /// Leaves followers far behind, so that they are caught within a pass.
  std::string burst() {
    for (std::size_t i = 4 + pick(8); i > 0; --i) {
      if (auto broken = write(); !broken.empty()) return broken;
    }
    return {};
  }

  std::string follow() {
    if (nodes_.size() == 1) return {};
    const std::size_t to = 1 + pick(nodes_.size() - 1);
    const std::size_t from = pick(2) == 0 ? 0 : pick(nodes_.size());
    if (from == to) return {};
    const std::string& partition = partitions_[pick(partitions_.size())];
    // Who has not heard of a restore yet has nothing for those who have.
    const auto standing = nodes_[from]->standing(partition);
    const auto state = nodes_[from]->state();
    if (standing && !may_take(*nodes_[to], standing->epoch, state.as_of, state.loading)) return {};
    // While one of two orders is loading it is not known which is the later one.
    const bool other = standing && standing->epoch != nodes_[to]->state().epoch;
    if (other && from != 0 && (state.loading || nodes_[to]->state().loading)) return {};
    return copy_page(*nodes_[from], *nodes_[to], partition, limits());
  }

  std::string purge() {
    Feed& node = *nodes_[pick(nodes_.size())];
    const std::string& partition = partitions_[pick(partitions_.size())];
    const auto standing = node.standing(partition);
    if (!standing) return {};
    const auto done = node.purge(partition, Seq{number(standing->head) - std::min<std::uint64_t>(number(standing->head), pick(5))});
    return done ? std::string{} : done.error().message;
  }

  std::string trim() {
    const std::string& partition = partitions_[pick(partitions_.size())];
    const auto standing = origin().standing(partition);
    if (!standing) return {};
    const auto done = origin().trim(partition, Seq{number(standing->head) - std::min<std::uint64_t>(number(standing->head), pick(8))});
    note();
    return done ? std::string{} : done.error().message;
  }

  std::string load() {
    Batch batch = at_this_moment();
    batch.set_loading(pick(3) == 0);
    const auto done = origin().commit(batch, nullptr);
    return done ? std::string{} : done.error().message;
  }

  std::string backup() {
    if (backups_ >= 2) return {};
    const auto done = own_->backup(*folder_ / ("backup" + std::to_string(++backups_)));
    return done ? std::string{} : done.error().message;
  }

  std::string restore() {
    if (backups_ == 0 || restores_ >= 3) return {};
    nodes_[0].reset();
    own_.reset();
    const auto fresh = *folder_ / ("restored" + std::to_string(++restores_));
    const auto done = Store::restore(*folder_ / ("backup" + std::to_string(backups_)).c_str(), fresh);
    if (!done) return done.error().message;
    own_ = opened(fresh);
    nodes_[0] = feed_of(*own_, "origin");
    note();
    return {};
  }

  /// Writing stops, the feed is loaded: everybody must get there in a bounded number of pages, and hold what the origin holds.
  std::string settle() {
    Batch done = at_this_moment();
    done.set_loading(false);
    static_cast<void>(origin().commit(done, nullptr));
    note();
    constexpr std::size_t kEnough = 200;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      if (auto broken = settle_replica(*nodes_[i], kEnough); !broken.empty()) return broken;
    }
    for (Reader& reader : readers_) {
      const auto standing = origin().standing(reader.partition());
      std::size_t pages = 0;
      do {
        if (auto broken = reader.read(*nodes_[pick(nodes_.size())], {.entries = 3, .bytes = 1U << 20U}, history_); !broken.empty()) return broken;
      } while (standing && !reader.caught_up() && ++pages < kEnough);
      if (pages == kEnough) return "a reader of partition '" + reader.partition() + "' never ends its pass";
    }
    for (const auto& node : nodes_) {
      if (const auto whole = node->verify(); !whole) return whole.error().message;
    }
    return {};
  }

  std::string settle_replica(Feed& replica, std::size_t enough) {
    for (const auto& partition : partitions_) {
      const auto goal = origin().standing(partition);
      if (!goal) continue;
      for (std::size_t pages = 0;; ++pages) {
        const auto now = replica.standing(partition);
        if (now && now->epoch == goal->epoch && now->head == goal->head && !now->unfinished && !now->loading) break;
        if (pages == enough) return "a replica of partition '" + partition + "' never ends its pass";
        if (auto broken = copy_page(origin(), replica, partition, {.entries = 3, .bytes = 1U << 20U}); !broken.empty()) return broken;
      }
    }
    return {};
  }

  std::mt19937_64 random_;
  Names partitions_{"a", "b"};
  std::unique_ptr<Folder> folder_;
  std::unique_ptr<Store> own_;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<Feed>> nodes_;
  std::vector<Reader> readers_;
  std::vector<Rendering> shelf_;
  History history_;
  Micros clock_{0};
  bool trims_ = false;
  std::size_t ids_ = 0;
  std::size_t backups_ = 0;
  std::size_t restores_ = 0;
};

void runs(std::uint64_t count, std::size_t steps, bool with_restores) {
  const std::uint64_t seed = from_environment("MESHGATE_SEED", std::random_device{}());
  std::cout << "MESHGATE_SEED=" << seed << '\n';
  const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  const auto store = opened("/store", memory.get());
  for (std::uint64_t i = 0; i < count; ++i) {
    World world(*store, seed + i, "w" + std::to_string(i), with_restores);
    const std::string broken = world.run(steps);
    ASSERT_EQ(broken, "") << "repeat with MESHGATE_SEED=" << seed + i << " MESHGATE_RUNS=1";
    world.close(*store);
  }
}

TEST(CursorProperty, ShortRuns) { runs(from_environment("MESHGATE_RUNS", 1500), 60, false); }
TEST(CursorProperty, LongRuns) { runs(from_environment("MESHGATE_RUNS", 20), 2000, false); }
TEST(CursorProperty, RunsWithRestores) { runs(from_environment("MESHGATE_RUNS", 20), 400, true); }

}  // namespace
}  // namespace meshgate::store
