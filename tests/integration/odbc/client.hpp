#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/integration/odbc/sql.hpp"

namespace meshgate::odbc_test {

/// The database's own command-line program: a way to it that shares nothing with the connector, neither driver nor code.
class Client {
 public:
  Client(Kind kind, std::string file) : kind_(kind), file_(std::move(file)) {
    if (kind_ == Kind::postgresql) ::setenv("PGPASSWORD", environment("MESHGATE_TEST_PG_PASSWORD").c_str(), 1);
    if (kind_ == Kind::mariadb) ::setenv("MYSQL_PWD", environment("MESHGATE_TEST_MARIADB_PASSWORD").c_str(), 1);
  }

  /// The lines that a script prints, columns with a space between; a failure is a test failure.
  std::vector<std::string> run(const std::string& script) const {
    const std::string path = (std::filesystem::temp_directory_path() / ("client_" + std::to_string(::getpid()) + ".sql")).string();
    std::ofstream(path) << script;
    std::vector<std::string> out(1);
    FILE* pipe = ::popen((command() + " <" + path + " 2>&1").c_str(), "r");
    char chunk[65536];
    while (std::fgets(chunk, sizeof chunk, pipe) != nullptr) {
      out.back() += chunk;
      if (!out.back().ends_with('\n')) continue;
      out.back().pop_back();
      out.emplace_back();
    }
    out.pop_back();
    if (::pclose(pipe) != 0) {
      for (std::size_t i = out.size() - std::min<std::size_t>(out.size(), 4); i < out.size(); ++i) ADD_FAILURE() << out[i].substr(0, 1000);
    }
    std::filesystem::remove(path);
    return out;
  }

 private:
  [[nodiscard]] std::string command() const {
    const auto of = [](const char* name) { return environment(name); };
    switch (kind_) {
      case Kind::postgresql:
        return "psql -X -q -At -F ' ' -v ON_ERROR_STOP=1 -h " + of("MESHGATE_TEST_PG_HOST") + " -p " + of("MESHGATE_TEST_PG_PORT") + " -U " + of("MESHGATE_TEST_PG_USER") + " " + of("MESHGATE_TEST_PG_DB");
      case Kind::mariadb:
        return "mariadb --no-defaults -N -B --default-character-set=utf8mb4 -h " + of("MESHGATE_TEST_MARIADB_HOST") + " -P " + of("MESHGATE_TEST_MARIADB_PORT") + " -u " + of("MESHGATE_TEST_MARIADB_USER") + " " + of("MESHGATE_TEST_MARIADB_DB");
      default: return "sqlite3 -batch -bail -noheader -separator ' ' " + file_;
    }
  }

  Kind kind_;
  std::string file_;
};

}  // namespace meshgate::odbc_test
