#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// How an attribute's values are carried.
enum class Syntax : std::uint8_t {
  text,
  name,   ///< a distinguished name; comes in its normal form
  binary  ///< comes as a reference: hash, type, size
};

/// What the server's schema says of an attribute.
struct AttributeType {
  std::string name;  ///< its first one
  Syntax syntax = Syntax::text;
  bool single = false;   ///< one value at most
  bool refused = false;  ///< it, or what it is made from, is a password, a hash or a key
};

/// The attribute types of a server's subschema.
class Schema {
 public:
  /// Adds the description of one type; what cannot be parsed is left out.
  void add(std::string_view description);
  /// After the last add(): what a type leaves to its superior is taken from there.
  void settle();
  /// By any of its names or its number; null: not known.
  [[nodiscard]] const AttributeType* find(std::string_view name) const;
  [[nodiscard]] bool empty() const { return types_.empty(); }

 private:
  struct Described {
    AttributeType type;
    std::vector<std::string> names;  ///< all of them and the number, in small letters
    std::string superior;            ///< in small letters; empty: none
    std::string number;              ///< of the syntax; empty: the superior's
  };
  std::vector<Described> types_;
  std::unordered_map<std::string, size_t> by_name_;
};

/// Whether an attribute of this name is never read, whatever anybody asks for: passwords, their hashes, and keys.
bool refused_name(std::string_view name);

}  // namespace meshgate::ldap
