#include <algorithm>

#include "gateway/net/server.hpp"
#include "gateway/net/target.hpp"
#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace asio = boost::asio;

namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  for (;;) {
    const auto slash = path.find('/');
    out.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path, std::vector<std::string>& captures) {
  captures.clear();
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!pattern[i].starts_with('{')) {
      if (pattern[i] != path[i]) return false;
      continue;
    }
    auto decoded = percent_decode(path[i]);
    if (!decoded || decoded->empty()) return false;
    captures.push_back(std::move(*decoded));
  }
  return true;
}

asio::awaitable<void> async_not_found(const Request& request, Reply& reply) {
  auto answer = problem(404, "not-found", "Not found", "there is nothing at " + request.path + "; GET /feeds lists the feeds", request.id);
  (void)co_await reply.async_send(std::move(answer));
}

// For these two the router leaves the allowed methods as the only capture.
asio::awaitable<void> async_wrong_method(const Request& request, Reply& reply) {
  const std::string& allow = request.captures.front();
  auto answer = problem(405, "method-not-allowed", "Method not allowed",
                        request.method + " does not work on " + request.path + "; these do: " + allow, request.id);
  answer.fields.add("Allow", allow);
  (void)co_await reply.async_send(std::move(answer));
}

asio::awaitable<void> async_options(const Request& request, Reply& reply) {
  Response answer;
  answer.status = 204;
  answer.fields.add("Allow", request.captures.front());
  (void)co_await reply.async_send(std::move(answer));
}

const Router::Handlers kNotFound{async_not_found, {}};
const Router::Handlers kWrongMethod{async_wrong_method, {}};
const Router::Handlers kOptions{async_options, {}};

void allow(std::string& list, std::string_view method) {
  if (list.find(method) != std::string::npos) return;
  list.append(list.empty() ? "" : ", ").append(method);
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
  auto segments = segments_of(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(segments), {std::move(handler), {}}});
}

void Router::add_open(std::string method, std::string pattern, OpenHandler handler) {
  auto segments = segments_of(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(segments), {{}, std::move(handler)}});
}

const Router::Handlers& Router::route(Request& request) const {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  const auto path = segments_of(request.path);
  std::string allowed;
  for (const auto& one : routes_) {
    if (request.path != "*" && !matches(one.segments, path, request.captures)) continue;
    request.route = one.pattern;
    if (one.method == method) return one.handlers;
    allow(allowed, one.method);
    if (one.method == "GET") allow(allowed, "HEAD");
  }
  if (allowed.empty()) return kNotFound;
  if (request.path == "*") request.route.clear();
  allow(allowed, "OPTIONS");
  request.captures.assign(1, allowed);
  return method == "OPTIONS" ? kOptions : kWrongMethod;
}

std::vector<std::string> Router::patterns() const {
  std::vector<std::string> out;
  for (const auto& one : routes_) {
    if (std::find(out.begin(), out.end(), one.pattern) == out.end()) out.push_back(one.pattern);
  }
  return out;
}

}  // namespace meshgate::net
