#include "gateway/plugins/settings.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::plugins {

using config::Form;
using config::Key;
using config::Node;

namespace {

void add_setting(Settings& out, const config::Section& section, const Key& key) {
  if (!section.has(key.name) && key.fallback.empty()) return;
  const std::string name(key.name);
  switch (key.form) {
    case Form::boolean: out.push_back({name, section.boolean(key.name) ? "true" : "false"}); return;
    case Form::integer: out.push_back({name, std::to_string(section.integer(key.name))}); return;
    case Form::duration: out.push_back({name, std::to_string(section.duration(key.name).count())}); return;
    case Form::size: out.push_back({name, std::to_string(section.size(key.name))}); return;
    case Form::share: out.push_back({name, std::to_string(section.share(key.name))}); return;
    case Form::path: out.push_back({name, section.path(key.name)}); return;
    case Form::list:
      for (auto& entry : section.list(key.name)) out.push_back({name, std::move(entry)});
      return;
    default: out.push_back({name, section.text(key.name)});
  }
}

}  // namespace

std::vector<Key> keys_of(const Node& node, const Options& options, std::span<const Key> own) {
  std::vector<Key> keys = options.keys;
  const auto known = [&](const std::string& name) {
    const auto same = [&](const Key& key) { return key.name == name; };
    return std::any_of(own.begin(), own.end(), same) || std::any_of(keys.begin(), keys.end(), same);
  };
  for (const auto& entry : node.entries()) {
    if (!options.any_name || known(entry.key)) continue;
    keys.push_back(*options.any_name);
    keys.back().name = entry.key;
    keys.back().required = false;
  }
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

Settings settings_of(const config::Section& section, std::span<const Key> keys) {
  Settings out;
  for (const Key& key : keys) add_setting(out, section, key);
  return out;
}

Settings read_settings(const Node& node, const Options& options, std::span<const Key> own, config::Secrets& secrets, config::Diagnostics& out) {
  const auto keys = keys_of(node, options, own);
  const config::Section section(node, keys, secrets, out);
  return settings_of(section, std::span(keys).first(keys.size() - own.size()));
}

}  // namespace meshgate::plugins
