#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/format/field.hpp"
#include "connectors/kafka/format/json_tree.hpp"

namespace meshgate::kafka::format {

/// The kind of a JSON value of which nothing else is known; MG_NULL for null.
int32_t inferred_kind(const Json& json);

/// A JSON value as one of this kind, or false. Texts, dates and so on are strings; a decimal may be a string of digits.
bool json_value(const Json& json, int32_t kind, Texts& texts, mg_value& out);

using DeclaredTypes = std::map<std::string, int32_t, std::less<>>;

/// Reads "total:decimal"; MG_CONFIG names the entry that is wrong.
sdk::Status read_types(const std::vector<std::string>& entries, DeclaredTypes& out);

/// Fields of JSON without a schema: an object's members, anything else as one field `lone`.
class FieldsAsMet {
 public:
  FieldsAsMet(std::string lone, DeclaredTypes types) : lone_(std::move(lone)), types_(std::move(types)) {}

  /// Adds them to `out`. What is wrong, with the field's name; empty: nothing.
  std::string add(const Json& json, Decoded& out);
  [[nodiscard]] const DeclaredTypes& declared() const { return types_; }

 private:
  std::string add_one(std::string_view name, const Json& json, Decoded& out) const;

  std::string lone_;
  DeclaredTypes types_;
  std::vector<std::string_view> names_;
};

/// The value as it stands in the text, shortened, for messages.
std::string shown(std::string_view token);

/// "total: cheap is not decimal".
std::string mismatch(std::string_view field, const Json& json, int32_t kind);

/// What is wrong with the names of an object's members, or empty: each must be there once and have a name. `sorted` is room to work in.
std::string names_fault(const Json& object, std::vector<std::string_view>& sorted);

}  // namespace meshgate::kafka::format
