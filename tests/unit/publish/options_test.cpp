#include "gateway/publish/options.hpp"

#include <gmock/gmock.h>

#include "tests/unit/publish/remembered_target.hpp"

namespace meshgate::publish {
namespace {

using testing::HasSubstr;

/// Sources `memory` and `other` can be written to, `table` cannot be loaded.
struct Read {
  explicit Read(std::string_view text) {
    const auto root = config::parse_yaml(text, "mesh.yaml", faults);
    const std::vector<Place> places = {{"memory", plugin, {}}, {"other", plugin, {}}, {"table", std::nullopt, {}}};
    publications = read_publications(root["feeds"], places, secrets, faults);
  }
  RememberedTarget target;
  plugins::Plugin plugin = publication_to(target, "f").plugin;
  config::Diagnostics faults;
  config::Secrets secrets;
  std::vector<Publication> publications;
};

TEST(PublishOptions, ReadsWhatIsPublishedWhere) {
  const Read read(R"(
feeds:
  orders: { from: { source: table }, publish: { source: memory, shelf: mesh.orders } }
  notes: { from: { source: memory, shelf: notes }, publish: { source: other, shelf: notes } }
  kept: { from: { source: table } }
)");
  EXPECT_TRUE(read.faults.empty()) << read.faults.text();
  ASSERT_EQ(read.publications.size(), 2U);
  EXPECT_EQ(read.publications[0].feed, "orders");
  EXPECT_EQ(read.publications[0].source, "memory");
  EXPECT_EQ(read.publications[0].target, "mesh.orders");
}

TEST(PublishOptions, SaysWhereAndWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"feeds: { a: { publish: mesh.a } }", "mesh.yaml:1:24: `publish` says where the feed is written"},
      {"feeds: { a: { publish: { shelf: x } } }", "missing key 'source'"},
      {"feeds: { a: { publish: { source: memori, shelf: x } } }", "there is no source 'memori' (did you mean 'memory'?)"},
      {"feeds: { a: { from: { source: memory, shelf: x }, publish: { source: memory, shelf: x } } }", "feed 'a' would read what it publishes to 'x'"},
      {"feeds: { a: { from: { source: memory, shelf: [ z, \"x*\" ] }, publish: { source: memory, shelf: xy } } }", "would read what it publishes to 'xy'"},
      {"feeds: { a: { publish: { source: memory, shelf: x } }, b: { publish: { source: memory, shelf: x } } }", "feeds 'a' and 'b' would both write 'x'"},
      {"feeds: { a: { from: { peer: hq }, publish: { source: memory, shelf: x } } }", "follows a peer, and a feed is published at its origin"},
      {"feeds: { a: { from: { source: memory, tables: [ x ] }, publish: { source: memory, shelf: x } } }", "give the feed an entry of its own"},
      {"feeds: { a: { publish: { source: memory, shelv: x } } }", "did you mean 'shelf'?"},
  };
  for (const auto& [text, words] : cases) EXPECT_THAT(Read(text).faults.text(), HasSubstr(words)) << text;
}

}  // namespace
}  // namespace meshgate::publish
