#include "gateway/serve/admin.hpp"

#include "gateway/serve/answers.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

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

/// What was done, or not, and by whom.
void audit(base::Log& log, const net::Request& request, const net::Response& answer) {
  log.warning("audit", "administrator from " + request.remote + ": " + request.method + " " + request.path + ", answered " + std::to_string(answer.status) +
                         ", request " + request.id);
}

/// Over TCP these paths do not exist.
asio::awaitable<void> async_administer(Context& context, const net::Request& request, net::Reply& reply, Make make) {
  std::function<net::Response()> job = [&context, &request, make] {
    if (request.administrator) {
      auto answer = make(context, request);
      if (request.method != "GET" && request.method != "HEAD") audit(context.services.log, request, answer);
      return answer;
    }
    return failure(request, {Code::not_found, "there is nothing at " + request.path + "; GET /feeds lists the feeds"});
  };
  co_await async_answer(context, request, reply, std::move(job));
}

}  // namespace

net::Response done(const net::Request& request, const Status& status) {
  if (!status) return failure(request, status.error());
  return json("{\"done\":true}\n");
}

void administer(Context& context, net::Router& router, std::string method, std::string pattern, Make make) {
  auto handler = [&context, make](const net::Request& request, net::Reply& reply) { return async_administer(context, request, reply, make); };
  router.add(std::move(method), std::move(pattern), std::move(handler));
}

void add_admin(Context& context, net::Router& router) {
  add_quarantine(context, router);
  add_explain(context, router);
  administer(context, router, "POST", "/admin/backup", backup);
  administer(context, router, "POST", "/admin/release/{feed}", release);
  administer(context, router, "GET", "/admin/status", status);
}

}  // namespace meshgate::serve
