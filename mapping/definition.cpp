#include <algorithm>

#include "mapping/mapping.hpp"
#include "mapping/pattern.hpp"
#include "mapping/read.hpp"
#include "mapping/rules.hpp"

namespace meshgate::mapping {

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string source_text(const Source& source) {
  switch (source.kind) {
    case Source::Kind::constant: return "const " + std::string(name(source.type)) + ' ' + quoted(source.parts[0].text);
    case Source::Kind::pattern: return "template " + quoted(pattern_text(source.parts));
    case Source::Kind::column: break;
  }
  const std::string cast = source.cast ? " as " + std::string(name(*source.cast)) : std::string();
  return "column " + quoted(source.parts[0].text) + cast;
}

void add_sources(std::string& out, std::string_view what, const std::vector<Source>& sources) {
  for (const Source& source : sources) out.append(what).append(source_text(source)).append(1, '\n');
}

}  // namespace

Definition::Definition() : rules_(std::make_shared<const Rules>()) {}
Definition::~Definition() = default;
Definition::Definition(const Definition&) = default;
Definition::Definition(Definition&&) noexcept = default;
Definition& Definition::operator=(const Definition&) = default;
Definition& Definition::operator=(Definition&&) noexcept = default;

Definition Definition::read(const config::Node& fields, const config::Node& id, const config::Node& partition, config::Diagnostics& out) {
  Rules rules;
  read_fields(fields, rules, out);
  read_id(id, rules, out);
  read_partition(partition, rules, out);
  Definition made;
  made.rules_ = std::make_shared<const Rules>(std::move(rules));
  return made;
}

std::string Definition::fingerprint() const {
  std::vector<std::string> lines;
  for (const FieldRule& rule : rules_->fields) lines.push_back("field " + quoted(rule.name) + " = " + source_text(rule.source) + '\n');
  if (rules_->others) lines.emplace_back("others\n");
  for (const Named& one : rules_->except) lines.push_back("except " + quoted(one.name) + '\n');
  std::sort(lines.begin(), lines.end());
  std::string out = "mapping 1\n";
  for (const std::string& line : lines) out.append(line);
  add_sources(out, "id ", rules_->id);
  add_sources(out, "partition ", rules_->partition);
  return out;
}

bool Definition::divided() const { return !rules_->partition.empty(); }

}  // namespace meshgate::mapping
