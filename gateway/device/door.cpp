#include "gateway/device/door.hpp"

#include <array>

#include "gateway/net/text.hpp"

namespace meshgate::device {

namespace {

constexpr std::string_view kHow = "; `meshgate device token NAME` gives a program one";

/// The token of the one `Authorization: Bearer …`.
Result<std::string_view> token_of(const net::Request& request) {
  std::string_view out;
  for (const auto& [name, value] : request.fields.all()) {
    if (!net::same_word(name, "Authorization")) continue;
    std::string_view token = value;
    const auto scheme = net::take_until(token, ' ');
    if (!out.empty() || !net::same_word(scheme, "Bearer")) return Error{Code::auth, "Authorization must be one 'Bearer' and a token of this device" + std::string(kHow)};
    out = net::trimmed(token);
  }
  if (out.empty()) return Error{Code::auth, "this device shows what it holds only to programs that show their token" + std::string(kHow)};
  return out;
}

}  // namespace

bool Door::is_here(std::string_view host) const {
  constexpr std::array<std::string_view, 3> kNames{"127.0.0.1", "localhost", "[::1]"};
  for (const std::string_view name : kNames) {
    if (host == std::string(name) + ":" + port_) return true;
  }
  return false;
}

Result<Application> Door::let_in(const net::Request& request) const {
  // A name of somebody else's that leads here is how a foreign page would read a local program.
  const std::string host(request.fields.find("Host").value_or(""));
  if (!is_here(host)) return Error{Code::auth, "this is not '" + host.substr(0, 200) + "': write 127.0.0.1:" + port_ + " or localhost:" + port_};
  const auto token = token_of(request);
  if (!token) return token.error();
  const bool own = proof_of(*token) == own_.proof;
  auto application = own ? std::optional(own_) : applications_.shown(*token);
  if (!application) return Error{Code::auth, "this token is none of this device's, or was revoked" + std::string(kHow)};
  const auto origin = request.fields.find("Origin");
  const bool same = !origin || *origin == application->origin || (origin->starts_with("http://") && is_here(origin->substr(7)));
  if (!same) return Error{Code::auth, "pages of " + std::string(origin->substr(0, 200)) + " may not use this token; `meshgate device token NAME --origin` says whose may"};
  return std::move(*application);
}

}  // namespace meshgate::device
