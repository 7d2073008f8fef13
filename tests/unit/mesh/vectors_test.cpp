// Every golden vector of vectors.json, which vectors.py makes without any of our code.
#include "tests/unit/mesh/vectors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

#include "mesh/cursor.hpp"
#include "mesh/item.hpp"
#include "mesh/lines.hpp"
#include "mesh/record.hpp"

namespace meshgate::testing {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

std::string shown(element row) { return simdjson::minify(row); }

template <class Check>
void each(const char* section, Check check) {
  std::size_t count = 0;
  for (const element row : array(vectors()[section])) {
    SCOPED_TRACE(row.is_string() ? std::string(std::string_view(row)) : shown(row).substr(0, 300));
    check(row);
    ++count;
  }
  EXPECT_GT(count, 0U) << section;
}

TEST(Vectors, Values) {
  std::set<Type> met;
  each("values", [&](element row) {
    std::string storage;
    const Value value = value_of(row, storage);
    met.insert(value.type);
    std::string json;
    EXPECT_EQ(append_json(json, value), Exact::exact);
    EXPECT_EQ(json, text(row, "json"));
    std::string plain;
    EXPECT_EQ(append_text(plain, value), Exact::exact);
    EXPECT_EQ(plain, text(row, "text"));
  });
  EXPECT_EQ(met.size(), 14U) << "a type without a vector";
}

TEST(Vectors, ValuesComeBackFromTheirText) {
  each("values", [&](element row) {
    std::string given_storage;
    std::string storage;
    const Value given = value_of(row, given_storage);
    const std::string plain = text(row, "text");
    const auto value = parse_text(given.type, plain, storage);
    ASSERT_TRUE(value.has_value());
    std::string again;
    EXPECT_EQ(append_text(again, *value), Exact::exact);
    EXPECT_EQ(again, plain);
    if (given.type == Type::float32 || given.type == Type::float64) {
      EXPECT_EQ(value->real, given.real);
      EXPECT_EQ(std::signbit(value->real), std::signbit(given.real));
    }
    if (given.type == Type::bytes || given.type == Type::uuid) {
      EXPECT_EQ(value->text, given.text);
    }
  });
}

TEST(Vectors, RefusedValuesLeaveNothingBehind) {
  each("refused_values", [&](element row) {
    std::string storage;
    const Value value = value_of(row, storage, true);
    std::string out = "before";
    const Exact json = append_json(out, value);
    const Exact plain = append_text(out, value);
    EXPECT_EQ(out, "before");
    EXPECT_EQ(json, plain);
    constexpr std::array kNames = {"exact", "not_finite", "bad_utf8", "bad_decimal", "out_of_range", "bad_json", "bad_uuid", "not_float32"};
    EXPECT_EQ(kNames[static_cast<std::size_t>(json)], text(row, "verdict"));
    EXPECT_FALSE(describe(json).empty());
  });
}

/// A schema whose fields are all in the key, and the values of a row.
struct KeyRow {
  Schema schema;
  std::vector<std::string> storage;
  std::vector<Value> values;

  explicit KeyRow(element row) {
    const array given(row["values"]);
    storage.resize(given.size());
    for (const element one : given) {
      const std::size_t i = values.size();
      values.push_back(value_of(one, storage[i]));
      schema.fields.push_back({"k" + std::to_string(i), values[i].type, false, static_cast<int>(i) + 1, ""});
    }
  }
};

TEST(Vectors, Keys) {
  each("keys", [&](element row) {
    const KeyRow key(row);
    std::string out;
    ASSERT_TRUE(append_key(out, key.schema, key.values));
    EXPECT_EQ(out, text(row, "key"));
    const auto parts = split_key(out, key.values.size());
    ASSERT_EQ(parts.size(), key.values.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      std::string plain;
      ASSERT_EQ(append_text(plain, key.values[i]), Exact::exact);
      EXPECT_EQ(parts[i], plain);
    }
  });
}

TEST(Vectors, RefusedKeys) {
  each("refused_keys", [&](element row) {
    const KeyRow key(row);
    std::string out = "before";
    const auto done = append_key(out, key.schema, key.values);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::bad_record);
    EXPECT_EQ(out, "before");
  });
}

TEST(Vectors, Items) {
  each("items", [&](element row) { EXPECT_EQ(content_hash(text(row, "id"), text(row, "content")).bits.hex(), text(row, "hash")); });
}

TEST(Vectors, Revisions) {
  each("revisions", [&](element row) {
    const auto rev = Revision::parse(text(row, "rev"));
    ASSERT_TRUE(rev.has_value());
    EXPECT_EQ(rev->n, natural(row, "n"));
    EXPECT_EQ(rev->hash.bits.hex(), text(row, "hash"));
    EXPECT_EQ(rev->text(), text(row, "rev"));
  });
  each("refused_revisions", [&](element row) { EXPECT_FALSE(Revision::parse(std::string_view(row))); });
}

TEST(Vectors, Digests) {
  each("digests", [&](element row) {
    Digest digest;
    for (const element hash : array(row["add"])) digest.add({*Bits128::from_hex(std::string_view(hash))});
    for (const element hash : array(row["remove"])) digest.remove({*Bits128::from_hex(std::string_view(hash))});
    EXPECT_EQ(digest.text(), text(row, "digest"));
    const auto parsed = Digest::parse(text(row, "digest"));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*parsed, digest);
  });
  each("refused_digests", [&](element row) { EXPECT_FALSE(Digest::parse(std::string_view(row))); });
}

TEST(Vectors, Cursors) {
  each("cursors", [&](element row) {
    const auto cursor = Cursor::parse(text(row, "cursor"));
    ASSERT_TRUE(cursor.has_value());
    EXPECT_EQ(cursor->epoch.bits.hex(), text(row, "epoch"));
    EXPECT_EQ(number(cursor->seq), natural(row, "seq"));
    EXPECT_EQ(number(cursor->low), natural(row, "low"));
    EXPECT_EQ(number(cursor->high), natural(row, "high"));
    EXPECT_EQ(cursor->text(), text(row, "cursor"));
  });
  each("refused_cursors", [&](element row) { EXPECT_FALSE(Cursor::parse(std::string_view(row))); });
}

TEST(Vectors, Schemas) {
  each("schemas", [&](element row) {
    const Schema schema = schema_of(row["schema"]);
    std::string json;
    append_json(json, schema);
    EXPECT_EQ(json, text(row, "json"));
    const auto parsed = parse_schema(json);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->version, schema.version);
    EXPECT_EQ(parsed->fields, schema.fields);
  });
  each("refused_schemas", [&](element row) { EXPECT_FALSE(parse_schema(std::string_view(row))); });
}

/// Writes a line from its members.
std::string written(element row) {
  std::string out;
  const std::string kind = text(row, "kind");
  if (kind == "put") {
    append_put(out, Seq{natural(row, "seq")}, text(row, "id"), *Revision::parse(text(row, "rev")), Micros{integer(row, "at")}, text(row, "content"));
  } else if (kind == "gone") {
    append_gone(out, Seq{natural(row, "seq")}, text(row, "id"));
  } else if (kind == "trim") {
    append_trim(out, Seq{natural(row, "seq")}, Seq{natural(row, "through")});
  } else if (kind == "range") {
    append_range(out, {Seq{natural(row, "after")}, Seq{natural(row, "to")}, Seq{natural(row, "head")}, Seq{natural(row, "floor")}});
  } else if (kind == "schema") {
    append_schema(out, schema_of(row["schema"]));
  } else {
    Mark mark;
    mark.cursor = *Cursor::parse(text(row, "cursor"));
    mark.caught_up = flag(row, "caught_up");
    mark.floor = Seq{natural(row, "floor")};
    mark.count = natural(row, "count");
    mark.digest = *Digest::parse(text(row, "digest"));
    mark.as_of = Micros{integer(row, "as_of")};
    mark.loading = flag(row, "loading");
    append_mark(out, mark);
  }
  return out;
}

/// Writes again what a parser made of a line.
struct Again {
  std::string operator()(const PutLine& line) const { return append_put(out(), line.seq, line.id, line.rev, line.at, line.content), text; }
  std::string operator()(const GoneLine& line) const { return append_gone(out(), line.seq, line.id), text; }
  std::string operator()(const Mark& line) const { return append_mark(out(), line), text; }
  std::string operator()(const Schema& line) const { return append_schema(out(), line), text; }
  std::string operator()(const TrimLine& line) const { return append_trim(out(), line.seq, line.through), text; }
  std::string operator()(const RangeLine& line) const { return append_range(out(), line), text; }
  std::string& out() const { return text; }
  mutable std::string text{};
};

TEST(Vectors, LinesAreWrittenAndRead) {
  LineParser parser;
  each("lines", [&](element row) {
    const std::string line = text(row, "line");
    EXPECT_EQ(written(row), line + "\n");
    const auto parsed = parser.parse(line);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(std::visit(Again{}, *parsed), line + "\n");
  });
}

TEST(Vectors, LinesOfOtherWritersAreRead) {
  LineParser parser;
  each("loose_lines", [&](element row) {
    const auto parsed = parser.parse(text(row, "line"));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(std::visit(Again{}, *parsed), text(row, "as") + "\n");
  });
}

TEST(Vectors, RefusedLines) {
  LineParser parser;
  each("refused_lines", [&](element row) {
    const auto parsed = parser.parse(text(row, "line"));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(word(parsed.error().code), text(row, "code"));
    EXPECT_FALSE(parsed.error().message.empty());
  });
}

}  // namespace
}  // namespace meshgate::testing
