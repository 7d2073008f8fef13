#include <simdjson.h>

#include "gateway/serve/admin.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

using access::Role;

namespace {

constexpr std::uint64_t kListed = 100;
constexpr std::uint64_t kMostListed = 1000;

/// `log`: masks what holds data, the raw form, and the reason, which may quote a value; null: neither is told. Masked here too: the store makes reasons of
/// its own, and raw forms of what was already mapped.
void append_quarantined(std::string& out, const std::string& feed, const store::Quarantined& one, const base::Log* log) {
  out += '{';
  append_member(out, "feed", feed);
  out += ',';
  append_member(out, "stream", one.stream);
  out += ',';
  append_member(out, "key", one.key);
  if (log != nullptr) {
    out += ',';
    append_member(out, "reason", log->redacted(one.reason));
    out += ',';
    append_member(out, "raw", log->redacted(one.raw));
  }
  out += ',';
  append_member(out, "first", utc_text(one.first));
  out += ',';
  append_member(out, "last", utc_text(one.last));
  out.append(",\"times\":").append(std::to_string(one.times)).append("}");
}

/// Of one feed, or of all; `after` goes on behind a key, in one feed only.
net::Response list_quarantine(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {"feed", "after", "limit"}); !good) return failure(request, good.error());
  const auto limit = number_parameter(request, "limit", kListed, 1, kMostListed);
  if (!limit) return failure(request, limit.error());
  const auto wanted = request.parameter("feed");
  const auto after = request.parameter("after").value_or("");
  if (!wanted && !after.empty()) return failure(request, {Code::config, "parameter 'after' needs parameter 'feed'"});
  const auto names = wanted ? std::vector<std::string>{std::string(*wanted)} : context.services.store.names();
  const bool data = visit.who.role().value_or(Role::none) >= Role::operator_;
  std::string body = "{\"quarantined\":[";
  const char* comma = "";
  for (const auto& name : names) {
    const auto one = context.feeds.find(name);
    if (!one) return failure(request, one.error());
    const auto listed = (*one)->feed->quarantined(after, *limit);
    if (!listed) return failure(request, listed.error());
    for (const auto& entry : *listed) {
      body += comma;
      append_quarantined(body, name, entry, data ? &context.services.log : nullptr);
      comma = ",";
    }
  }
  return json(body + "]}\n");
}

net::Response drop_quarantined(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  return done(request, (*one)->feed->drop_quarantined(request.captures[1], request.captures[2]));
}

/// The keys of {"keys":["42","43"]}; no body: none.
Result<std::vector<std::string>> keys_of(const std::string& body) {
  std::vector<std::string> out;
  if (body.empty()) return out;
  const Error wrong{Code::config, "the body must be empty, or like {\"keys\":[\"42\",\"43\"]}"};
  simdjson::dom::parser parser;
  simdjson::dom::array keys;
  if (parser.parse(body)["keys"].get(keys) != simdjson::SUCCESS) return wrong;
  for (const auto one : keys) {
    std::string_view key;
    if (one.get(key) != simdjson::SUCCESS) return wrong;
    out.emplace_back(key);
  }
  if (out.empty()) return wrong;
  return out;
}

net::Response replay(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  auto keys = keys_of(request.body);
  if (!keys) return failure(request, keys.error());
  if (!context.services.replay) return failure(request, {Code::unsupported, "this node runs no sources: there is nothing to ask"});
  const auto replayed = context.services.replay(request.captures[0], std::move(*keys));
  if (!replayed) return failure(request, replayed.error());
  std::string body = "{\"replayed\":[";
  for (const Replayed& each : *replayed) {
    body.append(body.back() == '[' ? "{" : ",{");
    append_member(body, "key", each.key);
    body += ',';
    append_member(body, "became", each.became);
    if (!each.reason.empty()) {
      body += ',';
      append_member(body, "reason", context.services.log.redacted(each.reason));
    }
    body += '}';
  }
  return json(body + "]}\n");
}

}  // namespace

void add_quarantine(Context& context, net::Router& router) {
  administer(context, router, Role::viewer, Office::reveal, "GET", "/admin/quarantine", list_quarantine);
  administer(context, router, Role::operator_, Office::act, "DELETE", "/admin/quarantine/{feed}/{stream}/{key}", drop_quarantined);
  administer(context, router, Role::operator_, Office::act, "POST", "/admin/quarantine/{feed}/replay", replay);
}

}  // namespace meshgate::serve
