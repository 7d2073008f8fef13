#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/node.hpp"
#include "mapping/rules.hpp"
#include "mesh/schema.hpp"

namespace meshgate::mapping {

/// A text made of an item's fields: "{number} for {customer}", or one field alone. Its parts name fields where a Source's name columns.
struct Wording {
  std::vector<Part> parts;
  config::Place place;

  /// One field with nothing around it.
  [[nodiscard]] bool alone() const { return parts.size() == 1 && parts[0].column; }
};

/// How a feed's items are shown to people and to feed readers. It changes no item: it is applied when they are served.
struct Presentation {
  std::optional<Wording> title;
  std::optional<Wording> summary;
  std::optional<Wording> link;     ///< begins with http:// or https://, or is a field alone
  std::optional<Wording> updated;  ///< an instant

  /// Equal texts mean the same presentation.
  [[nodiscard]] std::string fingerprint() const;
};

/// Reads `title`, `summary`, `link` and `updated` of a feed's entry; what is wrong with them as such goes to `out`.
Presentation read_presentation(const config::Node& feed, config::Diagnostics& out);

/// Whether the items have the fields, and `updated` is of a type that tells an instant.
void check_presentation(const Presentation& presentation, const Schema& items, config::Diagnostics& out);

/// The canonical text of an item's field; nothing where it is NULL or not there.
using TextOf = std::function<std::optional<std::string_view>(std::string_view field)>;

/// The text, or nothing where one of its fields has no value.
std::optional<std::string> worded(const Wording& wording, const TextOf& text_of);

/// The same for a link: what comes from fields is percent-encoded, unless the field alone is the link. Nothing also where that is not one of
/// http or https.
std::optional<std::string> worded_link(const Wording& wording, const TextOf& text_of);

}  // namespace meshgate::mapping
