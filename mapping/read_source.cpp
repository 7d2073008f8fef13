#include "mapping/read_source.hpp"

#include <algorithm>
#include <vector>

#include "config/keys.hpp"
#include "mapping/casts.hpp"
#include "mapping/pattern.hpp"

namespace meshgate::mapping {

namespace {

using config::Diagnostics;
using config::Node;
using Kind = Node::Kind;

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string out(1, '\'');
  return out.append(text.substr(0, kShown)).append(1, '\'');
}

constexpr std::string_view kForms =
    "write a column's name, a template such as \"{a} {b}\", { column: name, cast: type } or { const: value }";

Source column(const Node& scalar) { return {Source::Kind::column, {{true, scalar.scalar()}}, Type::text, std::nullopt, scalar.place()}; }

Source constant(const Node& scalar, Type type, std::string text) {
  return {Source::Kind::constant, {{false, std::move(text)}}, type, std::nullopt, scalar.place()};
}

/// Quoted: a text. Otherwise what it looks like: true, 42, 12.50, or a word.
std::optional<Source> read_const(const Node& node, Diagnostics& out) {
  if (node.kind() != Kind::scalar) {
    out.add(node.place(), "a constant is a text, a number, true or false", "leave a field out to have no value in it");
    return std::nullopt;
  }
  const std::string& text = node.scalar();
  if (node.quoted()) return constant(node, Type::text, text);
  if (text == "true" || text == "false") return constant(node, Type::boolean, text);
  std::string storage;
  const bool canonical = text == "0" || (text.find_first_not_of("-0") == text.find_first_not_of('-') && text != "-0");
  for (const Type type : {Type::int64, Type::uint64}) {
    if (canonical && parse_text(type, text, storage)) return constant(node, type, text);
  }
  if (text.find('.') != std::string::npos && parse_text(Type::decimal, text, storage) && storage == text) {
    return constant(node, Type::decimal, storage);
  }
  if (config::report_misread(node, out)) return std::nullopt;
  return constant(node, Type::text, text);
}

std::optional<Type> read_cast(const Node& node, Diagnostics& out) {
  const auto type = type_named(node.scalar());
  if (type) return type;
  const std::vector<std::string_view> known = type_names();
  std::string all;
  for (const std::string_view one : known) all.append(all.empty() ? "" : ", ").append(one);
  const std::string hint = config::did_you_mean(node.scalar(), known);
  out.add(node.place(), quoted(node.scalar()) + " is not a type to cast to", hint.empty() ? "one of " + all : hint);
  return std::nullopt;
}

std::optional<Source> read_column(const Node& node, Diagnostics& out) {
  const Node name = node["column"];
  if (name.kind() != Kind::scalar || name.scalar().empty()) {
    out.add(name.present() ? name.place() : node.place(), "the column's name is missing", "write { column: name, cast: type }");
    return std::nullopt;
  }
  if (config::report_misread(name, out)) return std::nullopt;
  Source source = column(name);
  if (const Node cast = node["cast"]; cast.present()) {
    source.cast = read_cast(cast, out);
    if (!source.cast) return std::nullopt;
  }
  return source;
}

std::optional<Source> read_described(const Node& node, Diagnostics& out) {
  static const std::vector<std::string_view> kKeys = {"column", "cast", "const"};
  bool fine = true;
  for (const Node::Entry& entry : node.entries()) {
    if (entry.key == "expr") {
      out.add(entry.key_place, "expressions come with a later version", "for now, use a column, a template, a cast or a constant");
      fine = false;
    } else if (std::find(kKeys.begin(), kKeys.end(), entry.key) == kKeys.end()) {
      const std::string hint = config::did_you_mean(entry.key, kKeys);
      out.add(entry.key_place, "unknown key " + quoted(entry.key), hint.empty() ? std::string(kForms) : hint);
      fine = false;
    }
  }
  if (!fine) return std::nullopt;
  if (!node["const"].present()) return read_column(node, out);
  if (node.entries().size() == 1) return read_const(node["const"], out);
  out.add(node.place(), "const stands alone", "write { const: value }");
  return std::nullopt;
}

}  // namespace

std::optional<Source> read_text_source(const Node& scalar, Diagnostics& out) {
  if (config::report_misread(scalar, out)) return std::nullopt;
  if (scalar.scalar().empty()) {
    out.add(scalar.place(), "an empty text names no column", std::string(kForms));
    return std::nullopt;
  }
  if (!is_pattern(scalar.scalar())) return column(scalar);
  auto parts = parse_pattern(scalar.scalar());
  if (!parts) {
    out.add(scalar.place(), parts.error().message);
    return std::nullopt;
  }
  return Source{Source::Kind::pattern, *std::move(parts), Type::text, std::nullopt, scalar.place()};
}

std::optional<Source> read_source(const Node& node, Diagnostics& out) {
  if (node.kind() == Kind::scalar) return read_text_source(node, out);
  if (node.kind() == Kind::mapping) return read_described(node, out);
  out.add(node.place(), node.kind() == Kind::null ? "the field has no rule" : "a field comes from one rule, not from a list",
          std::string(kForms));
  return std::nullopt;
}

}  // namespace meshgate::mapping
