#include "config/describe.hpp"

#include <gtest/gtest.h>

#include "config/node.hpp"

namespace meshgate::config {
namespace {

constexpr Key kNode[] = {
    {.name = "name", .help = "What the node is called.", .required = true},
    {.name = "loops", .form = Form::integer, .fallback = "2", .help = "Loop threads.", .least = 1, .most = 64},
};
constexpr Key kSource[] = {
    {.name = "every", .form = Form::duration, .fallback = "1s", .help = "How often | when.", .least = 10},
    {.name = "connection", .form = Form::mapping},
};
constexpr Key kConnection[] = {{.name = "pwd", .help = "Password.", .secret = true}, {.name = "*", .help = "A driver's keyword."}};
constexpr Described kAll[] = {
    {"node", kNode, "The node itself."}, {"sources.*", kSource, {}}, {"sources.*.connection", kConnection, {}}, {"feeds", {}, {}}};

TEST(Describe, SchemaIsValidYamlAndNested) {
  Diagnostics out;
  const std::string text = json_schema(kAll, "Meshgate");
  const Node root = parse_yaml(text, "schema.json", out);
  ASSERT_TRUE(out.empty()) << out.text() << text;
  EXPECT_EQ(root["title"].scalar(), "Meshgate");
  const Node node = root["properties"]["node"];
  EXPECT_EQ(node["required"].elements().at(0).scalar(), "name");
  EXPECT_EQ(node["additionalProperties"].scalar(), "false");
  EXPECT_EQ(node["properties"]["loops"]["anyOf"].elements().at(0)["maximum"].scalar(), "64");
  const Node source = root["properties"]["sources"]["additionalProperties"];
  EXPECT_EQ(source["properties"]["every"]["default"].scalar(), "1s");
  EXPECT_EQ(source["properties"]["connection"]["additionalProperties"]["description"].scalar(), "A driver's keyword.");
}

TEST(Describe, SchemaIsStable) { EXPECT_EQ(json_schema(kAll, "t"), json_schema(kAll, "t")); }

TEST(Describe, ReferencePage) {
  const std::string page = reference_page(kAll, "Configuration");
  EXPECT_EQ(page.substr(0, page.find("\n\n## `sources.<name>.connection`")), R"(# Configuration

## `node`

The node itself.

| key | form | default | meaning |
|---|---|---|---|
| `name` | a text | required | What the node is called. |
| `loops` | a whole number such as 42 | `2` | Loop threads. (at least 1, at most 64) |

## `sources.<name>`

| key | form | default | meaning |
|---|---|---|---|
| `every` | a duration such as 250ms, 1s, 5m, 2h or 30d | `1s` | How often \| when. (at least 10ms) |
| `connection` | a mapping such as { key: value } |  |  |)");
  EXPECT_NE(page.find("| any other | a text |  | A driver's keyword. |"), std::string::npos);
  EXPECT_NE(page.find("Secret: write `${file:PATH}`"), std::string::npos);
}

}  // namespace
}  // namespace meshgate::config
