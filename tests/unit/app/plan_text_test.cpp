#include "gateway/app/plan_text.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "gateway/app/content_difference.hpp"

namespace meshgate::app {
namespace {

std::string differences(std::string_view before, std::string_view after) {
  std::string out;
  for (const auto& one : content_difference(before, after)) out += one.name + " " + one.before + " > " + one.after + "\n";
  return out;
}

TEST(ContentDifference, NamesTheFieldsThatDiffer) {
  EXPECT_EQ(differences(R"({"a":1,"b":"x, y","c":{"d":[1,2]},"e":null})", R"({"a":1,"b":"x, z","c":{"d":[1,3]},"f":true})"),
            "b \"x, y\" > \"x, z\"\nc {\"d\":[1,2]} > {\"d\":[1,3]}\ne null > \nf  > true\n");
}

TEST(ContentDifference, ReadsEscapedNames) { EXPECT_EQ(differences(R"({"a\"b":1})", R"({"a\"b":2})"), "a\"b 1 > 2\n"); }

TEST(ContentDifference, SaysNothingOfWhatIsNotThere) {
  EXPECT_EQ(differences("", R"({"a":1})"), "");
  EXPECT_EQ(differences("{}", "{}"), "");
  EXPECT_EQ(differences("{}", R"({"a":1})"), "a  > 1\n");
}

PlannedFeed planned(ingest::FeedPlan plan) { return {"orders", "erp", std::move(plan)}; }

ingest::FeedPlan of_everything() {
  ingest::FeedPlan plan;
  plan.known = true;
  plan.items = 1000;
  plan.rows = 997;
  plan.schema_before.fields = {{"id", Type::int64, false, 1, ""}, {"old", Type::text, true, 0, ""}};
  plan.schema_after.fields = {{"id", Type::int64, false, 1, ""}, {"new", Type::decimal, true, 0, ""}};
  plan.added = {2, {{.id = "1001", .before = {}, .after = R"({"id":1001})", .partitions_before = {}, .partitions_after = {"north"}, .reason = {}}}};
  plan.changed = {1, {{.id = "7", .before = R"({"id":7,"old":"x"})", .after = R"({"id":7})", .partitions_before = {"north"}, .partitions_after = {"south"}, .reason = {}}}};
  plan.removed = {1, {{.id = "8", .before = R"({"id":8})", .after = {}, .partitions_before = {"north"}, .partitions_after = {}, .reason = {}}}};
  plan.missing = {3, {}};
  plan.quarantined = {1, {{.id = "", .before = {}, .after = {}, .partitions_before = {}, .partitions_after = {}, .reason = "the key is NULL"}}};
  plan.still_quarantined = 4;
  return plan;
}

TEST(PlanText, SaysWhatWouldHappen) {
  EXPECT_EQ(plan_text(planned(of_everything())),
            "feed orders from source erp: 997 rows read, 1000 items now\n"
            "  new field new, decimal\n"
            "  field old leaves\n"
            "  add 2\n"
            "      1001  {\"id\":1001}\n"
            "      …\n"
            "  change 1\n"
            "      7  old: \"x\" → nothing\n"
            "         partitions: north → south\n"
            "  delete 1\n"
            "      8  {\"id\":8}\n"
            "  delete 3, each asked for again by its key before it goes\n"
            "  quarantine 1\n"
            "      (no key)  the key is NULL\n"
            "  4 records stay in quarantine\n");
}

TEST(PlanText, TellsPeopleByTheirNames) {
  ingest::FeedPlan plan;
  plan.known = true;
  plan.changed.count = plan.removed.count = 1;
  plan.changed.samples = {{.id = "5f0c", .name = "ann", .before = R"({"mail":"a","name":"ann"})", .after = R"({"mail":"b","name":"ann"})"}};
  plan.removed.samples = {{.id = "6a1d", .name = "bob", .before = R"({"name":"bob"})"}};
  const PlannedFeed people{"_users", "directory", plan};
  const std::string text = plan_text(people);
  EXPECT_NE(text.find("      ann (5f0c)  mail: \"a\" → \"b\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("      bob (6a1d)  {\"name\":\"bob\"}\n"), std::string::npos) << text;
  EXPECT_NE(plan_json({people}, {}).find(R"({"id":"6a1d","name":"bob","before":)"), std::string::npos) << plan_json({people}, {});
}

TEST(PlanText, SaysWhatTheGuardWouldHold) {
  ingest::FeedPlan plan;
  plan.known = true;
  plan.missing.count = 500;
  plan.held = "a scan did not find 500 of 1000 items";
  EXPECT_NE(plan_text(planned(plan)).find("  hold 500: a scan did not find 500 of 1000 items\n"), std::string::npos);
}

TEST(PlanText, SaysWhenNothingWouldChangeAndWhenNothingCanBeSaid) {
  ingest::FeedPlan plan;
  plan.known = true;
  plan.items = plan.rows = plan.unchanged = 5;
  EXPECT_EQ(plan_text(planned(plan)), "feed orders from source erp: 5 rows read, 5 items now: nothing would change\n");
  EXPECT_EQ(plan_text({"orders", "erp", Error{Code::reconnect, "nothing answers"}}), "feed orders from source erp: nothing answers\n");
}

TEST(PlanText, ALineIsALineAndALongValueIsCut) {
  ingest::FeedPlan plan;
  plan.added = {1, {{.id = "a\nb", .before = {}, .after = "{\"a\":\"" + std::string(200, 'x') + "\"}", .partitions_before = {}, .partitions_after = {}, .reason = {}}}};
  const std::string text = plan_text(planned(plan));
  EXPECT_NE(text.find("      a b  {\"a\":\"xxx"), std::string::npos) << text;
  EXPECT_NE(text.find("x…\n"), std::string::npos) << text;
}

TEST(PlanJson, IsJsonWithTheSameNumbers) {
  std::vector<PlannedFeed> all{planned(of_everything()), {"people", "hr", Error{Code::auth, "refused \"you\""}}};
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string text = plan_json(all, {"old"});
  ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << text;
  EXPECT_EQ(std::uint64_t(root.at_pointer("/feeds/0/added/count")), 2U);
  EXPECT_EQ(std::string_view(root.at_pointer("/feeds/0/changed/samples/0/before/old")), "x");
  EXPECT_EQ(std::string_view(root.at_pointer("/feeds/0/changed/samples/0/partitions_after/0")), "south");
  EXPECT_EQ(std::string_view(root.at_pointer("/feeds/0/quarantined/samples/0/reason")), "the key is NULL");
  EXPECT_EQ(std::uint64_t(root.at_pointer("/feeds/0/still_quarantined")), 4U);
  EXPECT_EQ(std::string_view(root.at_pointer("/feeds/0/schema/fields/1/name")), "new");
  EXPECT_EQ(std::string_view(root.at_pointer("/feeds/1/error")), "refused \"you\"");
  EXPECT_EQ(std::string_view(root.at_pointer("/left_over/0")), "old");
}

}  // namespace
}  // namespace meshgate::app
