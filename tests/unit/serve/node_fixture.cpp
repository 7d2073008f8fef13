#include "tests/unit/serve/node_fixture.hpp"

#include <filesystem>

namespace meshgate::serve::test {

void KeptLines::put(const std::string& line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(line);
}

std::vector<std::string> KeptLines::take(const std::string& room) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  const std::string before = " " + room + ": ";
  for (const auto& line : lines_) {
    if (const auto at = line.find(before); at != std::string::npos) out.push_back(line.substr(at + before.size()));
  }
  lines_.clear();
  return out;
}

void NodeFixture::SetUp() {
  char name[] = "/tmp/meshgate-serve-XXXXXX";
  folder_ = mkdtemp(name);
  store::Options options;
  options.folder = folder_ + "/data";
  auto opened = store::Store::open(options);
  ASSERT_TRUE(opened) << opened.error().message;
  store_ = std::move(*opened);
  orders_ = make_feed("orders", false);
  sales_ = make_feed("sales", true);
  ranges_.folder = folder_ + "/ranges";
  serve();
}

void NodeFixture::serve() {
  auto release = [this](std::string_view feed) {
    released_.emplace_back(feed);
    return Status();
  };
  auto replay = [](std::string_view feed, std::vector<std::string> keys) -> Result<std::vector<Replayed>> {
    if (feed == "sales") return Error{Code::retry, "a scan is under way"};
    std::vector<Replayed> out;
    for (auto& key : keys) out.push_back({std::move(key), "bad", "still odd"});
    if (out.empty()) out.push_back({"all", "item", {}});
    return out;
  };
  Services services{*store_, *pool_, log_, metrics_, sources_, access_, "test", "0", release, replay, std::chrono::milliseconds(200)};
  services.ranges = ranges_;
  services.principal = principal_;
  services.signed_in = signed_in_;
  serve_ = std::make_unique<Serve>(std::move(services));
  net::Router router;
  serve_->add_routes(router);
  net::ServerOptions server;
  server.administration_socket = folder_ + "/admin.sock";
  server.on_drain = [this] { serve_->wake(); };
  auto started = net::Server::start(server, std::move(router), loops_, log_, metrics_);
  ASSERT_TRUE(started) << started.error().message;
  server_ = std::move(*started);
}

void NodeFixture::stop_serving() {
  server_.reset();
  serve_.reset();
}

void NodeFixture::TearDown() {
  stop_serving();
  pool_.reset();  // its jobs hold feeds
  orders_.reset();
  sales_.reset();
  store_.reset();
  std::filesystem::remove_all(folder_);
}

std::shared_ptr<store::Feed> NodeFixture::make_feed(const std::string& name, bool divided) {
  auto feed = store_->feed(name);
  EXPECT_TRUE(feed);
  Schema schema;
  schema.fields.push_back({"id", Type::int64, false, 1, ""});
  EXPECT_TRUE((*feed)->define(schema, "rules", divided));
  store::Batch batch("table");
  batch.set_loading(false);
  EXPECT_TRUE((*feed)->commit(batch, nullptr));
  return *feed;
}

void NodeFixture::put(store::Feed& feed, int first, int last, const std::string& extra, const std::string& partition) {
  store::Batch batch("table");
  const std::vector<std::string> partitions{partition};
  for (int i = first; i <= last; ++i) {
    const auto id = std::to_string(i);
    batch.put(id, id, "{\"extra\":\"" + extra + "\",\"id\":" + id + "}", partitions);
  }
  const auto done = feed.commit(batch, nullptr);
  EXPECT_TRUE(done) << done.error().message;
}

void NodeFixture::remove(store::Feed& feed, int id) {
  store::Batch batch("table");
  batch.remove(std::to_string(id));
  EXPECT_TRUE(feed.commit(batch, nullptr));
}

std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = body.find('\n', at);
    out.push_back(body.substr(at, end - at));
    at = end == std::string::npos ? body.size() : end + 1;
  }
  return out;
}

std::string cursor_of(const std::string& body) {
  constexpr std::string_view kStart = "{\"mark\":{\"cursor\":\"";
  const auto at = body.rfind(kStart);
  if (at == std::string::npos) return {};
  const auto from = at + kStart.size();
  return body.substr(from, body.find('"', from) - from);
}

}  // namespace meshgate::serve::test
