#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/mapping.hpp"

namespace meshgate::mapping {

inline constexpr std::size_t kMaxContent = std::size_t{32} << 20U;

/// A text made of literals and columns.
struct TextPlan {
  struct Piece {
    bool literal = false;
    std::size_t column = 0;
    std::string text;  ///< the literal, or the column's name
    Type type = Type::text;
  };
  std::vector<Piece> pieces;
};

/// How one field of the content is made.
struct Step {
  enum class Kind : std::uint8_t {
    column,    ///< the value as it is
    cast,      ///< the value, cast
    pattern,   ///< `text`
    constant,  ///< `lead` is all
  };
  Kind kind = Kind::column;
  std::size_t column = 0;
  Type from = Type::text;  ///< what the source announced
  Type type = Type::text;  ///< what is published
  std::string lead;        ///< ,"name": and of a constant its value
  std::string field;
  TextPlan text;
};

/// The columns of a key or id, in order.
struct KeyPlan {
  std::vector<TextPlan::Piece> columns;
};

/// Everything apply() needs, worked out beforehand.
struct Plan {
  std::size_t width = 0;    ///< columns of the source
  std::vector<Step> steps;  ///< sorted by field name
  KeyPlan key;
  bool id_is_key = true;
  KeyPlan id;                       ///< when the id is made of columns
  TextPlan id_text;                 ///< when it is a template
  std::vector<TextPlan> partition;  ///< empty: ""
  Schema schema;
};

class PlannedMapping final : public Mapping {
 public:
  explicit PlannedMapping(Plan plan) : plan_(std::move(plan)) {}

  [[nodiscard]] const Schema& schema() const override { return plan_.schema; }
  [[nodiscard]] bool id_is_key() const override { return plan_.id_is_key; }
  [[nodiscard]] Status apply(const Record& record, MappedItem& out) const override;
  [[nodiscard]] Status key_of(const Record& record, std::string& out) const override;
  [[nodiscard]] std::vector<Value> key_values(std::string_view key, std::vector<std::string>& storage) const override;

 private:
  Status make_id(const Record& record, MappedItem& out) const;
  Status make_partitions(const Record& record, MappedItem& out) const;
  Status make_content(const Record& record, MappedItem& out) const;

  Plan plan_;
};

}  // namespace meshgate::mapping
