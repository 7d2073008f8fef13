#include "mapping/presentation.hpp"
#include "mapping/presentation_text.hpp"

#include <gtest/gtest.h>

#include <map>

namespace meshgate::mapping {
namespace {

Schema fields() {
  Schema out;
  out.fields = {{"customer", Type::text, true, 0, ""}, {"day", Type::date, true, 0, ""}, {"number", Type::text, false, 1, ""}, {"total", Type::decimal, true, 0, ""}};
  return out;
}

class PresentationTest : public ::testing::Test {
 protected:
  Presentation read(const std::string& yaml) {
    auto out = read_presentation(config::parse_yaml(yaml, "mesh.yaml", faults_), faults_);
    if (faults_.empty()) check_presentation(out, fields(), faults_);
    return out;
  }
  [[nodiscard]] std::optional<std::string_view> text_of(std::string_view field) const {
    const auto at = item_.find(field);
    return at == item_.end() ? std::nullopt : std::optional<std::string_view>(at->second);
  }
  const TextOf text_of_ = [this](std::string_view field) { return text_of(field); };

  config::Diagnostics faults_;
  std::map<std::string, std::string, std::less<>> item_{{"number", "A/17 é"}, {"customer", "Ann & Bob"}, {"home", "https://shop.example/x?y=1"}};
};

TEST_F(PresentationTest, MakesTextsOfFields) {
  const auto made = read("title: \"{number} for {customer}\"\nsummary: customer\nlink: \"https://shop.example/orders/{number}#{{top}}\"\nupdated: day\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(worded(*made.title, text_of_), "A/17 é for Ann & Bob");
  EXPECT_EQ(worded(*made.summary, text_of_), "Ann & Bob");
  EXPECT_EQ(worded_link(*made.link, text_of_), "https://shop.example/orders/A%2F17%20%C3%A9#{top}");
  EXPECT_EQ(worded(*made.updated, text_of_), std::nullopt);
}

TEST_F(PresentationTest, ItsTextIsReadAsTheSame) {
  const auto made = read("title: \"{number} \\\"for\\\" {customer}\"\nsummary: customer\nlink: \"https://shop.example/orders/{number}#{{top}}\"\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  const auto again = read(presentation_text(made));
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(again.fingerprint(), made.fingerprint());
  EXPECT_EQ(presentation_text({}), "");
  EXPECT_EQ(read("").fingerprint(), Presentation().fingerprint());
}

TEST_F(PresentationTest, AFieldThatIsALinkStaysAsItIsWhenItIsOne) {
  const Wording home{{{true, "home"}}, {}};
  EXPECT_EQ(worded_link(home, text_of_), "https://shop.example/x?y=1");
  item_["home"] = "javascript:alert(1)";
  EXPECT_EQ(worded_link(home, text_of_), std::nullopt);
}

TEST_F(PresentationTest, SaysWhatIsWrongWithItsPlace) {
  (void)read("title: \"{numbr}\"\nupdated: total\n");
  EXPECT_EQ(faults_.text(),
            "mesh.yaml:1:8: the feed has no field 'numbr' (did you mean 'number'?)\n"
            "mesh.yaml:2:10: the field 'total' is decimal, which tells no instant (name a field of type timestamptz, timestamp or date)\n");
}

TEST_F(PresentationTest, ALinkLeadsIntoTheWeb) {
  (void)read("link: \"javascript:{number}\"\ntitle: [number]\nsummary: \"{\"\n");
  EXPECT_EQ(faults_.text(),
            "mesh.yaml:1:7: a link begins with http:// or https:// and has a field in it (write link: \"https://shop.example/orders/{number}\", or name the field that holds it)\n"
            "mesh.yaml:2:8: title is a field or a template such as \"{a} for {b}\"\n"
            "mesh.yaml:3:10: a '{' is not closed in the template: write {column}, or {{ for the character\n");
}

TEST_F(PresentationTest, EqualPresentationsHaveEqualFingerprints) {
  EXPECT_EQ(read("title: number").fingerprint(), read("title: number").fingerprint());
  EXPECT_NE(read("title: number").fingerprint(), read("summary: number").fingerprint());
  EXPECT_NE(read("title: number").fingerprint(), Presentation().fingerprint());
}

}  // namespace
}  // namespace meshgate::mapping
