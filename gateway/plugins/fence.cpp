#include "gateway/plugins/fence.hpp"

#include <algorithm>

#include "mesh/value.hpp"

namespace meshgate::plugins {

namespace {

Code code_of(std::int32_t code) {
  switch (code) {
    case MG_RETRY: return Code::retry;
    case MG_RECONNECT: return Code::reconnect;
    case MG_AUTH: return Code::auth;
    case MG_CONFIG: return Code::config;
    case MG_GONE: return Code::gone;
    case MG_UNSUPPORTED: return Code::unsupported;
    case MG_CANCELLED: return Code::cancelled;
    case MG_CONFLICT: return Code::conflict;
    default: return Code::internal;
  }
}

}  // namespace

Error broken_promise(const Plugin& plugin, std::string_view what) {
  return Error{Code::internal, "connector '" + std::string(plugin.name()) + "' (" + plugin.file() + ") broke its contract: " +
                                   std::string(what) + "; tell its author"};
}

Error error_from(const Plugin& plugin, std::int32_t code, const mg_error& error) {
  if (code < MG_OK || code > MG_CONFLICT || code == MG_BAD_RECORD) {
    return broken_promise(plugin, "it failed with the code " + std::to_string(code) + ", which a call never returns");
  }
  std::string message(error.message, ::strnlen(error.message, sizeof error.message));
  if (message.empty()) message = "connector '" + std::string(plugin.name()) + "' failed without saying why";
  if (!valid_utf8(message)) {
    std::replace_if(message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) > 126; }, '?');
  }
  return Error{code_of(code), std::move(message)};
}

std::vector<mg_setting> borrowed(const Settings& settings) {
  std::vector<mg_setting> out;
  out.reserve(settings.size());
  for (const Setting& setting : settings) {
    out.push_back({{setting.name.data(), setting.name.size()}, {setting.value.data(), setting.value.size()}});
  }
  return out;
}

Host::Host(const Plugin& plugin, base::Log& log) : room_("connector " + std::string(plugin.name())), log_(log) {
  host_.size = sizeof host_;
  host_.ctx = this;
  host_.log = [](void* self, std::int32_t level, mg_str text) noexcept {
    auto& mine = *static_cast<Host*>(self);
    const auto known = static_cast<base::Level>(std::clamp<std::int32_t>(level, 0, 3));
    mine.log_.write(known, mine.room_, text_of(text));
  };
}

}  // namespace meshgate::plugins
