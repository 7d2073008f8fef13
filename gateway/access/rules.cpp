#include "gateway/access/rules.hpp"

#include <algorithm>

#include "mesh/reference.hpp"

namespace meshgate::access {

namespace {

constexpr std::string_view kPartition = "{partition}";
constexpr std::string_view kPrincipal = "principal.";
constexpr const char* kForms =
    "write public, signed-in, user:NAME, group:NAME, \"group:NAME-{partition}\", node:SUBJECT, \"principal.NAME == partition\" or \"principal.NAME == 'text'\"";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// What stands behind a prefix such as "group:"; nothing when the text does not begin so.
std::optional<std::string_view> behind(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return trimmed(text.substr(prefix.size()));
}

bool of_field_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

bool has_braces(std::string_view name) { return name.find_first_of("{}") != std::string_view::npos; }

/// One text being read; what is wrong is said at its place.
class Reading {
 public:
  Reading(std::string_view text, const config::Place& place, std::vector<std::string>& attributes, config::Diagnostics& out)
      : text_(trimmed(text)), attributes_(attributes), out_(out) {
    rule_.written = text_;
    rule_.place = place;
  }

  std::optional<Rule> read() {
    if (text_ == "public") return of(Rule::Kind::everybody);
    if (text_ == "signed-in") return of(Rule::Kind::signed_in);
    if (const auto name = behind(text_, "user:")) return named(Rule::Kind::user, *name);
    if (const auto name = behind(text_, "node:")) return named(Rule::Kind::node, *name);
    if (const auto name = behind(text_, "group:")) return group(*name);
    if (const auto condition = behind(text_, kPrincipal)) return attribute(*condition);
    const auto near = config::did_you_mean(text_, {"public", "signed-in"});
    return wrong("'" + rule_.written + "' is no rule of who may read", near.empty() ? kForms : near);
  }

 private:
  std::optional<Rule> of(Rule::Kind kind) {
    rule_.kind = kind;
    return std::move(rule_);
  }

  std::optional<Rule> wrong(std::string message, std::string hint) {
    out_.add(rule_.place, std::move(message), std::move(hint));
    return std::nullopt;
  }

  std::optional<Rule> braces() { return wrong("'" + rule_.written + "' has braces in it that mean nothing", "there is only {partition}, in the name of a group"); }

  std::optional<Rule> named(Rule::Kind kind, std::string_view name) {
    if (name.empty()) return wrong("'" + rule_.written + "' names nobody", kForms);
    if (name.find(kPartition) != std::string_view::npos) {
      return wrong("'" + rule_.written + "' cannot have {partition} in it", "only groups can: \"group:NAME-{partition}\"");
    }
    if (has_braces(name)) return braces();
    rule_.text = kind == Rule::Kind::node ? std::string(name) : reference(name);
    return of(kind);
  }

  std::optional<Rule> group(std::string_view name) {
    const auto at = name.find(kPartition);
    if (at == std::string_view::npos) return named(Rule::Kind::group, name);
    const std::string_view rest = name.substr(at + kPartition.size());
    if (rest.find(kPartition) != std::string_view::npos) return wrong("'" + rule_.written + "' has {partition} in it twice", "write it once");
    if (name.find('=') != std::string_view::npos) {
      return wrong("'" + rule_.written + "' puts {partition} into a distinguished name", "write the group's name: \"group:NAME-{partition}\"");
    }
    if (has_braces(name.substr(0, at)) || has_braces(rest)) return braces();
    rule_.text = reference(name.substr(0, at));
    rule_.rest = reference(rest);
    rule_.by_partition = true;
    return of(Rule::Kind::group);
  }

  /// NAME == partition, NAME == 'text'
  std::optional<Rule> attribute(std::string_view condition) {
    const auto equals = condition.find("==");
    const auto name = trimmed(condition.substr(0, equals));
    if (equals == std::string_view::npos || name.empty() || !std::ranges::all_of(name, of_field_name)) return wrong("'" + rule_.written + "' is no condition", kForms);
    const auto value = trimmed(condition.substr(equals + 2));
    if (value == "partition") {
      rule_.by_partition = true;
    } else if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') && value.find(value.front(), 1) == value.size() - 1) {
      rule_.text = value.substr(1, value.size() - 2);
    } else {
      return wrong("'" + rule_.written + "' compares with neither partition nor a text in quotes", kForms);
    }
    rule_.attribute = place_of(name);
    return of(Rule::Kind::attribute);
  }

  std::size_t place_of(std::string_view name) {
    const auto known = std::ranges::find(attributes_, name) - attributes_.begin();
    const auto place = static_cast<std::size_t>(known);
    if (place == attributes_.size()) attributes_.emplace_back(name);
    return place;
  }

  Rule rule_;
  std::string_view text_;
  std::vector<std::string>& attributes_;
  config::Diagnostics& out_;
};

}  // namespace

std::optional<Rule> read_rule(std::string_view text, const config::Place& place, std::vector<std::string>& attributes, config::Diagnostics& out) {
  return Reading(text, place, attributes, out).read();
}

std::optional<Rule> read_rule(const config::Node& entry, std::vector<std::string>& attributes, config::Diagnostics& out) {
  if (entry.kind() == config::Node::Kind::scalar) return read_rule(entry.scalar(), entry.place(), attributes, out);
  const bool split = entry.kind() == config::Node::Kind::mapping && entry.entries().size() == 1;
  out.add(entry.place(), "a rule of who may read is a text", split ? "write '" + entry.entries()[0].key + ":NAME' without a space behind the colon" : kForms);
  return std::nullopt;
}

Rules read_rules(const config::Node& entries, std::vector<std::string>& attributes, config::Diagnostics& out) {
  Rules rules;
  const auto add = [&](const config::Node& entry) {
    if (auto rule = read_rule(entry, attributes, out)) rules.push_back(std::move(*rule));
  };
  if (entries.kind() == config::Node::Kind::sequence) std::ranges::for_each(entries.elements(), add);
  else if (entries.present()) add(entries);
  return rules;
}

}  // namespace meshgate::access
