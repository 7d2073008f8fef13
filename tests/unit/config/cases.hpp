#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace meshgate::cases {

/// A case: what goes in, a line "=>", what must come out.
struct Case {
  std::string name;
  std::string input;
  std::string output;
};

inline std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline Case split(std::string name, const std::string& text) {
  constexpr std::string_view kArrow = "=>\n";
  std::size_t at = text.starts_with(kArrow) ? 0 : text.find("\n=>\n");
  if (at == std::string::npos) return {std::move(name), text, {}};
  if (at != 0) ++at;
  return {std::move(name), text.substr(0, at), text.substr(at + kArrow.size())};
}

/// Every *.case of a folder, by name.
inline std::vector<Case> folder(const std::filesystem::path& path) {
  std::vector<Case> out;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".case") out.push_back(split(entry.path().stem().string(), read(entry.path())));
  }
  std::sort(out.begin(), out.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
  return out;
}

/// Every fenced block of a page that has a line "=>".
inline std::vector<Case> page(const std::filesystem::path& path) {
  std::vector<Case> out;
  const std::string text = read(path);
  for (std::size_t at = text.find("\n```"); at != std::string::npos; at = text.find("\n```", at + 1)) {
    const std::size_t begin = text.find('\n', at + 1) + 1;
    const std::size_t end = text.find("\n```", begin - 1);
    if (end == std::string::npos) break;
    const std::string block = text.substr(begin, end + 1 - begin);
    if (block.find("\n=>\n") != std::string::npos) out.push_back(split("block" + std::to_string(out.size() + 1), block));
    at = end;
  }
  return out;
}

/// Runs `made` over each; with MESHGATE_ACCEPT_CASES set, writes what came out into the files instead, for a person to read.
template <class Made>
void check_folder(const std::filesystem::path& path, Made made) {
  const std::vector<Case> all = folder(path);
  ASSERT_FALSE(all.empty()) << path;
  for (const Case& one : all) {
    const std::string actual = made(one);
    if (std::getenv("MESHGATE_ACCEPT_CASES") != nullptr) {
      std::ofstream(path / (one.name + ".case"), std::ios::binary) << one.input << "=>\n" << actual;
    } else {
      EXPECT_EQ(actual, one.output) << path / (one.name + ".case");
    }
  }
}

}  // namespace meshgate::cases
