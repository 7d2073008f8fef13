#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/access/directory.hpp"
#include "gateway/access/principal.hpp"
#include "gateway/access/rules.hpp"

namespace meshgate::access {

/// Somebody who asks, as the directory has them, and what is asked for. Finds the groups they are in when a rule first wants to know. Borrows.
class Asker {
 public:
  /// `person`: null: no person asks, or none the directory lets in. No partition: any would do.
  Asker(const Directory& directory, const Principal& who, const Person* person, std::optional<std::string_view> partition)
      : directory_(directory), who_(who), person_(person), partition_(partition) {}

  /// Whether a rule lets them in.
  [[nodiscard]] bool fits(const Rule& rule);
  /// The first that does; null: none.
  [[nodiscard]] const Rule* first_of(const Rules& rules);
  /// The group by which a rule lets them in; null: it does not, or asks for none.
  [[nodiscard]] const Group* group_of(const Rule& rule);

 private:
  [[nodiscard]] Reach& reach();
  [[nodiscard]] const Group* group_of_any_partition(const Rule& rule);
  [[nodiscard]] bool has_attribute(const Rule& rule) const;

  const Directory& directory_;
  const Principal& who_;
  const Person* person_;
  std::optional<std::string_view> partition_;
  std::optional<Reach> reach_;
};

/// The text, in its one form, by which a rule names its group in a partition.
std::string group_named(const Rule& rule, std::string_view partition);

}  // namespace meshgate::access
