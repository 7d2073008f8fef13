#include <algorithm>

#include "config/keys.hpp"
#include "config/read_file.hpp"
#include "config/scalars.hpp"

namespace meshgate::config {

namespace {

constexpr std::string_view kAnyName = "*";

std::string quoted(std::string_view name) {
  std::string out(1, '\'');
  return out.append(name).append(1, '\'');
}

std::vector<std::string_view> names(std::span<const Key> keys) {
  std::vector<std::string_view> out;
  for (const Key& key : keys) {
    if (key.name != kAnyName) out.push_back(key.name);
  }
  return out;
}

/// "did you mean …?", or what there is to choose from.
std::string key_hint(std::string_view word, std::span<const Key> keys) {
  constexpr std::size_t kListed = 12;
  const auto known = names(keys);
  std::string hint = did_you_mean(word, known);
  if (!hint.empty() || known.empty() || known.size() > kListed) return hint;
  hint = "known here:";
  for (const std::string_view one : known) hint.append(1, ' ').append(one);
  return hint;
}

std::string_view kind_word(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::sequence: return "a list";
    case Node::Kind::mapping: return "a mapping";
    case Node::Kind::scalar: return "a text";
    default: return "an empty value";
  }
}

bool refers(const Node& scalar) { return scalar.scalar().find("${") != std::string::npos; }

bool is_number(Form form) {
  return form == Form::integer || form == Form::boolean || form == Form::duration || form == Form::size || form == Form::share;
}

/// The value as it may be shown.
std::string shown(const Key& key, const std::string& text) {
  constexpr std::size_t kShown = 40;
  if (key.secret) return "its value";
  return quoted(text.substr(0, kShown));
}

/// Reports a number that is not of its form or beyond its limits. `from`: where the text came from, for what may be shown.
bool check_number(std::string_view name, const Key& key, const std::string& text, const Node& node, Diagnostics& out) {
  const std::string what = refers(node) ? "what its reference gives" : shown(key, text);
  const auto number = parse_number(key.form, text);
  if (!number || (node.quoted() && !refers(node))) {
    const std::string hint = number ? "take the quotes away" : "";
    out.add(node.place(), quoted(name) + " must be " + std::string(example(key.form)) + ", not " + what, hint);
    return false;
  }
  if (key.least == 0 && key.most == 0) return true;
  if (*number < key.least)
    out.add(node.place(), quoted(name) + ": " + what + " is less than the least, " + written_number(key.form, key.least));
  if (key.most != 0 && *number > key.most) {
    out.add(node.place(), quoted(name) + ": " + what + " is more than the most, " + written_number(key.form, key.most));
  }
  return *number >= key.least && (key.most == 0 || *number <= key.most);
}

/// One text, references replaced; false when it was reported as wrong.
bool read_text(const Key& key, const Node& node, Secrets& secrets, std::string& text, Diagnostics& out) {
  const std::size_t before = out.all().size();
  // A trap is not reported for a secret: the report would show it.
  if (!is_number(key.form) && !key.secret && report_misread(node, out)) return false;
  if (!is_number(key.form) && key.secret && !misread_as(node).empty()) {
    out.add(node.place(), "a secret must stand in quotes here", "other YAML readers take it for " + std::string(misread_as(node)));
    return false;
  }
  text = secrets.expand(node, key.secret, out);
  const auto& all = out.all();
  return std::none_of(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(),
                      [](const Diagnostic& one) { return one.severity == Severity::error; });
}

/// The entries of a default such as "[a, b]".
std::vector<std::string> fallback_list(std::string_view text) {
  std::vector<std::string> out;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    out.emplace_back(one);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

}  // namespace

Section::Section(Node node, std::span<const Key> keys, Secrets& secrets, Diagnostics& out) : node_(std::move(node)), keys_(keys) {
  const Node::Kind kind = node_.kind();
  if (kind == Node::Kind::scalar || kind == Node::Kind::sequence) {
    const bool glued = kind == Node::Kind::scalar && node_.scalar().find(':') != std::string::npos;
    out.add(node_.place(), "a mapping of keys and values must stand here, not " + std::string(kind_word(node_)),
            glued ? "put a space after the ':'" : "write 'key: value' lines");
    return;
  }
  for (const Node::Entry& entry : node_.entries()) read(entry, secrets, out);
  for (const Key& key : keys_) {
    if (key.required && !node_[key.name].present()) {
      out.add(node_.place(), quoted(key.name) + " is missing", key.help.empty() ? std::string() : std::string(key.help));
    }
  }
}

void Section::read(const Node::Entry& entry, Secrets& secrets, Diagnostics& out) {
  const Key* key = described(entry.key);
  if (key == nullptr) {
    out.add(entry.key_place, "unknown key " + quoted(entry.key.substr(0, 60)), key_hint(entry.key, keys_));
    return;
  }
  const Node& value = entry.value;
  const auto wrong = [&] {
    out.add(value.place(),
            quoted(entry.key.substr(0, 60)) + " must be " + std::string(example(key->form)) + ", not " + std::string(kind_word(value)));
  };
  Given made{entry.key, key, value, {}, {}};
  if (key->form == Form::any || key->form == Form::mapping) {
    if (key->form == Form::mapping && value.kind() != Node::Kind::mapping && value.kind() != Node::Kind::null) return wrong();
  } else if (key->form == Form::list && value.kind() == Node::Kind::sequence) {
    bool usable = true;
    for (const Node& one : value.elements()) {
      if (one.kind() != Node::Kind::scalar && one.kind() != Node::Kind::null) return wrong();
      std::string text;
      usable = read_text(*key, one, secrets, text, out) && usable;
      made.list.push_back(std::move(text));
    }
    if (!usable) return;
  } else {
    if (value.kind() != Node::Kind::scalar) return wrong();
    if (!read_text(*key, value, secrets, made.text, out)) return;
    if (is_number(key->form) && !check_number(entry.key, *key, made.text, value, out)) return;
    if (key->form == Form::path) made.text = beside(value.place().file, made.text);
    if (key->form == Form::list) made.list.push_back(made.text);
  }
  given_.push_back(std::move(made));
}

const Key* Section::described(std::string_view name) const {
  const Key* any = nullptr;
  for (const Key& key : keys_) {
    if (key.name == name && name != kAnyName) return &key;
    if (key.name == kAnyName) any = &key;
  }
  return any;
}

const Section::Given* Section::given(std::string_view name) const {
  const auto at = std::find_if(given_.begin(), given_.end(), [&](const Given& one) { return one.name == name; });
  return at == given_.end() ? nullptr : &*at;
}

std::string Section::written(std::string_view name) const {
  if (const Given* one = given(name)) return one->text;
  const Key* key = described(name);
  return key == nullptr ? std::string() : std::string(key->fallback);
}

bool Section::has(std::string_view name) const { return given(name) != nullptr; }

std::string Section::text(std::string_view name) const { return written(name); }

std::int64_t Section::integer(std::string_view name) const { return parse_number(Form::integer, written(name)).value_or(0); }

bool Section::boolean(std::string_view name) const { return written(name) == "true"; }

std::chrono::milliseconds Section::duration(std::string_view name) const {
  return parse_duration(written(name)).value_or(std::chrono::milliseconds(0));
}

std::uint64_t Section::size(std::string_view name) const { return parse_size(written(name)).value_or(0); }

std::uint64_t Section::share(std::string_view name) const { return parse_share(written(name)).value_or(0); }

std::string Section::path(std::string_view name) const {
  std::string path = written(name);
  const bool given_or_none = given(name) != nullptr || path.empty();
  return given_or_none ? path : beside(node_.place().file, path);
}

std::vector<std::string> Section::list(std::string_view name) const {
  if (const Given* one = given(name)) return one->list;
  const Key* key = described(name);
  return key == nullptr ? std::vector<std::string>() : fallback_list(key->fallback);
}

Node Section::node(std::string_view name) const { return node_[name]; }

std::vector<std::pair<std::string, std::string>> Section::others() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Given& one : given_) {
    if (one.key->name == kAnyName) out.emplace_back(one.name, one.text);
  }
  return out;
}

Place Section::place(std::string_view name) const {
  const Node value = node_[name];
  return value.present() ? value.place() : node_.place();
}

}  // namespace meshgate::config
