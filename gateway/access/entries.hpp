#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshgate::access {

/// What the directory says of a person: the content of an item of `_users`.
struct PersonEntry {
  std::string name;  ///< what they sign in with; empty: they cannot
  std::string dn;    ///< empty: none
  bool disabled = false;
  std::vector<std::vector<std::string>> attributes;  ///< values of those that were asked for, in that order
};

/// The same of a group: the content of an item of `_groups`.
struct GroupEntry {
  std::string name;
  std::string dn;
  std::vector<std::string> members;  ///< anchors, distinguished names or names, of people and of groups
};

/// Reads contents of items. A field that holds several texts is an array, or a text with such an array in it; `members` may also be a text with one
/// member a line. Whole numbers count as the texts they are written as; what is neither is not there. Keeps its memory; not thread safe.
class EntryReader {
 public:
  EntryReader();
  ~EntryReader();
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;

  /// `disabled` is anything but false, 0, "" and "false": what cannot be understood lets nobody in.
  PersonEntry person(std::string_view content, std::span<const std::string> attributes);
  GroupEntry group(std::string_view content);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshgate::access
