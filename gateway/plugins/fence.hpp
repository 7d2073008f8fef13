#pragma once

#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/plugins/plugin.hpp"
#include "gateway/plugins/settings.hpp"

namespace meshgate::plugins {

inline std::string_view text_of(mg_str text) {
  return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}

/// What a connector did that connector.h forbids, as an error that names it.
Error broken_promise(const Plugin& plugin, std::string_view what);

/// A code and message of a connector as our own.
Error error_from(const Plugin& plugin, std::int32_t code, const mg_error& error);

/// Calls into a connector. An exception that gets through its border stops here; "C++ caught it" is no promise, the stack may be gone.
template <class Call>
Status guarded(const Plugin& plugin, const char* function, Call&& call) {
  mg_error error{};
  try {
    const std::int32_t code = call(&error);
    if (code != MG_OK) return error_from(plugin, code, error);
    return {};
  } catch (const std::exception& thrown) {
    return broken_promise(plugin, std::string(function) + "() threw an exception through the C border (" + thrown.what() + ")");
  } catch (...) {
    return broken_promise(plugin, std::string(function) + "() threw an exception through the C border");
  }
}

/// Settings as they cross the border. Borrows.
std::vector<mg_setting> borrowed(const Settings& settings);

/// What a connection is given of its host: its log lines go to a room of their own. Stays where it is; outlives the connection.
class Host {
 public:
  Host(const Plugin& plugin, base::Log& log);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  [[nodiscard]] const mg_host* get() const { return &host_; }

 private:
  const std::string room_;
  base::Log& log_;
  mg_host host_{};
};

}  // namespace meshgate::plugins
