#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/node.hpp"
#include "config/secrets.hpp"

namespace meshgate::config {

/// What may stand behind a key.
enum class Form : std::uint8_t {
  text,
  integer,
  boolean,   ///< true, false
  duration,  ///< 250ms, 1s, 5m, 2h, 30d
  size,      ///< 512, 64KiB, 10MB
  share,     ///< 10%, 2.5%; in hundredths of a percent
  path,      ///< relative ones start at the configuration file's folder
  list,      ///< of texts; a single text is a list of one
  mapping,   ///< described by the room that reads it
  any,
};

/// One key as a room declares it: from tables of these come parsing, "did you mean", the JSON Schema and the reference page.
struct Key {
  std::string_view name;  ///< "*": any name not in the table (a driver's own keywords); see Section::others
  Form form = Form::text;
  std::string_view fallback;  ///< as it would be written; empty: none
  std::string_view help;      ///< one sentence
  bool required = false;
  bool secret = false;     ///< its value never appears in output; warned when written in clear
  std::int64_t least = 0;  ///< for integer, duration (ms), size and share; both 0: no limit
  std::int64_t most = 0;
};

/// One mapping read against its table of keys. On construction unknown keys ("did you mean"), wrong forms, values out of limits
/// and missing required keys go to the diagnostics; the getters then never fail and give the default.
class Section {
 public:
  Section(Node node, std::span<const Key> keys, Secrets& secrets, Diagnostics& out);

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view name) const;
  [[nodiscard]] std::uint64_t size(std::string_view name) const;
  /// In hundredths of a percent: 10% is 1000.
  [[nodiscard]] std::uint64_t share(std::string_view name) const;
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  [[nodiscard]] Node node(std::string_view name) const;
  /// What was given under names that only a "*" key covers, in file order: name and text.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> others() const;
  /// The place of a key's value, or of the section when it is not given.
  [[nodiscard]] Place place(std::string_view name) const;
  [[nodiscard]] const Node& self() const { return node_; }

 private:
  struct Given {
    std::string_view name;
    const Key* key;
    Node node;
    std::string text;
    std::vector<std::string> list;
  };
  [[nodiscard]] const Given* given(std::string_view name) const;
  [[nodiscard]] const Key* described(std::string_view name) const;
  /// What was given, or the default, as it is written.
  [[nodiscard]] std::string written(std::string_view name) const;
  void read(const Node::Entry& entry, Secrets& secrets, Diagnostics& out);

  Node node_;
  std::vector<Given> given_;
  std::span<const Key> keys_;
};

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<std::uint64_t> parse_size(std::string_view text);
/// 0% to 100% with up to two decimals, in hundredths of a percent.
std::optional<std::uint64_t> parse_share(std::string_view text);

/// What another YAML reader would take an unquoted scalar for ("a yes/no value", "a number"), where that is not the text as written:
/// no, off, 012, 1e3, 12:30. Empty when the scalar is a text to everybody, or a plain whole number.
std::string_view misread_as(const Node& scalar);
/// Reports a scalar with such a trap, and says how to quote it. True when there was one.
bool report_misread(const Node& scalar, Diagnostics& out);

}  // namespace meshgate::config
