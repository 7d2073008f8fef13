#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/files/csv.hpp"
#include "connectors/files/json_lines.hpp"
#include "connectors/files/reader.hpp"

namespace meshgate::files {

using testing::ElementsAre;

namespace {

/// The cells of a CSV record, NULL as "~"; or the fault alone.
std::vector<std::string> csv(std::string_view record, char delimiter = ',') {
  CsvDecoder decoder(delimiter);
  std::vector<Cell> cells;
  if (const char* fault = decoder.decode(record, cells)) return {std::string("fault: ") + fault};
  std::vector<std::string> out;
  for (const Cell& cell : cells) out.push_back(cell.form == Cell::Form::null ? "~" : std::string(cell.text));
  return out;
}

/// The cells of a JSON line as name=token; or the fault alone.
std::vector<std::string> json(std::string_view line) {
  JsonDecoder decoder;
  std::string padded(line);
  padded.append(kPadding, '}');
  std::vector<Cell> cells;
  if (const char* fault = decoder.decode({padded.data(), line.size()}, cells)) return {std::string("fault: ") + fault};
  std::vector<std::string> out;
  for (const Cell& cell : cells) {
    const bool text = cell.form == Cell::Form::quoted;
    out.push_back(std::string(cell.name) + "=" + std::string(text ? cell.text : cell.token));
  }
  return out;
}

bool is_fault(const std::vector<std::string>& cells) { return cells.size() == 1 && cells[0].starts_with("fault: "); }

}  // namespace

TEST(Csv, Fields) {
  EXPECT_THAT(csv("1,two,3.50"), ElementsAre("1", "two", "3.50"));
  EXPECT_THAT(csv("1,,\"\""), ElementsAre("1", "~", ""));
  EXPECT_THAT(csv(","), ElementsAre("~", "~"));
  EXPECT_THAT(csv(" a , b "), ElementsAre(" a ", " b "));
  EXPECT_THAT(csv("a;b,c", ';'), ElementsAre("a", "b,c"));
}

TEST(Csv, Quotes) {
  EXPECT_THAT(csv("\"a,b\",\"c\nd\""), ElementsAre("a,b", "c\nd"));
  EXPECT_THAT(csv("\"say \"\"hi\"\"\",\"\"\"\",\"x\"\"\""), ElementsAre("say \"hi\"", "\"", "x\""));
  EXPECT_THAT(csv("\"\"\"\"\"\""), ElementsAre("\"\""));
}

TEST(Csv, Faults) {
  for (const char* record : {"a\"b", "\"a\"b", "\"a", "\"a\"\"", "x,\"a\" ,y"}) EXPECT_TRUE(is_fault(csv(record))) << record;
}

TEST(JsonLines, Members) {
  EXPECT_THAT(json(R"({"id":5,"name":"a\u00e4\n","on":true,"no":null})"), ElementsAre("id=5", "name=a\xc3\xa4\n", "on=true", "no=null"));
  EXPECT_THAT(json(R"( { "n" : -1.50e+3 , "list" : [1, {"a":2}] , "o":{ } } )"), ElementsAre("n=-1.50e+3", "list=[1, {\"a\":2}]", "o={ }"));
  EXPECT_THAT(json(R"({"big":123456789012345678901234567890})"), ElementsAre("big=123456789012345678901234567890"));
  EXPECT_THAT(json("{}"), ElementsAre());
  EXPECT_THAT(json(R"({"\u00e4":1})"), ElementsAre("\xc3\xa4=1"));
}

TEST(JsonLines, Faults) {
  for (const char* line : {"", "5", "[1]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":tru}",
                           "{\"a\":nul}", "{\"a\":nullx}", "{\"a\":\"x}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\xff\"}", "{\"a\":[1}", "{\"a\":[1,]}",
                           "{\"a\":1} x", "{\"a\":1}{\"b\":2}", "{\"\":1}", "{\"a\":{\"b\":01}}", "{'a':1}", "{\"a\":1 \"b\":2}"}) {
    EXPECT_TRUE(is_fault(json(line))) << line;
  }
}

}  // namespace meshgate::files
