#include "gateway/serve/page.hpp"

#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

/// Scripts, styles and data come from this node alone; nothing is inline, nothing may frame the page.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

net::Response answer_file(const net::Request& request, const PageFile& file, const std::string& tag) {
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  net::Response answer;
  answer.fields.add("Content-Type", std::string(file.media_type) + "; charset=utf-8");
  answer.fields.add("Cache-Control", "no-cache");
  answer.fields.add("Content-Security-Policy", std::string(kPolicy));
  answer.fields.add("Referrer-Policy", "no-referrer");
  answer.body = file.text;
  return tagged(request, std::move(answer), tag);
}

net::Response person(const Context& context, const Visit& visit) {
  if (auto good = check_parameters(visit.request, {}); !good) return failure(visit.request, good.error());
  const auto& services = context.services;
  std::string body = std::string("{\"sign_in\":") + (services.principal && services.people ? "true" : "false");
  if (visit.who.role().value_or(access::Role::none) >= access::Role::viewer) body += ",\"mesh\":true";
  const access::Principal& who = visit.who.principal();
  if (services.sign_in != nullptr && !who.user.empty() && !who.device.empty()) {
    body += ',';
    append_member(body, "name", services.sign_in->called(who));
    body += ',';
    append_member(body, "anchor", who.user);
    body += ',';
    append_member(body, "device", who.device);
  }
  auto out = unkept(json(body + "}\n"));
  out.fields.add("Vary", "Authorization, Cookie");
  return out;
}

asio::awaitable<void> async_person(Context& context, const Visit& visit, net::Reply& reply) {
  auto answer = person(context, visit);
  (void)co_await reply.async_send(std::move(answer));
}

}  // namespace

void add_page(Context& context, net::Router& router) {
  admit(context, router, "GET", "/auth/person", async_person);
  for (const PageFile& file : page_files()) {
    auto handler = [&file, tag = tag_of(file.text)](const net::Request& request, net::Reply& reply) -> asio::awaitable<void> {
      auto answer = answer_file(request, file, tag);
      (void)co_await reply.async_send(std::move(answer));
    };
    router.add("GET", std::string(file.path), std::move(handler));
  }
}

}  // namespace meshgate::serve
