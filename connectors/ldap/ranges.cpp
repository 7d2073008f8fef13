#include "connectors/ldap/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/server_facts.hpp"

namespace meshgate::ldap {

namespace {

/// How often an entry may change while it is read, before that is left for later.
constexpr int kChanges = 10;

bool take_number(std::string_view& text, std::uint64_t& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

/// One answer: the values from `first` on.
struct Part {
  bool seen = false;   ///< the entry is there
  bool there = false;  ///< and has the attribute
  bool whole = false;  ///< up to the end
  std::uint64_t first = 0;
  std::vector<std::string> values;
  std::string version;
};

Part part_of(LDAP* handle, LDAPMessage* entry, std::string_view attribute, const std::string& version) {
  Part out;
  out.seen = true;
  const std::string wanted = lower(attribute);
  BerElement* element = nullptr;
  for (Text name(ldap_first_attribute(handle, entry, &element)); name != nullptr; name.reset(ldap_next_attribute(handle, entry, element))) {
    const auto range = range_of(name.get());
    const std::string_view plain = range ? range->attribute : name.get();
    std::vector<std::string> values = values_of(handle, entry, name.get());
    if (lower(plain) == lower(version)) out.version = values.empty() ? std::string() : values.front();
    if (lower(plain) != wanted || (!range && values.empty())) continue;
    out.there = true;
    out.first = range ? range->first : 0;
    out.whole = !range || !range->last;
    out.values = std::move(values);
  }
  const Walk owned(element);
  return out;
}

}  // namespace

std::optional<Range> range_of(std::string_view name) {
  constexpr std::string_view kOption = ";range=";
  const size_t at = lower(name).find(kOption);
  if (at == std::string::npos) return std::nullopt;
  Range out{.attribute = name.substr(0, at), .first = 0, .last = std::nullopt};
  std::string_view bounds = name.substr(at + kOption.size());
  if (!take_number(bounds, out.first) || !bounds.starts_with('-')) return std::nullopt;
  bounds.remove_prefix(1);
  if (bounds == "*") return out;
  std::uint64_t last = 0;
  if (!take_number(bounds, last) || !bounds.empty() || last < out.first) return std::nullopt;
  out.last = last;
  return out;
}

sdk::Status read_in_ranges(Link& link, const std::string& dn, const std::string& attribute, const std::string& version, std::vector<std::string>& out) {
  std::string begun;
  out.clear();
  for (int changes = 0; changes < kChanges;) {
    const std::string range = attribute + ";range=" + std::to_string(out.size()) + "-*";
    Part part;
    const Query rest{.base = dn, .scope = LDAP_SCOPE_BASE, .attributes = {range, version}};
    if (sdk::Status asked = link.all(rest, [&](LDAPMessage* entry) { part = part_of(link.handle(), entry, attribute, version); }, LDAP_NO_SUCH_OBJECT); !asked.ok()) return asked;
    if (!part.seen) return sdk::failure(MG_RETRY, "entry '" + dn + "' at " + link.server() + " went away while its '" + attribute + "' was read; it is tried again");
    if (out.empty()) begun = part.version;
    const bool goes_on = part.there && part.first == out.size() && (part.whole || !part.values.empty());
    if (part.version == begun && (goes_on || (out.empty() && !part.there))) {
      std::ranges::move(part.values, std::back_inserter(out));
      if (part.whole || !part.there) return {};
      continue;
    }
    ++changes;
    out.clear();
  }
  return sdk::failure(MG_RETRY, "entry '" + dn + "' at " + link.server() + ": the parts of '" + attribute + "' do not fit together, or it changes all the time; it is read again later");
}

}  // namespace meshgate::ldap
