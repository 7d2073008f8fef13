#include "gateway/net/cors.hpp"

#include <algorithm>

#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace {

constexpr std::string_view kAny = "*";
constexpr const char* kExposed = "ETag, Link, Meshgate-Protocol, Meshgate-Cursor, Retry-After, X-Request-Id";
constexpr const char* kFieldsTaken = "Accept, Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID, X-Request-Id";
constexpr const char* kRemember = "600";  ///< seconds that a browser need not ask again

}  // namespace

bool Cors::well_formed(std::string_view origin) {
  if (origin == kAny) return true;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!origin.starts_with(scheme)) continue;
    const auto rest = origin.substr(scheme.size());
    constexpr std::string_view kMarks = ".-:[]";
    return !rest.empty() && rest.front() != ':' && rest.back() != ':' && std::all_of(rest.begin(), rest.end(), [&](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'z') || kMarks.find(c) != std::string_view::npos;
    });
  }
  return false;
}

std::string Cors::allowed(const Request& request) const {
  const auto origin = request.fields.find("Origin");
  if (!origin) return {};
  for (const auto& one : origins_) {
    if (one == kAny || one == *origin) return one;
  }
  return {};
}

void Cors::add_to(const Request& request, Fields& answer) const {
  if (origins_.empty()) return;
  // Also on answers to others: a cache must not give a page what was made for none.
  answer.add("Vary", "Origin");
  auto origin = allowed(request);
  if (origin.empty()) return;
  if (origin != kAny) answer.add("Access-Control-Allow-Credentials", "true");
  answer.add("Access-Control-Allow-Origin", std::move(origin));
  answer.add("Access-Control-Expose-Headers", kExposed);
}

bool Cors::is_preflight(const Request& request) const {
  return request.method == "OPTIONS" && request.fields.find("Access-Control-Request-Method") && !allowed(request).empty();
}

void Cors::add_preflight(std::string_view methods, Fields& answer) const {
  answer.add("Access-Control-Allow-Methods", std::string(methods));
  answer.add("Access-Control-Allow-Headers", kFieldsTaken);
  answer.add("Access-Control-Max-Age", kRemember);
}

}  // namespace meshgate::net
