#include <algorithm>

#include "gateway/access/access.hpp"
#include "gateway/serve/admin.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"
#include "mesh/value.hpp"

namespace meshgate::serve {

namespace {

std::string_view word(access::Sight sight) {
  switch (sight) {
    case access::Sight::allowed: return "allowed";
    case access::Sight::denied: return "denied";
    case access::Sight::unsure: break;
  }
  return "unsure";
}

std::string as_json(const access::Explanation& explanation) {
  std::string out = "{";
  append_member(out, "sight", word(explanation.sight));
  out += ',';
  append_member(out, "rule", explanation.rule);
  out += ",\"path\":[";
  for (const auto& name : explanation.path) {
    if (out.back() != '[') out += ',';
    append_json_string(out, name);
  }
  out += "],";
  append_member(out, "since", explanation.since);
  out += ',';
  append_member(out, "note", explanation.note);
  return out + "}\n";
}

net::Response explain(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {"user", "feed", "partition"}); !good) return failure(request, good.error());
  const auto user = request.parameter("user");
  const auto feed = request.parameter("feed");
  if (!user || !feed) return failure(request, {Code::config, "parameters 'user' and 'feed' say who and what: /admin/explain?user=alice&feed=orders"});
  const auto names = context.services.store.names();
  if (std::ranges::find(names, *feed) == names.end()) return failure(request, {Code::not_found, "there is no feed '" + std::string(*feed) + "'; GET /feeds lists them"});
  if (!context.services.access) return failure(request, {Code::unsupported, "this node decides nothing: it has no rules"});
  return json(as_json(context.services.access->explain(*user, *feed, request.parameter("partition"))));
}

}  // namespace

void add_explain(Context& context, net::Router& router) {
  administer(context, router, access::Role::operator_, Office::reveal, "GET", "/admin/explain", explain);
}

}  // namespace meshgate::serve
