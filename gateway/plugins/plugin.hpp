#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"
#include "connectors/sdk/connector.h"
#include "mesh/result.hpp"

namespace meshgate::plugins {

/// The settings a connector describes, as the keys of a configuration section. Their texts live as long as the process.
struct Options {
  std::vector<config::Key> keys;
  /// Describes settings of any name that is not among `keys` (driver keywords), where the connector takes such.
  std::optional<config::Key> any_name;
  /// Those of `keys` that say only when something is read.
  std::vector<std::string_view> pace;
  /// The one of `keys` that takes the name of a stream which was found; empty: none does.
  std::string_view stream_name;
};

/// A connector that was loaded and found sound. Its library stays in memory until the process ends: client libraries keep threads and
/// exit handlers. Cheap to copy; immutable; thread safe.
class Plugin {
 public:
  /// Loads `file`. Error::config names the file and what is wrong with it. Blocks. `abi` is the gateway's; tests play a later one.
  static Result<Plugin> load(const std::string& file, std::uint32_t abi = MG_CONNECTOR_ABI);
  /// The same checks on a module that is linked into the program; `file` is only for messages.
  static Result<Plugin> accept(const mg_connector_module* module, const std::string& file, std::uint32_t abi = MG_CONNECTOR_ABI);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::string_view name() const { return text(module_->name); }
  [[nodiscard]] std::string_view version() const { return text(module_->version); }
  [[nodiscard]] std::string_view summary() const { return text(module_->summary); }
  [[nodiscard]] const Options& connection_options() const { return connection_; }
  [[nodiscard]] const Options& stream_options() const { return stream_; }
  /// Nothing where it does not write.
  [[nodiscard]] const std::optional<Options>& writer_options() const { return writer_; }
  [[nodiscard]] const mg_connector_module& module() const { return *module_; }

 private:
  Plugin(const mg_connector_module* module, std::string file) : module_(module), file_(std::move(file)) {}
  static std::string_view text(mg_str from) { return from.data == nullptr ? std::string_view{} : std::string_view{from.data, from.size}; }

  const mg_connector_module* module_;
  std::string file_;
  Options connection_;
  Options stream_;
  std::optional<Options> writer_;
};

/// The folders in which connectors are looked for, first one first: connector `odbc` is the file odbc.so in one of them.
class PluginFolders {
 public:
  explicit PluginFolders(std::vector<std::string> folders) : folders_(std::move(folders)) {}

  /// Loads a connector by name. Error::config lists the folders and the connectors that are there. Blocks.
  [[nodiscard]] Result<Plugin> load(std::string_view name) const;
  /// The names of all connectors that are there, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::vector<std::string> folders_;
};

}  // namespace meshgate::plugins
