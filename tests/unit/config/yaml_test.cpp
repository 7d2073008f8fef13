#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/node.hpp"

namespace meshgate::config {
namespace {

std::string faults(const std::string& text) {
  Diagnostics out;
  parse_yaml(text, "c.yaml", out);
  return out.text();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Yaml, FilesThatCannotBeRead) {
  Diagnostics out;
  EXPECT_FALSE(read_yaml("/no/such/file.yaml", out).present());
  EXPECT_FALSE(read_yaml("/tmp", out).present());
  EXPECT_FALSE(read_yaml("/dev/zero", out).present());
  EXPECT_EQ(out.text(),
            "/dev/zero: the file is larger than 1048576 bytes\n"
            "/no/such/file.yaml: there is no such file\n/tmp: this is a folder, not a file\n");
}

TEST(Yaml, Nothing) {
  EXPECT_EQ(faults(""), "c.yaml: there is nothing in it (is it the right file?)\n");
  EXPECT_EQ(faults(" \n\n"), "c.yaml: there is nothing in it (is it the right file?)\n");
  EXPECT_NE(faults("# a\n# b"), "");
}

TEST(Yaml, BytesThatAreNoText) {
  EXPECT_EQ(faults("a: 1\nb: \xFF\n"), "c.yaml:2:1: this line is not UTF-8 (save the file as UTF-8)\n");
  EXPECT_EQ(faults("a: 1\nb: x\x04y\nc: 1\n").substr(0, 12), "c.yaml:2:5: ");
  EXPECT_EQ(faults(std::string("a: 1\0b", 6)).substr(0, 12), "c.yaml:1:5: ");
  EXPECT_NE(faults(std::string("\xFF\xFE"
                               "a\0",
                               4)),
            "");
}

TEST(Yaml, ByteOrderMarkAndLineEnds) {
  Diagnostics out;
  const Node node = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n",
      "c.yaml", out);
  EXPECT_TRUE(out.empty()) << out.text();
  EXPECT_EQ(node["a"].scalar(), "1");
  EXPECT_EQ(node["b"].scalar(), "2");
  EXPECT_EQ(node["b"].place().text(), "c.yaml:2:4");
}

TEST(Yaml, Depth) {
  EXPECT_EQ(faults(repeated("[", 64) + repeated("]", 64)), "");
  EXPECT_NE(faults("a: " + repeated("[", 64) + repeated("]", 64)).find("nested deeper than 64 levels"), std::string::npos);
  for (const char* opening : {"[", "{a: ", "- ", "? ", "[\n "}) EXPECT_NE(faults(repeated(opening, 2000)), "") << opening;
}

TEST(Yaml, DepthThroughAliases) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 80; ++i) text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_NE(faults(text).find("nested deeper than 64 levels"), std::string::npos);
}

TEST(Yaml, AliasBomb) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before + ",", 9) + before + "]\n";
  }
  EXPECT_NE(faults(text).find("more than 200000 values"), std::string::npos);
}

TEST(Yaml, FaultsAreBounded) {
  Diagnostics out;
  parse_yaml(repeated("a: 1\n", 5000), "c.yaml", out);
  EXPECT_EQ(out.all().size(), 201U);
  EXPECT_NE(out.text().find("there are more faults than these 200"), std::string::npos);
}

TEST(Yaml, ManyValues) {
  EXPECT_NE(faults("[" + repeated("1,1,1,1,\n ", 60000) + "1]").find("more than 200000 values"), std::string::npos);
  EXPECT_EQ(faults("[" + repeated("1,1,1,1,\n ", 10000) + "1]"), "");
  EXPECT_NE(faults(repeated("a: b\n", 300000)).find("more than a configuration may have"), std::string::npos);
  EXPECT_NE(faults("a: " + repeated("x", 9000)).find("more than 8192 bytes"), std::string::npos);
}

TEST(Yaml, NodesShareTheirDocument) {
  Node inner;
  {
    Diagnostics out;
    inner = parse_yaml("a: { b: [1, 2] }", "c.yaml", out)["a"]["b"];
  }
  EXPECT_EQ(inner.elements().at(1).scalar(), "2");
  EXPECT_EQ(inner["x"].kind(), Node::Kind::absent);
  EXPECT_EQ(Node().place().text(), "");
}

}  // namespace
}  // namespace meshgate::config
