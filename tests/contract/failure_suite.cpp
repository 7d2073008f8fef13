// What a connector does when its source is gone, silent or set up wrongly.
#include <gmock/gmock.h>

#include <future>

#include "tests/contract/reading.hpp"

namespace meshgate::contract {

TEST_P(ConnectorContract, CancelEndsABlockedReadWithinTwoSeconds) {
  harness_->insert(some_rows(3));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  if (!harness_->block_reads()) return;  // this source answers at once, whatever one does to it
  Collector seen;
  auto blocked = std::async(std::launch::async, [&]() -> Status {
    Position at;
    while (true) {
      auto progress = opened.stream->read(at, {.max_wait = 600000ms, .max_records = 1000000, .max_bytes = UINT64_MAX}, seen);
      if (!progress) return progress.error();
      if (progress->scan_ended && !harness_->is_tracked()) return {};
      at = progress->position;
    }
  });
  harness_->wait_until_blocked();
  ASSERT_NE(blocked.wait_for(0s), std::future_status::ready) << "the read was not blocked";
  opened.connection->cancel();
  ASSERT_EQ(blocked.wait_for(2s), std::future_status::ready) << "the contract says 2 s";
  const Status ended = blocked.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::cancelled);

  const auto later = opened.stream->read({}, {}, seen);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Code::cancelled) << "cancel is not taken back";
}

TEST_P(ConnectorContract, ASourceThatRestartsIsReadAgain) {
  const auto rows = some_rows(20);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Progress first = read(opened, {}, seen, {.max_wait = 5000ms, .max_records = 5});

  harness_->stop_source();
  Collector nothing;
  const auto gone = opened.stream->read({}, {}, nothing);
  ASSERT_FALSE(gone) << "unreachable is not empty";
  EXPECT_FALSE(gone.error().message.empty());
  harness_->start_source();

  Opened again = open(*harness_);
  ASSERT_TRUE(again.stream);
  finish_scan(again, first.position, seen);
  EXPECT_EQ(seen.rows, by_id(rows));
}

TEST_P(ConnectorContract, APositionOfSomethingElseIsGone) {
  harness_->insert(some_rows(3));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  for (const std::string& bytes : {std::string("x"), std::string("{\"offset\":-1}"), std::string(3, '\0'), std::string(5000, '9')}) {
    Collector seen;
    const auto progress = opened.stream->read({bytes}, {}, seen);
    ASSERT_FALSE(progress);
    EXPECT_EQ(progress.error().code, Code::gone) << progress.error().message;
  }
}

TEST_P(ConnectorContract, WrongSettingsAreToldInASentence) {
  harness_->insert(some_rows(1));
  const auto plugin = ingest::Plugin::load(harness_->plugin());
  ASSERT_TRUE(plugin) << plugin.error().message;
  for (const WrongSettings& wrong : harness_->wrong_settings()) {
    SCOPED_TRACE(wrong.what);
    base::Log log(base::Level::error);
    Status verdict;
    auto connection = ingest::Connection::open(*plugin, wrong.connection, log);
    if (!connection) {
      verdict = connection.error();
    } else if (auto stream = (*connection)->open_stream(wrong.stream); !stream) {
      verdict = stream.error();
    }
    ASSERT_FALSE(verdict) << "was taken";
    EXPECT_EQ(verdict.error().code, Code::config) << verdict.error().message;
    EXPECT_THAT(verdict.error().message, testing::HasSubstr(wrong.word));
    EXPECT_GT(verdict.error().message.size(), wrong.word.size() + 10) << "a sentence";
  }
}

}  // namespace meshgate::contract
