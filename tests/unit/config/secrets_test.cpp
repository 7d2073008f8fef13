#include "config/secrets.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/keys.hpp"

namespace meshgate::config {
namespace {

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "meshgate-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

std::string expand(const Folder& folder, const std::string& scalar, Secrets& secrets, Diagnostics& out) {
  const std::string file = folder.write("c.yaml", "key: '" + scalar + "'\n");
  return secrets.expand(read_yaml(file, out)["key"], false, out);
}

TEST(Secrets, FileLosesOneNewline) {
  const Folder folder;
  folder.write("one", "sesame\n");
  folder.write("two", "sesame\n\n");
  folder.write("crlf", "sesame\r\n");
  folder.write("none", " other words ");
  Secrets secrets;
  Diagnostics out;
  EXPECT_EQ(expand(folder, "${file:one}", secrets, out), "sesame");
  EXPECT_EQ(expand(folder, "${file:two}", secrets, out), "sesame\n");
  EXPECT_EQ(expand(folder, "${file:crlf}", secrets, out), "sesame");
  EXPECT_EQ(expand(folder, "${file:none}", secrets, out), " other words ");
  EXPECT_EQ(expand(folder, "a${file:one}b${file:one}$${c}", secrets, out), "asesamebsesame${c}");
  EXPECT_TRUE(out.empty()) << out.text();
  EXPECT_EQ(secrets.redact("the sesame is out"), "the *** is out");
}

TEST(Secrets, FilesThatAreNone) {
  const Folder folder;
  folder.write("binary", std::string("\xFF\xFE", 2));
  folder.write("huge", std::string(70000, 'x'));
  Secrets secrets;
  Diagnostics out;
  EXPECT_EQ(expand(folder, "${file:binary}", secrets, out), "");
  EXPECT_EQ(expand(folder, "${file:huge}", secrets, out), "");
  EXPECT_EQ(expand(folder, "${file:/dev/null/x}", secrets, out), "");
  EXPECT_EQ(out.all().size(), 3U) << out.text();
}

std::string redact(std::string secret, std::string text) {
  Secrets secrets;
  secrets.remember(std::move(secret));
  return secrets.redact(std::move(text));
}

TEST(Redact, Spellings) {
  EXPECT_EQ(redact("p@ss;w}d", "PWD=p@ss;w}d"), "PWD=***");
  EXPECT_EQ(redact("p@ss;w}d", "DRIVER={x};PWD={p@ss;w}}d};UID=u"), "DRIVER={x};PWD={***};UID=u");
  EXPECT_EQ(redact("p@ss;w}d", "http://u:p%40ss%3Bw%7Dd@host/"), "http://u:***@host/");
  EXPECT_EQ(redact("p@ss;w}d", "http://u:p%40ss%3bw%7dd@host/"), "http://u:***@host/");
  EXPECT_EQ(redact("p ss%word", "x=p+ss%25word&y"), "x=***&y");
  EXPECT_EQ(redact("it's \"so\"", "'it''s \"so\"'"), "'***'");
  EXPECT_EQ(redact("it's \"so\"", "{\"m\":\"it's \\\"so\\\"\"}"), "{\"m\":\"***\"}");
  EXPECT_EQ(redact("a\\b\nc", "a\\\\b\\nc"), "***");
  EXPECT_EQ(redact("ab\x01"
                   "cd",
                   "ab\\u0001cd"),
            "***");
  EXPECT_EQ(redact("grün", "gr%C3%BCn grün"), "*** ***");
}

TEST(Redact, BracesAtTheEnd) {
  EXPECT_EQ(redact("pass}", "PWD={pass}}}"), "PWD={***}");
  EXPECT_EQ(redact("a}}}b", "a}}}b a}}}}}}b"), "*** ***");
  EXPECT_EQ(redact("}}}}}}}}}}}}}}}}}}}}}}}}x", std::string(60, '}')), std::string(60, '}'));
}

TEST(Redact, ShortAndOverlapping) {
  EXPECT_EQ(redact("abc", "abc"), "abc");
  Secrets secrets;
  secrets.remember("sesame");
  secrets.remember("sesame-open");
  secrets.remember("sesame");
  EXPECT_EQ(secrets.redact("sesame-open sesame sesam"), "*** *** sesam");
  EXPECT_EQ(secrets.redact("sesamesesame"), "******");
  EXPECT_EQ(secrets.redact(""), "");
}

TEST(Redact, WhatASectionRead) {
  constexpr Key kKeys[] = {{.name = "pwd", .secret = true}};
  Secrets secrets;
  Diagnostics out;
  const Section section(parse_yaml("pwd: \"hunter22\"\n", "c.yaml", out), kKeys, secrets, out);
  EXPECT_EQ(section.text("pwd"), "hunter22");
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(out.text().find("hunter22"), std::string::npos);
  EXPECT_EQ(secrets.redact("login with hunter22 failed"), "login with *** failed");
}

}  // namespace
}  // namespace meshgate::config
