#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "gateway/plugins/plugin.hpp"

namespace meshgate::plugins {

/// A setting as a connector takes it: validated, defaults filled in, durations in ms, sizes in bytes, paths absolute, a list as one
/// setting per entry.
struct Setting {
  std::string name;
  std::string value;
};
using Settings = std::vector<Setting>;

/// The keys of a mapping that a plugin's options describe, and behind them the host's own. Names that no option describes go to the plugin as they are
/// if it takes any name.
std::vector<config::Key> keys_of(const config::Node& node, const Options& options, std::span<const config::Key> own);

/// What a section gives for these keys.
Settings settings_of(const config::Section& section, std::span<const config::Key> keys);

/// Both: the plugin's settings of a mapping in which the host has keys of its `own`. What is wrong goes to `out`.
Settings read_settings(const config::Node& node, const Options& options, std::span<const config::Key> own, config::Secrets& secrets, config::Diagnostics& out);

}  // namespace meshgate::plugins
