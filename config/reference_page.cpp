#include "config/describe.hpp"
#include "config/scalars.hpp"

namespace meshgate::config {

namespace {

/// A path as a reader would say it: feeds.<name>.from.
std::string readable(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '*') {
      out.append("<name>");
    } else {
      out += c;
    }
  }
  return out;
}

std::string code(std::string_view text) {
  std::string out(1, '`');
  return out.append(text).append(1, '`');
}

/// Text for a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string limits(const Key& key) {
  if (key.least == 0 && key.most == 0) return {};
  std::string out = "at least ";
  out.append(written_number(key.form, key.least));
  if (key.most != 0) out.append(", at most ").append(written_number(key.form, key.most));
  return out;
}

void add_row(std::string& out, const Key& key) {
  out.append("| ").append(key.name == "*" ? std::string("any other") : code(key.name));
  out.append(" | ").append(cell(example(key.form)));
  out.append(" | ").append(key.required ? std::string("required") : key.fallback.empty() ? std::string() : code(cell(key.fallback)));
  out.append(" | ").append(cell(key.help));
  if (const std::string range = limits(key); !range.empty()) out.append(" (").append(range).append(1, ')');
  if (key.secret) out.append(" Secret: write `${file:PATH}` or `${env:NAME}`.");
  out.append(" |\n");
}

}  // namespace

std::string reference_page(std::span<const Described> sections, std::string_view title) {
  std::string out = "# ";
  out.append(title).append(1, '\n');
  for (const Described& section : sections) {
    out.append("\n## ").append(section.path.empty() ? std::string("The file") : code(readable(section.path))).append("\n\n");
    if (!section.help.empty()) out.append(section.help).append("\n\n");
    if (section.keys.empty()) continue;
    out.append("| key | form | default | meaning |\n|---|---|---|---|\n");
    for (const Key& key : section.keys) add_row(out, key);
  }
  return out;
}

}  // namespace meshgate::config
