#include "gateway/serve/acts.hpp"
#include "gateway/serve/admin.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

/// `whose`: with the person, for an administrator.
void append_device(std::string& out, const access::Device& device, bool whose) {
  out += '{';
  append_member(out, "device", device.id);
  out += ',';
  append_member(out, "name", device.name);
  if (whose) {
    out += ',';
    append_member(out, "user", device.user_name);
    out += ',';
    append_member(out, "anchor", device.user);
  }
  out.append(",\"browser\":").append(device.browser ? "true" : "false");
  out.append(",\"own_key\":").append(device.key.empty() ? "false" : "true").append(",");
  append_member(out, "enrolled", utc_text(device.enrolled));
  out += ',';
  append_member(out, "seen", utc_text(device.seen));
  out += ',';
  append_member(out, "until", utc_text(device.until));
  out += '}';
}

net::Response listed(const std::vector<access::Device>& devices, bool whose) {
  std::string body = "{\"devices\":[";
  for (const auto& one : devices) {
    if (body.back() != '[') body += ',';
    append_device(body, one, whose);
  }
  return unkept(json(body + "]}\n"));
}

using MakeOwn = net::Response (*)(SignInDesk&, const net::Request&, const access::Principal&);

/// Makes an answer for the person who asks; 401 when it is nobody.
net::Response for_oneself(SignInDesk& desk, const net::Request& request, const Result<access::Principal>& who, MakeOwn make) {
  if (!who) return not_signed_in(request, who.error());
  if (who->user.empty()) return not_signed_in(request, {Code::auth, "this is for people who are signed in: POST /auth/token, or /login in a browser"});
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  if (desk.elsewhere) return ask_as_they(desk.elsewhere, request, request.path);
  return make(desk, request, *who);
}

asio::awaitable<void> async_for_oneself(SignInDesk& desk, const net::Request& request, net::Reply& reply, MakeOwn make) {
  const auto who = principal_of(desk.sign_in, request);
  if (who) reply.asked_by(who->user);
  std::function<net::Response()> job = [&desk, &request, &who, make] { return for_oneself(desk, request, who, make); };
  co_await async_made(desk, request, reply, std::move(job));
}

net::Response list_own(SignInDesk& desk, const net::Request&, const access::Principal& who) {
  return listed(desk.sign_in.devices(who.user), false);
}

net::Response revoke(const net::Request& request, access::SignIn& sign_in, std::string_view by) {
  return unkept(done(request, sign_in.revoke(request.captures[0], by)));
}

net::Response revoke_own(SignInDesk& desk, const net::Request& request, const access::Principal& who) {
  const auto& id = request.captures[0];
  const auto device = desk.sign_in.device(id);
  const bool own = device && device->user == who.user;
  auto name = name_of(request, who, &desk.sign_in);
  auto answer = own ? revoke(request, desk.sign_in, "its user") : failure(request, {Code::not_found, "you have no device '" + id + "'; GET /auth/devices lists them"});
  desk.log.audit(act_of(request, std::move(name), answer));
  return answer;
}

net::Response list_all(Context& context, const Visit& visit) {
  if (auto good = check_parameters(visit.request, {"user"}); !good) return failure(visit.request, good.error());
  const auto user = visit.request.parameter("user");
  auto devices = context.services.sign_in->devices(std::nullopt);
  std::erase_if(devices, [&](const access::Device& one) { return user && one.user != *user && one.user_name != *user; });
  return listed(devices, true);
}

net::Response revoke_any(Context& context, const Visit& visit) { return revoke(visit.request, *context.services.sign_in, "an administrator"); }

void add(SignInDesk& desk, net::Router& router, std::string method, std::string pattern, MakeOwn make) {
  router.add(std::move(method), std::move(pattern),
             [&desk, make](const net::Request& request, net::Reply& reply) { return async_for_oneself(desk, request, reply, make); });
}

}  // namespace

void add_devices(SignInDesk& desk, net::Router& router) {
  add(desk, router, "GET", "/auth/devices", list_own);
  add(desk, router, "DELETE", "/auth/devices/{device}", revoke_own);
}

void add_all_devices(Context& context, net::Router& router) {
  administer(context, router, access::Role::administrator, Office::reveal, "GET", "/admin/devices", list_all);
  administer(context, router, access::Role::administrator, Office::act, "DELETE", "/admin/devices/{device}", revoke_any);
}

}  // namespace meshgate::serve
