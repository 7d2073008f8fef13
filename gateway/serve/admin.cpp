#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kListed = 100;
constexpr std::uint64_t kMostListed = 1000;

void append_quarantined(std::string& out, const std::string& feed, const store::Quarantined& one) {
  out += '{';
  append_member(out, "feed", feed);
  out += ',';
  append_member(out, "stream", one.stream);
  out += ',';
  append_member(out, "key", one.key);
  out += ',';
  append_member(out, "reason", one.reason);
  out += ',';
  append_member(out, "raw", one.raw);
  out += ',';
  append_member(out, "first", utc_text(one.first));
  out += ',';
  append_member(out, "last", utc_text(one.last));
  out.append(",\"times\":").append(std::to_string(one.times)).append("}");
}

/// Of one feed, or of all; `after` goes on behind a key, in one feed only.
net::Response list_quarantine(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {"feed", "after", "limit"}); !good) return failure(request, good.error());
  const auto limit = number_parameter(request, "limit", kListed, 1, kMostListed);
  if (!limit) return failure(request, limit.error());
  const auto wanted = request.parameter("feed");
  const auto after = request.parameter("after").value_or("");
  if (!wanted && !after.empty()) return failure(request, {Code::config, "parameter 'after' needs parameter 'feed'"});
  const auto names = wanted ? std::vector<std::string>{std::string(*wanted)} : context.services.store.names();
  std::string body = "{\"quarantined\":[";
  const char* comma = "";
  for (const auto& name : names) {
    const auto one = context.feeds.find(name);
    if (!one) return failure(request, one.error());
    const auto listed = (*one)->feed->quarantined(after, *limit);
    if (!listed) return failure(request, listed.error());
    for (const auto& entry : *listed) {
      body += comma;
      append_quarantined(body, name, entry);
      comma = ",";
    }
  }
  return json(body + "]}\n");
}

net::Response done(const net::Request& request, const Status& status) {
  if (!status) return failure(request, status.error());
  return json("{\"done\":true}\n");
}

net::Response drop_quarantined(Context& context, const net::Request& request) {
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  return done(request, (*one)->feed->drop_quarantined(request.captures[1], request.captures[2]));
}

net::Response backup(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {"into"}); !good) return failure(request, good.error());
  const std::string into(request.parameter("into").value_or(""));
  if (!into.starts_with('/')) return failure(request, {Code::config, "parameter 'into' must be the full path of a folder that does not exist yet"});
  return done(request, context.services.store.backup(into));
}

net::Response release(Context& context, const net::Request& request) {
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  if (!context.services.release) return failure(request, {Code::unsupported, "this node runs no sources: there is nothing to release"});
  return done(request, context.services.release(request.captures[0]));
}

std::string_view word(store::Writing writing) {
  switch (writing) {
    case store::Writing::fine: return "fine";
    case store::Writing::disk_full: return "disk-full";
    case store::Writing::stopped: break;
  }
  return "stopped";
}

net::Response status(Context& context, const net::Request& request) {
  std::string body = "{";
  append_member(body, "node", context.services.node);
  body += ',';
  append_member(body, "version", context.services.version);
  body += ",\"store\":{";
  append_member(body, "writing", word(context.services.store.writing()));
  for (const auto& [name, value] : context.services.store.figures()) body.append(",\"" + name + "\":" + std::to_string(value));
  body += "},\"feeds\":[";
  const char* comma = "";
  for (const auto& name : context.services.store.names()) {
    const auto one = context.feeds.find(name);
    if (!one) return failure(request, one.error());
    body += comma;
    append_feed(body, (*one)->feed->state(), context.services.sources.of(name), true);
    comma = ",";
  }
  return json(body + "]}\n");
}

using Make = net::Response (*)(Context&, const net::Request&);

/// Over TCP these paths do not exist.
asio::awaitable<void> async_administer(Context& context, const net::Request& request, net::Reply& reply, Make make) {
  std::function<net::Response()> job = [&context, &request, make] {
    if (request.administrator) return make(context, request);
    return failure(request, {Code::not_found, "there is nothing at " + request.path + "; GET /feeds lists the feeds"});
  };
  co_await async_answer(context, request, reply, std::move(job));
}

void add(Context& context, net::Router& router, std::string method, std::string pattern, Make make) {
  auto handler = [&context, make](const net::Request& request, net::Reply& reply) { return async_administer(context, request, reply, make); };
  router.add(std::move(method), std::move(pattern), std::move(handler));
}

}  // namespace

void add_admin(Context& context, net::Router& router) {
  add(context, router, "GET", "/admin/quarantine", list_quarantine);
  add(context, router, "DELETE", "/admin/quarantine/{feed}/{stream}/{key}", drop_quarantined);
  add(context, router, "POST", "/admin/backup", backup);
  add(context, router, "POST", "/admin/release/{feed}", release);
  add(context, router, "GET", "/admin/status", status);
}

}  // namespace meshgate::serve
