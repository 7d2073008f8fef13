#include "mapping/read.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "config/keys.hpp"
#include "mapping/pattern.hpp"
#include "mapping/read_source.hpp"

namespace meshgate::mapping {

namespace {

using config::Diagnostics;
using config::Node;
using Kind = Node::Kind;

void take_field(FieldRule rule, Rules& rules, Diagnostics& out) {
  const std::string fault = field_name_fault(rule.name);
  if (!fault.empty()) return out.add(rule.place, fault);
  const auto same = [&](const FieldRule& one) { return one.name == rule.name; };
  const auto first = std::find_if(rules.fields.begin(), rules.fields.end(), same);
  if (first != rules.fields.end()) {
    return out.add(rule.place, "the field '" + rule.name + "' stands here a second time; the first is at " + first->place.text());
  }
  rules.fields.push_back(std::move(rule));
}

/// [a, b]: the columns that become fields of the same name.
void read_picks(const Node& node, Rules& rules, Diagnostics& out) {
  for (const Node& one : node.elements()) {
    if (one.kind() != Kind::scalar || is_pattern(one.scalar())) {
      out.add(one.place(), "a list of fields holds names of columns", "to rename or compute, write fields: { name: column }");
      continue;
    }
    auto source = read_text_source(one, out);
    if (source) take_field({one.scalar(), one.place(), std::move(*source)}, rules, out);
  }
}

/// "*": true, or "*": { except: [a, b] }.
void read_others(const Node& node, Rules& rules, Diagnostics& out) {
  rules.others = true;
  if (node.kind() == Kind::scalar && node.scalar() == "true" && !node.quoted()) return;
  const auto wrong = [&](const config::Place& place) {
    out.add(place, "\"*\" takes all columns that no other rule takes", "write \"*\": true, or \"*\": { except: [a, b] }");
  };
  const Node except = node["except"];
  if (node.kind() != Kind::mapping || node.entries().size() != 1 || except.kind() != Kind::sequence) return wrong(node.place());
  for (const Node& one : except.elements()) {
    if (one.kind() != Kind::scalar) {
      wrong(one.place());
    } else if (!config::report_misread(one, out)) {
      rules.except.push_back({one.scalar(), one.place()});
    }
  }
}

void read_rules(const Node& node, Rules& rules, Diagnostics& out) {
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "*") {
      read_others(entry.value, rules, out);
      continue;
    }
    auto source = read_source(entry.value, out);
    if (source) take_field({entry.key, entry.key_place, std::move(*source)}, rules, out);
  }
}

bool names_column(const Source& source) { return source.kind == Source::Kind::column && !source.cast; }

/// A column, a template or a list of them.
std::vector<Source> read_texts(const Node& node, std::string_view what, Diagnostics& out) {
  std::vector<Source> made;
  const auto take = [&](const Node& one) {
    if (one.kind() != Kind::scalar) {
      return out.add(one.place(), std::string(what) + " is a column, a template such as \"{a}-{b}\", or a list of them");
    }
    if (auto source = read_text_source(one, out)) made.push_back(std::move(*source));
  };
  if (node.kind() != Kind::sequence) {
    take(node);
    return made;
  }
  for (const Node& one : node.elements()) take(one);
  if (node.elements().empty()) out.add(node.place(), std::string(what) + " names nothing", "name a column, or leave the key out");
  return made;
}

}  // namespace

std::string field_name_fault(std::string_view name) {
  if (name.empty()) return "a field needs a name";
  if (name.size() > kMaxFieldName) return "the field's name is longer than " + std::to_string(kMaxFieldName) + " bytes";
  if (!valid_utf8(name)) return "the field's name is not UTF-8";
  const bool control = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (control) return "the field's name has a control character";
  if (name[0] == '_') {
    return "the field '" + std::string(name) +
           "' begins with '_', which is kept for columns that mirrors add (_id, _rev): give it another name";
  }
  return {};
}

void read_fields(const Node& node, Rules& rules, Diagnostics& out) {
  if (!node.present()) return;
  rules.others = false;
  const std::size_t faults = out.all().size();
  if (node.kind() == Kind::sequence) {
    read_picks(node, rules, out);
  } else if (node.kind() == Kind::mapping) {
    read_rules(node, rules, out);
  } else {
    out.add(node.place(), "fields must be a list of columns or a mapping", "write fields: [a, b] or fields: { name: column }");
  }
  if (rules.fields.empty() && !rules.others && out.all().size() == faults) {
    out.add(node.place(), "fields names no field", "name at least one, or leave the key out to take every column");
  }
}

void read_id(const Node& node, Rules& rules, Diagnostics& out) {
  if (!node.present()) return;
  rules.id = read_texts(node, "id", out);
  if (rules.id.size() < 2) return;
  std::vector<std::string_view> seen;
  for (const Source& source : rules.id) {
    if (std::find(seen.begin(), seen.end(), source.parts[0].text) != seen.end()) {
      out.add(source.place, "the column '" + source.parts[0].text + "' stands in the id twice", "take one of them away");
    }
    seen.emplace_back(source.parts[0].text);
    if (!names_column(source))
      out.add(source.place, "a list under id holds columns only", "for a template, write it alone: id: \"{a}-{b}\"");
  }
}

void read_partition(const Node& node, Rules& rules, Diagnostics& out) {
  if (node.present()) rules.partition = read_texts(node, "partition", out);
}

}  // namespace meshgate::mapping
