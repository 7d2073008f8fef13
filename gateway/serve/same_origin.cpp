#include "gateway/serve/same_origin.hpp"

namespace meshgate::serve {

namespace {

constexpr std::string_view kSecurePrefix = "__Host-";

bool changes_nothing(const net::Request& request) { return request.method == "GET" || request.method == "HEAD"; }

/// Whether an origin is http(s)://<the request's Host>. Which of the two a proxy in front speaks is not known here.
bool names_host(std::string_view origin, const net::Request& request) {
  const auto host = request.fields.find("Host");
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (origin.starts_with(scheme)) return host && net::same_word(origin.substr(scheme.size()), *host);
  }
  return false;
}

/// Nothing: the browser does not say.
std::optional<bool> said(const net::Request& request) {
  if (const auto site = request.fields.find("Sec-Fetch-Site")) return *site == "same-origin" || (*site == "none" && changes_nothing(request));
  if (const auto origin = request.fields.find("Origin")) return names_host(*origin, request);
  return std::nullopt;
}

}  // namespace

bool from_own_pages(const net::Request& request) { return said(request).value_or(changes_nothing(request)); }

bool surely_from_own_pages(const net::Request& request) { return said(request).value_or(false); }

bool from_elsewhere(const net::Request& request) { return !changes_nothing(request) && !said(request).value_or(true); }

std::optional<std::string_view> cookie(const net::Request& request, std::string_view name) {
  std::optional<std::string_view> out;
  for (const auto& [field, value] : request.fields.all()) {
    if (!net::same_word(field, "Cookie")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      std::string_view one = net::trimmed(net::take_until(rest, ';'));
      if (net::take_until(one, '=') != name) continue;
      if (out) return std::string_view{};
      out = one;
    }
  }
  return out;
}

std::string cookie_name(std::string_view name, bool secure) { return secure ? std::string(kSecurePrefix).append(name) : std::string(name); }

std::string cookie_line(std::string_view name, std::string_view value, long seconds, bool secure) {
  std::string out = cookie_name(name, secure);
  out.append("=").append(value).append("; Path=/; Max-Age=").append(std::to_string(seconds)).append("; HttpOnly; SameSite=Strict");
  return secure ? out + "; Secure" : out;
}

}  // namespace meshgate::serve
