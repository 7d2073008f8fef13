#include "connectors/ldap/entry.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/ranges.hpp"
#include "connectors/ldap/shut_out.hpp"
#include "connectors/ldap/times.hpp"
#include "connectors/ldap/value_text.hpp"

namespace meshgate::ldap {

namespace {

/// Places of the columns that every stream has.
constexpr size_t kKey = 0;
constexpr size_t kDn = 1;
constexpr size_t kDisabled = 2;

constexpr std::string_view kChanged = "modifytimestamp";
/// What changes with each change of an entry, where a server has it; modifyTimestamp tells no two changes of one second apart.
constexpr std::array<std::string_view, 2> kVersions = {"entryCSN", "uSNChanged"};

/// The attribute's name without options; nothing where they make it another attribute (a language).
std::optional<std::string> plain_name(std::string_view attribute) {
  const size_t end = std::min(attribute.find(';'), attribute.size());
  const std::string options = lower(attribute.substr(end));
  if (!options.empty() && options != ";binary") return std::nullopt;
  return lower(attribute.substr(0, end));
}

}  // namespace

sdk::Status EntryTable::make(const Schema& schema, const Choice& choice, EntryTable& out) {
  out = EntryTable();
  const bool usual = choice.attributes.empty();
  std::vector<std::string> names = choice.attributes;
  if (usual) names.assign(usual_attributes().begin(), usual_attributes().end());
  const AttributeType* key = schema.find(choice.key);
  if (key == nullptr || key->refused) return sdk::failure(MG_CONFIG, "key: '" + choice.key + "' is " + (key == nullptr ? "not an attribute that the server knows" : "never read") + "; use entryUUID");
  out.key_name_ = key->name;
  out.largest_binary_ = choice.largest_binary;
  const auto add = [&](const std::string& name, int32_t type, std::string_view native, Column kind, uint32_t place) {
    out.places_.emplace(lower(name), out.columns_.add(name, type, native, place == 0, place));
    out.kinds_.push_back(std::move(kind));
  };
  add(key->name, MG_TEXT, "attribute", {Syntax::text, true, key->name}, 1);
  add("dn", MG_TEXT, "name", {Syntax::name, true, "dn"}, 0);
  add("disabled", MG_BOOL, "", {}, 0);
  const auto is_single = [&](const AttributeType& type) {
    return type.single || std::ranges::any_of(choice.single, [&](const std::string& one) { return schema.find(one) == &type; });
  };
  for (const std::string& name : names) {
    const AttributeType* type = schema.find(name);
    if (type == nullptr && usual) continue;
    if (type == nullptr) return sdk::failure(MG_CONFIG, "attributes: the server knows no attribute '" + name + "'; check how it is written");
    if (type->refused) return sdk::failure(MG_CONFIG, "attributes: '" + name + "' is made from one that holds a password, a hash or a key, and is never read; leave it out");
    if (out.places_.contains(lower(type->name))) continue;
    const Column kind{type->syntax, is_single(*type), type->name};
    add(type->name, kind.single && kind.syntax != Syntax::binary ? MG_TEXT : MG_JSON, kind.single ? "attribute" : "attribute, several values", kind, 0);
    out.wanted_.push_back(type->name);
  }
  out.wanted_.push_back(out.key_name_);
  for (const std::string_view name : shut_out_attributes()) {
    if (schema.find(name) != nullptr) out.wanted_.emplace_back(name);
  }
  out.version_name_ = "modifyTimestamp";
  for (const std::string_view name : kVersions) {
    if (schema.find(name) != nullptr) out.version_name_ = name;
  }
  if (!out.places_.contains(std::string(kChanged))) out.wanted_.emplace_back("modifyTimestamp");
  out.values_.resize(out.columns_.size());
  out.texts_.resize(out.columns_.size());
  return {};
}

void EntryTable::clear() {
  std::ranges::fill(values_, sdk::null_value());
  fault_.clear();
  partial_.clear();
  changed_us_ = 0;
}

void EntryTable::fill_key(std::string_view key) {
  clear();
  texts_[kKey] = key;
  values_[kKey] = sdk::string_value(MG_TEXT, texts_[kKey]);
}

const std::string& EntryTable::fill(LDAP* handle, LDAPMessage* entry) {
  clear();
  now_s_ = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  BerElement* element = nullptr;
  berval dn{};
  const int begun = ldap_get_dn_ber(handle, entry, &element, &dn);
  const Walk owned(element);
  if (begun != LDAP_SUCCESS) {
    fault_ = "the server's answer cannot be read";
    return fault_;
  }
  dn_ = normal_dn(view(dn));
  values_[kDn] = sdk::string_value(MG_TEXT, dn_);
  values_[kDisabled] = sdk::bool_value(false);
  if (!valid_utf8(dn_)) fault(kDn, "is not UTF-8");
  while (true) {
    berval name{};
    berval* values = nullptr;
    if (ldap_get_attribute_ber(handle, entry, element, &name, &values) != LDAP_SUCCESS || name.bv_val == nullptr) break;
    size_t count = 0;
    while (values != nullptr && values[count].bv_val != nullptr) ++count;
    take(view(name), values, count);
    ber_memfree(values);
  }
  if (values_[kKey].kind == MG_NULL && fault_.empty()) fault(kKey, "is missing: this account may not read it, or the entry has none");
  return fault_;
}

void EntryTable::take(std::string_view attribute, berval* values, size_t count) {
  if (const auto range = range_of(attribute); range && places_.contains(lower(range->attribute))) partial_.emplace_back(range->attribute);
  const auto name = plain_name(attribute);
  if (!name || count == 0) return;
  for (size_t i = 0; i < count; ++i) {
    if (shuts_out(*name, view(values[i]), now_s_)) values_[kDisabled] = sdk::bool_value(true);
  }
  if (*name == kChanged) changed_us_ = micros_of(view(values[0])).value_or(0);
  const auto at = places_.find(*name);
  if (at != places_.end() && at->second != kDn && at->second != kDisabled) take_column(at->second, {values, count});
}

const std::string& EntryTable::fill_rest(const std::string& attribute, std::span<const std::string> values) {
  std::vector<berval> borrowed;
  borrowed.reserve(values.size());
  for (const std::string& one : values) borrowed.push_back(borrow(one));
  if (!borrowed.empty()) take_column(places_.at(lower(attribute)), borrowed);
  return fault_;
}

void EntryTable::take_column(size_t at, std::span<berval> values) {
  const Column& kind = kinds_[at];
  if (kind.syntax != Syntax::binary && !std::ranges::all_of(values, [](const berval& one) { return valid_utf8(view(one)); })) return fault(at, "is not UTF-8");
  if (kind.single && kind.syntax != Syntax::binary) return take_single(at, values);
  std::vector<std::string> all;
  all.reserve(values.size());
  for (const berval& one : values) {
    std::string& text = all.emplace_back();
    if (kind.syntax == Syntax::binary) {
      append_reference(text, view(one), largest_binary_);
    } else {
      append_json(text, kind.syntax == Syntax::name ? normal_dn(view(one)) : std::string(view(one)));
    }
  }
  std::ranges::sort(all);
  std::string& out = texts_[at];
  out = kind.single ? "" : "[";
  for (size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out += ',';
    out += all[i];
  }
  if (!kind.single) out += ']';
  values_[at] = sdk::string_value(MG_JSON, out);
}

/// What is in the entry's name comes before others: who is called "cn=Anna" is not shown under another of her names.
void EntryTable::take_single(size_t at, std::span<berval> values) {
  const Column& kind = kinds_[at];
  std::string_view text = view(values[0]);
  if (values.size() > 1) text = from_name(kind.name, values);
  texts_[at] = kind.syntax == Syntax::name ? normal_dn(text) : std::string(text);
  values_[at] = sdk::string_value(MG_TEXT, texts_[at]);
}

std::string_view EntryTable::from_name(const std::string& attribute, std::span<berval> values) const {
  const std::string_view first = first_part(dn_);
  std::string_view least = view(values[0]);
  for (const berval& one : values) {
    if (normal_dn(attribute + "=" + std::string(view(one))) == first) return view(one);
    least = std::min(least, view(one));
  }
  return least;
}

void EntryTable::fault(size_t at, std::string_view what) {
  if (fault_.empty()) fault_ = "column " + std::string(sdk::view(columns_[at].name)) + " " + std::string(what);
}

void EntryTable::note(Trail& trail) const {
  for (const mg_value& value : values_) {
    trail.add(value.kind == MG_NULL ? std::string_view("\x01") : value.kind == MG_BOOL ? std::string_view(value.i != 0 ? "\x02" : "\x03") : sdk::view(value.s));
  }
}

}  // namespace meshgate::ldap
