#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "gateway/ingest/ingest.hpp"
#include "tests/unit/ingest/scripted_source.hpp"

namespace meshgate::ingest {
namespace {

TEST(IngestStart, ANewFeedIsDividedBeforeItsSourceWasReached) {
  const auto folder = std::filesystem::temp_directory_path() / ("ingest_start_" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  ScriptedTable table;
  table.fail = {MG_RECONNECT, "down"};
  base::Log log(base::Level::error);
  base::Metrics metrics;
  auto store = store::Store::open({.folder = folder});
  ASSERT_TRUE(store) << store.error().message;
  config::Diagnostics faults;
  SourceOptions source;
  source.name = "erp";
  source.plugin = scripted_plugin(table);
  source.feeds.resize(1);
  source.feeds[0].name = "things";
  source.feeds[0].definition = mapping::Definition::read({}, {}, config::parse_yaml("zone", "t.yaml", faults), faults);
  std::vector<SourceOptions> sources;
  sources.push_back(std::move(source));
  auto ingest = Ingest::start(std::move(sources), **store, log, metrics);
  ASSERT_TRUE(ingest) << ingest.error().message;
  auto feed = (*store)->feed("things");
  ASSERT_TRUE(feed);
  EXPECT_TRUE((*feed)->state().divided);
  EXPECT_TRUE((*feed)->state().loading);
  EXPECT_TRUE((*feed)->state().partitions.empty());
  ingest->reset();
  feed->reset();
  store->reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace meshgate::ingest
