#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace meshgate::odbc_test {

struct ValueCase {
  std::string sql;
  std::string fault;  ///< part of what is said of it; empty: it is exact
};

struct TypeCase {
  std::string type;
  bool key = false;   ///< it can be a primary key
  std::string kind;   ///< as in connector.h, in lower case; "none": not carried
  std::string print;  ///< SQL for the value `v` as the test shows it; empty: that of its kind
  std::vector<ValueCase> values;
};

/// A file of values/: types and values of one database. The form stands at the head of values/postgresql.txt.
struct ValueTable {
  std::vector<std::string> setup;
  std::vector<TypeCase> types;

  static ValueTable read(const std::string& path) {
    ValueTable out;
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line[0] == '#') continue;
      if (line.starts_with("do ")) {
        out.setup.push_back(line.substr(3));
      } else if (line.starts_with("  ")) {
        const auto [sql, fault] = split(std::string_view(line).substr(2), " ! ");
        out.types.back().values.push_back({sql, fault});
      } else {
        out.types.push_back(type_case(line));
      }
    }
    return out;
  }

 private:
  static std::pair<std::string, std::string> split(std::string_view text, std::string_view at) {
    const std::size_t found = text.find(at);
    if (found == text.npos) return {std::string(text), ""};
    return {std::string(text.substr(0, found)), std::string(text.substr(found + at.size()))};
  }
  static TypeCase type_case(std::string_view line) {
    TypeCase out;
    out.key = line.starts_with("key ");
    if (out.key) line.remove_prefix(4);
    const auto [type, rest] = split(line, " | ");
    const auto [kind, print] = split(rest, " | ");
    out.type = type == "-" ? "" : type;
    out.kind = kind;
    out.print = print;
    return out;
  }
};

}  // namespace meshgate::odbc_test
