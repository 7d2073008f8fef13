#include "connectors/odbc/statement.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

namespace {

std::string read(Engine engine, std::string_view text) {
  std::string out;
  const sdk::Status said = read_statement(engine, text, out);
  return said.ok() ? out : "refused: " + said.message;
}

constexpr Engine kEngines[] = {Engine::postgresql, Engine::mariadb, Engine::sqlite};

}  // namespace

TEST(Statement, IsTakenWithoutWhatFollowsIt) {
  for (const Engine engine : kEngines) {
    EXPECT_EQ(read(engine, "SELECT 1"), "SELECT 1");
    EXPECT_EQ(read(engine, "\n  select id\n  from t ;; \n -- that is all; really\n"), "select id\n  from t");
    EXPECT_EQ(read(engine, "/* first; */ WITH q AS (SELECT 1) SELECT * FROM q /* ) */"), "WITH q AS (SELECT 1) SELECT * FROM q");
    EXPECT_EQ(read(engine, "VALUES (1), (2)"), "VALUES (1), (2)");
    EXPECT_EQ(read(engine, "(SELECT 1) UNION (SELECT 2);"), "(SELECT 1) UNION (SELECT 2)");
    EXPECT_EQ(read(engine, "SELECT ';?)' AS a, \"?;\" -- ?;)\n FROM t"), "SELECT ';?)' AS a, \"?;\" -- ?;)\n FROM t");
    EXPECT_EQ(read(engine, "SELECT 'it''s'';' FROM t"), "SELECT 'it''s'';' FROM t");
  }
}

TEST(Statement, KnowsTheQuotesOfItsDatabase) {
  EXPECT_EQ(read(Engine::postgresql, "SELECT E'it\\';' FROM t"), "SELECT E'it\\';' FROM t");
  EXPECT_EQ(read(Engine::postgresql, "SELECT 'c:\\' FROM t;"), "SELECT 'c:\\' FROM t");
  EXPECT_EQ(read(Engine::postgresql, "SELECT $x$ ; $$ ? ) $x$, $$;$$"), "SELECT $x$ ; $$ ? ) $x$, $$;$$");
  EXPECT_EQ(read(Engine::postgresql, "SELECT a$b$c FROM t"), "SELECT a$b$c FROM t");
  EXPECT_EQ(read(Engine::postgresql, "SELECT 1 /* a /* b */ ; */ AS x"), "SELECT 1 /* a /* b */ ; */ AS x");
  EXPECT_EQ(read(Engine::mariadb, "SELECT `a;?` FROM t # ; ?"), "SELECT `a;?` FROM t");
  EXPECT_EQ(read(Engine::mariadb, "SELECT 3--1 FROM t"), "SELECT 3--1 FROM t");
  EXPECT_EQ(read(Engine::sqlite, "SELECT [a;?] FROM t"), "SELECT [a;?] FROM t");
}

TEST(Statement, RefusesWhatIsNotOneSelect) {
  const std::pair<const char*, const char*> wrong[] = {{"", "it is empty"},
                                                       {" -- nothing", "it is empty"},
                                                       {"DELETE FROM t", "begins with 'DELETE'"},
                                                       {"SELECT 1; DROP TABLE t", "more than one statement"},
                                                       {"SELECT 1) AS t; --", "closed that was not opened"},
                                                       {"SELECT (1", "opened and not closed"},
                                                       {"SELECT 'a", "has no end"},
                                                       {"SELECT \"a", "has no end"},
                                                       {"SELECT 1 /* so", "a comment has no end"},
                                                       {"SELECT a ? b", "nobody gives it a value"}};
  for (const Engine engine : kEngines) {
    for (const auto& [text, said] : wrong) EXPECT_NE(read(engine, text).find(said), std::string::npos) << text << ": " << read(engine, text);
  }
}

}  // namespace meshgate::odbc
