// A mirror of a divided feed whose partitions are read, compared, lost and gained in any order, while the feed changes, is put back to a backup and forgets its deletes:
// whenever all that may be read is caught up, the rows are those of the feed. Steps, and the answers that a comparison takes, come one at a time, so that a seed says all.
#include <random>

#include "gateway/device/cutter.hpp"
#include "gateway/device/repair.hpp"
#include "gateway/store/comparing.hpp"
#include "gateway/store/store.hpp"
#include "tests/unit/device/mirror_fixture.hpp"

namespace meshgate::device {
namespace {

const std::vector<std::string> kPartitions{"east", "north", "west"};

class DividedModelTest : public test::MirrorFixture {
 protected:
  /// A partition as the mirror reads it.
  struct Reader {
    Place* place = nullptr;
    std::unique_ptr<Repair> repair;
    bool denied = false;
  };

  void SetUp() override {
    const char* given = std::getenv("MESHGATE_TEST_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    random_.seed(seed);
    open_store();
    ASSERT_TRUE(feed_->define(test::small_schema(), "rules", true));
    for (const std::string& name : kPartitions) partitions_[name];
    change();
    back_up();
    open_file();
  }

  bool one_in(unsigned times) { return random_() % times == 0; }

  // ---- the node ----

  void open_store() {
    store::Options options;
    options.folder = folder_ + "/" + std::to_string(stores_);
    store_ = std::move(*store::Store::open(options));
    feed_ = *store_->feed("orders");
  }
  void change() {
    store::Batch batch("table");
    for (int i = 0; i < 4; ++i) {
      const std::string id = std::to_string(random_() % 12);
      std::vector<std::string> in;
      for (const std::string& name : kPartitions) {
        if (one_in(2)) in.push_back(name);
      }
      if (in.empty()) batch.remove(id);
      else batch.put(id, id, test::small_content(static_cast<int>(random_() % 3)), in);
    }
    batch.set_loading(false);
    ASSERT_TRUE(feed_->commit(batch, nullptr));
  }
  void put(const std::string& id, int content, const std::vector<std::string>& in) {
    store::Batch batch("table");
    batch.put(id, id, test::small_content(content), in);
    ASSERT_TRUE(feed_->commit(batch, nullptr));
  }
  void back_up() {
    std::filesystem::remove_all(folder_ + "/backup");
    ASSERT_TRUE(store_->backup(folder_ + "/backup"));
  }
  void restore() {
    feed_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_ + "/" + std::to_string(stores_));
    ASSERT_TRUE(store::Store::restore(folder_ + "/backup", folder_ + "/" + std::to_string(++stores_)));
    open_store();
    change();
  }
  void purge(const std::string& name) {
    const auto standing = feed_->standing(name);
    if (!standing) return;
    ASSERT_TRUE(feed_->purge(name, standing->head));
  }

  // ---- the mirror ----

  void open_file() {
    for (auto& [name, reader] : partitions_) reader.repair.reset();
    if (std::exchange(mirror_, nullptr) && one_in(4)) tamper();
    auto file = MirrorFile::open(file_, {.lines_per_commit = 1 + random_() % 20});
    ASSERT_TRUE(file) << file.error().message;
    mirror_ = std::move(*file);
    auto held = mirror_->adopt("orders", feed_->state().uid.bits.hex(), true, feed_->state().schema, false);
    ASSERT_TRUE(held) << held.error().message;
    auto differing = mirror_->recount(**held, [](std::uint64_t) { return true; });
    ASSERT_TRUE(differing);
    for (auto& [name, reader] : partitions_) reader.place = *mirror_->place(**held, name);
  }
  /// What another program may do to rows.
  void tamper() {
    const std::string row = " WHERE _id='" + std::to_string(random_() % 12) + "'";
    const std::vector<std::string> all{"DELETE FROM orders", "UPDATE orders SET name='other'", "UPDATE orders SET _rev='mine',total='9'"};
    alter(all[random_() % all.size()] + row);
  }
  void step(const std::string& name, Reader& reader) {
    if (reader.denied) return;
    const ReaderState state = mirror_->standing(*reader.place);
    const bool begins = state.comparing && state.cursor.start() && state.count > 0;
    if (reader.repair) return compare(name, reader);
    if (!begins || one_in(8)) return read(name, reader, state);
    auto begun = Repair::begin(*mirror_, *reader.place, [] { return true; });
    if (!begun) return read(name, reader, state);
    reader.repair = std::move(*begun);
  }
  void read(const std::string& name, Reader& reader, const ReaderState& state) {
    const auto page = feed_->changes(name, state.cursor, {.entries = 1 + random_() % 6});
    if (!page) return;  // the partition is not there yet
    if (page->answer != Answer::read) {
      ASSERT_TRUE(mirror_->begin_pass(*reader.place));
      return;
    }
    std::string text = page->lines;
    append_mark(text, page->mark);
    CutterSink sink;
    sink.piece = [&](std::unique_ptr<Piece> piece) {
      const auto applied = mirror_->apply(*reader.place, state.generation, *piece);
      EXPECT_TRUE(applied && !applied->mismatch);
      return applied.has_value();
    };
    Cutter("orders", state.columns, std::move(sink)).take(text);
  }
  void compare(const std::string& name, Reader& reader) {
    if (auto question = reader.repair->next()) {
      auto text = store::answer_of(*feed_, *question, 1U << 20U);
      ASSERT_TRUE(text) << text.error().message << name;
      auto answer = parse_reconcile_answer(*text);
      ASSERT_TRUE(answer) << answer.error().message;
      if (!reader.repair->take(std::move(*answer))) reader.repair.reset();
      return;
    }
    const auto applied = reader.repair->finish();
    reader.repair.reset();
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_FALSE(applied->mismatch);
    if (!applied->stale) ++repaired_;
  }
  void turn(Reader& reader) {
    reader.repair.reset();
    reader.denied = !reader.denied;
    if (!reader.denied) return;
    ASSERT_TRUE(mirror_->drop(*reader.place));
  }

  /// Another order is read from its beginning: the first lines, or all.
  void begin_to_read(const std::string& name) {
    Reader& reader = partitions_[name];
    ASSERT_TRUE(mirror_->begin_pass(*reader.place));
    read(name, reader, mirror_->standing(*reader.place));
  }
  void read_on(const std::string& name) {
    Reader& reader = partitions_[name];
    const auto standing = feed_->standing(name);
    while (standing && mirror_->standing(*reader.place).cursor.seq != standing->head) read(name, reader, mirror_->standing(*reader.place));
  }

  // ---- what must be ----

  [[nodiscard]] bool caught_up() {
    for (auto& [name, reader] : partitions_) {
      const auto standing = feed_->standing(name);
      if (reader.denied || !standing) continue;
      const ReaderState state = mirror_->standing(*reader.place);
      if (state.comparing || state.cursor.epoch != standing->epoch || state.cursor.seq != standing->head || state.cursor.high != Seq{0}) return false;
    }
    return true;
  }
  void expect_equal() {
    ASSERT_TRUE(mirror_->commit());
    std::vector<std::string> allowed;
    for (const auto& [name, reader] : partitions_) {
      if (!reader.denied) allowed.push_back(name);
    }
    ASSERT_EQ(test::listed(held_items()), test::listed(test::published(*feed_, allowed)));
    ++compared_;
  }
  void random_step() {
    auto at = partitions_.begin();
    std::advance(at, random_() % partitions_.size());
    if (one_in(120)) return restore();
    if (one_in(60)) return back_up();
    if (one_in(60)) return open_file();
    if (one_in(60)) return turn(at->second);
    if (one_in(40)) return purge(at->first);
    if (one_in(8)) return change();
    step(at->first, at->second);
  }
  void catch_up() {
    for (int i = 0; i < 10000 && !caught_up(); ++i) {
      for (auto& [name, reader] : partitions_) step(name, reader);
    }
    ASSERT_TRUE(caught_up());
  }

  std::mt19937_64 random_;
  int stores_ = 0;
  int repaired_ = 0;
  int compared_ = 0;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Feed> feed_;
  std::unique_ptr<MirrorFile> mirror_;
  std::map<std::string, Reader> partitions_;
};

TEST_F(DividedModelTest, WhateverIsCaughtUpIsTheFeeds) {
  const int steps = std::getenv("MESHGATE_LONG") != nullptr ? 200000 : 2500;
  for (int i = 0; i < steps; ++i) {
    random_step();
    if (HasFatalFailure()) return;
    if (one_in(200)) catch_up();
    if (one_in(2) && caught_up()) expect_equal();
    if (HasFailure()) return;
  }
  catch_up();
  expect_equal();
  std::printf("%d repairs, compared %d times\n", repaired_, compared_);
  EXPECT_GT(repaired_, 0);
}

/// North said last what the item was, in an order that is no more; it has not met the item in the new one, and is lost before it does.
TEST_F(DividedModelTest, WhatAPassHasNotMetDoesNotCount) {
  for (int id = 100; id < 120; ++id) put(std::to_string(id), 0, {"north"});
  put("50", 0, {"east", "north"});
  back_up();
  for (int lost = 3; lost < 23; ++lost) put("50", lost, {"east", "north"});
  catch_up();
  restore();
  put("50", 2, {"east"});
  begin_to_read("north");
  begin_to_read("east");
  read_on("east");
  begin_to_read("west");
  read_on("west");
  turn(partitions_["north"]);
  expect_equal();
}

/// East has what the node has, but the row is what north made of it in an order that is no more; and north is lost.
TEST_F(DividedModelTest, ARowThatAnotherPartitionMadeIsFetched) {
  put("50", 0, {"east", "north"});
  back_up();
  catch_up();
  put("50", 1, {"east", "north"});
  read_on("north");
  restore();
  turn(partitions_["north"]);
  for (const char* name : {"east", "west"}) {
    ASSERT_TRUE(mirror_->begin_pass(*partitions_[name].place));
  }
  catch_up();
  expect_equal();
}

/// What east has of an item was found to be the node's; then the row became another through north.
TEST_F(DividedModelTest, ARowThatHasBecomeAnotherIsComparedAnew) {
  put("50", 0, {"east", "north"});
  back_up();
  catch_up();
  restore();
  Reader& east = partitions_["east"];
  ASSERT_TRUE(mirror_->begin_pass(*east.place));
  auto work = Repair::begin(*mirror_, *east.place, [] { return true; });
  ASSERT_TRUE(work) << work.error().message;
  east.repair = std::move(*work);
  compare("east", east);
  put("50", 1, {"east", "north"});
  begin_to_read("north");
  read_on("north");
  while (east.repair) compare("east", east);
  EXPECT_EQ(repaired_, 0) << "it is stale";
  catch_up();
  expect_equal();
}

}  // namespace
}  // namespace meshgate::device
