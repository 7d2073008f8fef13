#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshgate::app {

/// A field whose value differs between two contents; values as JSON, empty: the content has no such field.
struct FieldDifference {
  std::string name;
  std::string before;
  std::string after;
};

/// The fields in which two canonical contents differ, by name. Nothing where one of them is empty.
std::vector<FieldDifference> content_difference(std::string_view before, std::string_view after);

}  // namespace meshgate::app
