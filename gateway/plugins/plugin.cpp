#include "gateway/plugins/plugin.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <utility>

namespace meshgate::plugins {

namespace {

constexpr std::size_t kMostOptions = 1000;
constexpr std::string_view kRebuild = "use a connector built for this version of meshgate";

Error wrong(const std::string& file, const std::string& what) { return Error{Code::config, file + ": " + what}; }

/// What can be said about a file before the dynamic loader sees it; the loader's own words for these are poor.
Status check_file(const std::string& file) {
  std::error_code failed;
  const auto status = std::filesystem::status(file, failed);
  if (status.type() == std::filesystem::file_type::not_found) return wrong(file, "there is no such connector file; check the name and the folder");
  if (status.type() != std::filesystem::file_type::regular) return wrong(file, "is not a file; a connector is a shared library (.so)");
  std::ifstream in(file, std::ios::binary);
  std::array<char, 4> magic{};
  if (!in) return wrong(file, std::string("cannot be read (") + std::strerror(errno) + "); check its rights");
  in.read(magic.data(), magic.size());
  if (in.gcount() != 4 || std::memcmp(magic.data(), "\x7f"
                                                    "ELF",
                                      4) != 0) {
    return wrong(file, "is not a shared library (no ELF file); a connector is built with -shared");
  }
  return {};
}

/// Of a connector that writes: all or none of them.
const char* missing_of_writer(const mg_connector_module& module) {
  const std::pair<const char*, bool> functions[] = {
      {"probe_writer", module.probe_writer != nullptr},
      {"open_writer", module.open_writer != nullptr},
      {"resume", module.resume != nullptr},
      {"fold", module.fold != nullptr},
      {"write", module.write != nullptr},
      {"close_writer", module.close_writer != nullptr},
  };
  if (std::ranges::none_of(functions, [](const auto& one) { return one.second; })) return nullptr;
  const auto* const missing = std::ranges::find(functions, false, &std::pair<const char*, bool>::second);
  return missing == std::end(functions) ? nullptr : missing->first;
}

const char* missing_function(const mg_connector_module& module) {
  const std::pair<const char*, bool> functions[] = {
      {"open", module.open != nullptr},
      {"check", module.check != nullptr},
      {"discover", module.discover != nullptr},
      {"setup", module.setup != nullptr},
      {"open_stream", module.open_stream != nullptr},
      {"read", module.read != nullptr},
      {"lookup", module.lookup != nullptr},
      {"settled", module.settled != nullptr},
      {"close_stream", module.close_stream != nullptr},
      {"cancel", module.cancel != nullptr},
      {"close", module.close != nullptr},
  };
  for (const auto& [name, there] : functions) {
    if (!there) return name;
  }
  return missing_of_writer(module);
}

std::optional<config::Form> form_of(std::int32_t type) {
  switch (type) {
    case MG_OPTION_TEXT: return config::Form::text;
    case MG_OPTION_INTEGER: return config::Form::integer;
    case MG_OPTION_BOOLEAN: return config::Form::boolean;
    case MG_OPTION_DURATION: return config::Form::duration;
    case MG_OPTION_SIZE: return config::Form::size;
    case MG_OPTION_LIST: return config::Form::list;
    case MG_OPTION_PATH: return config::Form::path;
    default: return std::nullopt;
  }
}

std::string_view text_of(mg_str text) { return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size}; }

/// Adds one described setting, or says why it cannot be one.
std::string add_option(Options& out, const mg_option& from) {
  if (from.size != sizeof(mg_option)) {
    return "has size " + std::to_string(from.size) + ", this gateway expects " + std::to_string(sizeof(mg_option));
  }
  const auto form = form_of(from.type);
  if (!form) return "has the unknown type " + std::to_string(from.type);
  config::Key key;
  key.name = text_of(from.name);
  key.form = *form;
  key.fallback = text_of(from.fallback);
  key.help = text_of(from.help);
  key.required = from.required != 0;
  key.secret = from.secret != 0;
  if (from.any_name != 0) {
    if (out.any_name) return "is the second one for any name";
    out.any_name = key;
    return {};
  }
  if (key.name.empty()) return "has no name";
  if (std::any_of(out.keys.begin(), out.keys.end(), [&](const config::Key& other) { return other.name == key.name; })) {
    return "'" + std::string(key.name) + "' is described twice";
  }
  if (from.stream_name != 0 && !out.stream_name.empty()) return "is the second one for a stream's name";
  if (from.stream_name != 0) out.stream_name = key.name;
  out.keys.push_back(key);
  if (from.pace != 0) out.pace.push_back(key.name);
  return {};
}

Status read_options(const std::string& file, const char* kind, const mg_option* options, std::size_t count, Options& out) {
  if (count > kMostOptions || (count > 0 && options == nullptr)) {
    return wrong(file, std::string("its table of ") + kind + " options is broken (" + std::to_string(count) +
                           (options == nullptr ? " entries at no address" : " entries, at most 1000 are taken") + "); tell its author");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::string reason = add_option(out, options[i]);
    if (!reason.empty()) {
      return wrong(file, std::string(kind) + " option " + std::to_string(i + 1) + " " + reason + "; tell the connector's author");
    }
  }
  return {};
}

Status check_module(const mg_connector_module* module, const std::string& file, std::uint32_t abi) {
  if (module == nullptr) {
    return wrong(file, "says that it cannot serve a gateway of connector ABI " + std::to_string(abi) + "; " + std::string(kRebuild));
  }
  if (module->abi != abi) {
    return wrong(file, std::string("is too ") + (module->abi < abi ? "old" : "new") + ": it was built for connector ABI " +
                           std::to_string(module->abi) + ", this gateway has " + std::to_string(abi) + "; " + std::string(kRebuild));
  }
  if (module->size != sizeof(mg_connector_module)) {
    return wrong(file, "its module has size " + std::to_string(module->size) + ", this gateway expects " +
                           std::to_string(sizeof(mg_connector_module)) + "; " + std::string(kRebuild));
  }
  if (const char* name = missing_function(*module)) return wrong(file, std::string("has no function '") + name + "'; tell its author");
  if (text_of(module->name).empty()) return wrong(file, "does not say its name; tell its author");
  return {};
}

}  // namespace

Result<Plugin> Plugin::load(const std::string& file, std::uint32_t abi) {
  if (Status found = check_file(file); !found) return std::move(found).error();
  const std::string absolute = std::filesystem::absolute(file).string();
  void* library = ::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return wrong(file, std::string("cannot be loaded (") + (reason == nullptr ? "no reason given" : reason) +
                           "); install the libraries that it needs, or rebuild it");
  }
  void* symbol = ::dlsym(library, MG_ENTRY_NAME);
  if (symbol == nullptr) {
    return wrong(file, "is a shared library but no connector: it has no function " MG_ENTRY_NAME "; name a connector's file");
  }
  const auto entry = reinterpret_cast<decltype(&mg_connector_entry)>(symbol);
  return accept(entry(abi), file, abi);
}

Result<Plugin> Plugin::accept(const mg_connector_module* module, const std::string& file, std::uint32_t abi) {
  if (Status sound = check_module(module, file, abi); !sound) return std::move(sound).error();
  Plugin plugin(module, file);
  if (Status read = read_options(file, "connection", module->connection_options, module->connection_option_count, plugin.connection_); !read) {
    return std::move(read).error();
  }
  if (Status read = read_options(file, "stream", module->stream_options, module->stream_option_count, plugin.stream_); !read) {
    return std::move(read).error();
  }
  if (module->open_writer == nullptr) return plugin;
  if (Status read = read_options(file, "writer", module->writer_options, module->writer_option_count, plugin.writer_.emplace()); !read) {
    return std::move(read).error();
  }
  return plugin;
}

Result<Plugin> PluginFolders::load(std::string_view name) const {
  if (name.empty() || name.find('/') != std::string_view::npos) {
    return Error{Code::config, "connector '" + std::string(name) + "' is not a name; write it without folder and ending, like 'odbc'"};
  }
  std::string looked;
  for (const std::string& folder : folders_) {
    const std::string file = (std::filesystem::path(folder) / (std::string(name) + ".so")).string();
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return Plugin::load(file);
    looked += (looked.empty() ? "" : ", ") + folder;
  }
  std::string there;
  for (const std::string& other : names()) there += (there.empty() ? "" : ", ") + other;
  return Error{Code::config, "there is no connector '" + std::string(name) + "' in " + (looked.empty() ? "any folder" : looked) +
                                 (there.empty() ? "; no connectors are there at all" : "; there are: " + there)};
}

std::vector<std::string> PluginFolders::names() const {
  std::vector<std::string> out;
  for (const std::string& folder : folders_) {
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
      if (entry->path().extension() == ".so") out.push_back(entry->path().stem().string());
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace meshgate::plugins
