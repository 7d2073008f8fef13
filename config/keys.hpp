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

namespace meshgate::config {

/// What may stand behind a key.
enum class Form : std::uint8_t {
  text,
  integer,
  boolean,   ///< true, false
  duration,  ///< 250ms, 1s, 5m, 2h, 30d
  size,      ///< 512, 64KiB, 10MB
  path,      ///< relative ones start at the configuration file's folder
  list,      ///< of texts; a single text is a list of one
  mapping,   ///< described by the room that reads it
  any,
};

/// One key as a room declares it: from tables of these come parsing, "did you mean", the JSON Schema and the reference page.
struct Key {
  std::string_view name;
  Form form = Form::text;
  std::string_view fallback;  ///< as it would be written; empty: none
  std::string_view help;      ///< one sentence
  bool required = false;
  bool secret = false;     ///< its value never appears in output; warned when written in clear
  std::int64_t least = 0;  ///< for integer, duration (ms) and size; both 0: no limit
  std::int64_t most = 0;
};

/// Where ${env:…} and ${file:…} values come from, and what must never be printed.
class Secrets {
 public:
  /// Replaces ${env:NAME} and ${file:PATH} (one final newline taken off) and $${ by ${; what is missing goes to `out`. The result
  /// is remembered as a secret when it came from a file or the key is secret.
  std::string expand(const Node& scalar, bool secret, Diagnostics& out);
  /// `text` with every remembered secret (4 or more characters) replaced by "***", plain, percent-encoded or in braces.
  [[nodiscard]] std::string redact(std::string text) const;
  void remember(std::string secret);

 private:
  std::vector<std::string> known_;
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
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  [[nodiscard]] Node node(std::string_view name) const;
  /// The place of a key's value, or of the section when it is not given.
  [[nodiscard]] Place place(std::string_view name) const;
  [[nodiscard]] const Node& self() const { return node_; }

 private:
  struct Given {
    const Key* key;
    Node node;
    std::string text;
  };
  [[nodiscard]] const Given* given(std::string_view name) const;

  Node node_;
  std::vector<Given> given_;
  std::span<const Key> keys_;
};

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace meshgate::config
