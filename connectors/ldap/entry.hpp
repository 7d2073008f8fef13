#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connectors/ldap/choice.hpp"
#include "connectors/ldap/handle.hpp"
#include "connectors/ldap/position.hpp"
#include "connectors/ldap/schema.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// The columns of a stream, and the entry in hand as their values: the key, `dn`, `disabled`, then the attributes. What fill() makes borrows from the
/// message it was given and from this.
class EntryTable {
 public:
  /// MG_CONFIG names the attribute that the server does not know, or that is never read.
  static sdk::Status make(const Schema& schema, const Choice& choice, EntryTable& out);

  [[nodiscard]] std::span<const mg_column> columns() const { return columns_.all(); }
  /// What a search has to ask for.
  [[nodiscard]] const std::vector<std::string>& wanted() const { return wanted_; }
  [[nodiscard]] const std::string& key_name() const { return key_name_; }

  /// Takes an entry; the sentence says why it cannot be had exactly, and is empty if it can. A key that is missing leaves its value NULL.
  const std::string& fill(LDAP* handle, LDAPMessage* entry);
  /// The key alone, everything else NULL.
  void fill_key(std::string_view key);
  /// Attributes of which the server gave only a part ("member;range=0-1499"): all their values are still to be had, by fill_rest().
  [[nodiscard]] const std::vector<std::string>& partial() const { return partial_; }
  const std::string& fill_rest(const std::string& attribute, std::span<const std::string> values);
  /// Whether the server knows an attribute that says who is shut out.
  [[nodiscard]] bool asks_for(std::string_view name) const { return std::ranges::find(wanted_, name) != wanted_.end(); }
  /// The attribute that has another value after each change of an entry.
  [[nodiscard]] const std::string& version_name() const { return version_name_; }

  [[nodiscard]] std::span<const mg_value> values() const { return values_; }
  [[nodiscard]] std::string_view key() const { return values_[0].kind == MG_NULL ? std::string_view{} : sdk::view(values_[0].s); }
  [[nodiscard]] std::int64_t changed_us() const { return changed_us_; }
  /// What an entry looks like, for people who look at one that could not be taken.
  [[nodiscard]] const std::string& name() const { return dn_; }
  void note(Trail& trail) const;

 private:
  struct Column {
    Syntax syntax = Syntax::text;
    bool single = false;
    std::string name;
  };

  void clear();
  void take(std::string_view attribute, berval* values, size_t count);
  void take_column(size_t at, std::span<berval> values);
  void take_single(size_t at, std::span<berval> values);
  [[nodiscard]] std::string_view from_name(const std::string& attribute, std::span<berval> values) const;
  void fault(size_t at, std::string_view what);

  sdk::Columns columns_;
  std::vector<Column> kinds_;  ///< one for each column
  std::unordered_map<std::string, size_t> places_;
  std::vector<std::string> wanted_;
  std::string key_name_;
  std::string version_name_;
  size_t largest_binary_ = 0;

  std::vector<mg_value> values_;
  std::vector<std::string> texts_;  ///< what values that are not as the message has them borrow
  std::string dn_;
  std::string fault_;
  std::vector<std::string> partial_;
  std::int64_t changed_us_ = 0;
  std::int64_t now_s_ = 0;  ///< when the entry in hand was taken
};

}  // namespace meshgate::ldap
