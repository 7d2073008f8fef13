#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

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

using Make = net::Response (*)(SignInDesk&, const net::Request&, const access::Principal&);
using Administer = net::Response (*)(SignInDesk&, const net::Request&);

net::Response done(const net::Request& request, const Status& status) { return status ? unkept(json("{\"done\":true}\n")) : failure(request, status.error()); }

/// Makes an answer for the person who asks; 401 when it is nobody.
net::Response for_oneself(SignInDesk& desk, const net::Request& request, Make make) {
  const auto who = principal_of(desk.sign_in, request);
  if (!who) return not_signed_in(request, who.error());
  if (who->user.empty()) return not_signed_in(request, {Code::auth, "this is for people who are signed in: POST /auth/token, or /login in a browser"});
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  return make(desk, request, *who);
}

net::Response list_own(SignInDesk& desk, const net::Request&, const access::Principal& who) {
  return listed(desk.sign_in.devices(who.user), false);
}

net::Response revoke_own(SignInDesk& desk, const net::Request& request, const access::Principal& who) {
  const auto& id = request.captures[0];
  const auto device = desk.sign_in.device(id);
  if (!device || device->user != who.user) return failure(request, {Code::not_found, "you have no device '" + id + "'; GET /auth/devices lists them"});
  return done(request, desk.sign_in.revoke(id, "its user"));
}

net::Response list_all(SignInDesk& desk, const net::Request& request) {
  if (auto good = check_parameters(request, {"user"}); !good) return failure(request, good.error());
  const auto user = request.parameter("user");
  auto devices = desk.sign_in.devices(std::nullopt);
  std::erase_if(devices, [&](const access::Device& one) { return user && one.user != *user && one.user_name != *user; });
  return listed(devices, true);
}

net::Response revoke_any(SignInDesk& desk, const net::Request& request) {
  return done(request, desk.sign_in.revoke(request.captures[0], "an administrator"));
}

/// Over TCP these paths do not exist.
net::Response for_administrators(SignInDesk& desk, const net::Request& request, Administer make) {
  if (request.administrator) return make(desk, request);
  return failure(request, {Code::not_found, "there is nothing at " + request.path + "; GET /feeds lists the feeds"});
}

/// A route whose answer `answer(desk, request, make)` makes on the pool.
template <class Answer, class Made>
void add(SignInDesk& desk, net::Router& router, std::string method, std::string pattern, Answer answer, Made make) {
  router.add(std::move(method), std::move(pattern), [&desk, answer, make](const net::Request& request, net::Reply& reply) {
    std::function<net::Response()> job = [&desk, &request, answer, make] { return answer(desk, request, make); };
    return async_made(desk, request, reply, std::move(job));
  });
}

}  // namespace

void add_devices(SignInDesk& desk, net::Router& router) {
  add(desk, router, "GET", "/auth/devices", for_oneself, list_own);
  add(desk, router, "DELETE", "/auth/devices/{device}", for_oneself, revoke_own);
  add(desk, router, "GET", "/admin/devices", for_administrators, list_all);
  add(desk, router, "DELETE", "/admin/devices/{device}", for_administrators, revoke_any);
}

}  // namespace meshgate::serve
