#include "gateway/serve/admin.hpp"

#include "gateway/serve/acts.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/same_origin.hpp"

namespace meshgate::serve {

using access::Role;

namespace {

net::Response backup(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {"into"}); !good) return failure(request, good.error());
  const std::string into(request.parameter("into").value_or(""));
  if (!into.starts_with('/')) return failure(request, {Code::config, "parameter 'into' must be the full path of a folder that does not exist yet"});
  return done(request, context.services.store.backup(into));
}

net::Response release(Context& context, const Visit& visit) {
  const auto& request = visit.request;
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

net::Response status(Context& context, const Visit& visit) {
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
    if (!one) return failure(visit.request, one.error());
    body += comma;
    append_feed(body, (*one)->feed->state(), context.services.sources.of(name), true);
    comma = ",";
  }
  return json(body + "]}\n");
}

/// Who may not is answered; nothing: they may.
std::optional<net::Response> refuse(const Context& context, const Visit& visit, Role least) {
  const auto& request = visit.request;
  if (visit.who.role() == Role::none) return failure(request, {Code::not_found, "there is nothing at " + request.path + "; GET /feeds lists the feeds"});
  auto refused = refuse_role(context, visit, least, "use " + request.method + " " + request.route);
  if (!refused && from_elsewhere(request) && !request.fields.find("Authorization")) {
    return turned_away(request, {{403, "denied", "Not allowed"}, "a page of another site asked for this: use a token, or the page of this node"});
  }
  return refused;
}

net::Response answer_of(Context& context, const Visit& visit, Role least, Office office, const Make& make) {
  const bool known = visit.who.role().value_or(Role::none) != Role::none;
  // Before it is done: who revokes their own device has no name afterwards.
  auto who = name_of(visit.request, visit.who.principal(), context.services.sign_in);
  auto refused = refuse(context, visit, least);
  auto answer = unkept(refused ? std::move(*refused) : make(context, visit));
  if (refused ? known : office != Office::look) context.services.log.audit(act_of(visit.request, std::move(who), answer));
  return answer;
}

}  // namespace

net::Response done(const net::Request& request, const Status& status) {
  if (!status) return failure(request, status.error());
  return json("{\"done\":true}\n");
}

void administer(Context& context, net::Router& router, Role least, Office office, std::string method, std::string pattern, Make make) {
  auto handler = [least, office, make = std::move(make)](Context& all, const Visit& visit, net::Reply& reply) {
    std::function<net::Response()> job = [&all, &visit, least, office, &make] { return answer_of(all, visit, least, office, make); };
    return async_answer(all, visit.request, reply, std::move(job));
  };
  admit(context, router, std::move(method), std::move(pattern), std::move(handler));
}

void add_admin(Context& context, net::Router& router) {
  add_quarantine(context, router);
  add_explain(context, router);
  if (context.services.sign_in != nullptr) add_all_devices(context, router);
  administer(context, router, Role::administrator, Office::act, "POST", "/admin/backup", backup);
  administer(context, router, Role::operator_, Office::act, "POST", "/admin/release/{feed}", release);
  administer(context, router, Role::viewer, Office::look, "GET", "/admin/status", status);
}

}  // namespace meshgate::serve
