#include "tests/unit/config/cases.hpp"

#include <cstdlib>

#include "config/keys.hpp"
#include "config/node.hpp"

namespace meshgate::config {
namespace {

/// A tree in one line, with each value's place: {a@1:4: 'x'}.
void show(std::string& out, const Node& node) {
  const std::string at = '@' + std::to_string(node.place().line) + ':' + std::to_string(node.place().column);
  switch (node.kind()) {
    case Node::Kind::absent: out.append("absent"); return;
    case Node::Kind::null: out.append("null" + at); return;
    case Node::Kind::scalar: out.append((node.quoted() ? '"' : '\'') + node.scalar() + (node.quoted() ? '"' : '\'') + at); return;
    case Node::Kind::sequence:
      out.append("[" + at);
      for (const Node& one : node.elements()) show(out.append(1, ' '), one);
      out.append(" ]");
      return;
    case Node::Kind::mapping:
      out.append("{" + at);
      for (const Node::Entry& one : node.entries()) {
        out.append(' ' + one.key + '@' + std::to_string(one.key_place.line) + ':' + std::to_string(one.key_place.column) + '=');
        show(out, one.value);
      }
      out.append(" }");
  }
}

TEST(ConfigCases, Yaml) {
  cases::check_folder(MESHGATE_CASES "/yaml", [](const cases::Case& one) {
    Diagnostics out;
    const Node root = parse_yaml(one.input, "c.yaml", out);
    std::string text = out.text();
    show(text, root);
    return text + '\n';
  });
}

constexpr Key kKeys[] = {
    {.name = "name", .form = Form::text, .help = "what it is called", .required = true},
    {.name = "count", .form = Form::integer, .fallback = "3", .least = 1, .most = 10},
    {.name = "live", .form = Form::boolean, .fallback = "true"},
    {.name = "every", .form = Form::duration, .fallback = "1s", .least = 10, .most = 3600000},
    {.name = "limit", .form = Form::size, .fallback = "64KiB", .most = 1 << 20},
    {.name = "folder", .form = Form::path},
    {.name = "tables", .form = Form::list, .fallback = "[a, b]"},
    {.name = "more", .form = Form::mapping},
    {.name = "password", .form = Form::text, .secret = true},
};

std::string values(const Section& section) {
  std::string out = "name=" + section.text("name") + " count=" + std::to_string(section.integer("count"));
  out += section.boolean("live") ? " live" : " dead";
  out += " every=" + std::to_string(section.duration("every").count()) + " limit=" + std::to_string(section.size("limit"));
  out += " folder=" + section.path("folder") + " tables=";
  for (const std::string& one : section.list("tables")) out += one + ';';
  out += " password=" + section.text("password") + '\n';
  return out;
}

TEST(ConfigCases, Section) {
  ::setenv("MESHGATE_TEST_WORD", "from-env", 1);
  ::setenv("MESHGATE_TEST_NUMBER", "7", 1);
  ::unsetenv("MESHGATE_TEST_UNSET");
  cases::check_folder(MESHGATE_CASES "/section", [](const cases::Case& one) {
    Diagnostics out;
    Secrets secrets;
    const Section section(parse_yaml(one.input, "/etc/mesh/c.yaml", out), kKeys, secrets, out);
    return out.text() + values(section);
  });
}

}  // namespace
}  // namespace meshgate::config
