#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"

namespace meshgate::config {

/// A YAML value with its place. Cheap to copy (shares the document); immutable; thread safe.
class Node {
 public:
  enum class Kind { absent, null, scalar, sequence, mapping };

  struct Entry;

  Node() = default;  ///< absent
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool present() const { return kind() != Kind::absent; }
  [[nodiscard]] const Place& place() const;
  /// A scalar as written, quotes taken off, ${…} not yet replaced; empty for other kinds.
  [[nodiscard]] const std::string& scalar() const;
  /// Whether a scalar stood in quotes: "42" is a text, 42 may be a number.
  [[nodiscard]] bool quoted() const;
  /// Entries of a sequence.
  [[nodiscard]] const std::vector<Node>& elements() const;
  /// Entries of a mapping in file order; keys are scalars and unique.
  [[nodiscard]] const std::vector<Entry>& entries() const;
  /// The value under a key of a mapping, or absent.
  [[nodiscard]] Node operator[](std::string_view key) const;

 private:
  friend class Document;
  struct Data;
  std::shared_ptr<const Data> data_;
};

struct Node::Entry {
  std::string key;
  Place key_place;
  Node value;
};

/// Parses YAML. Syntax errors, duplicate keys, keys that are not scalars, merge keys, and nesting deeper than 64 levels go to `out`; the
/// node that is returned leaves out what was wrong. Anchors and aliases work. Never throws.
Node parse_yaml(std::string_view text, const std::string& file, Diagnostics& out);
/// The same from a file; a file that cannot be read is a diagnostic.
Node read_yaml(const std::string& file, Diagnostics& out);

}  // namespace meshgate::config
