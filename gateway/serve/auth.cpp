#include "gateway/serve/auth.hpp"

#include <boost/asio/ip/address.hpp>

#include "gateway/access/refresh_token.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/origin.hpp"
#include "gateway/serve/acts.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth_question.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/login.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/same_origin.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kRealm = "Bearer realm=\"meshgate\"";
constexpr std::string_view kKeysLife = "public, max-age=300";

/// The token of `Authorization: Bearer …`; Code::auth for another scheme, or two fields.
Result<std::string_view> bearer(const net::Request& request) {
  std::optional<std::string_view> out;
  for (const auto& [name, value] : request.fields.all()) {
    if (!net::same_word(name, "Authorization")) continue;
    std::string_view token = value;
    const auto scheme = net::take_until(token, ' ');
    if (out || !net::same_word(scheme, "Bearer")) return Error{Code::auth, "Authorization must be one 'Bearer' and a token of this node: POST /auth/token gives one"};
    out = net::trimmed(token);
  }
  return out.value_or(std::string_view{});
}

bool shows_authorization(const net::Request& request) { return request.fields.find("Authorization").has_value(); }

std::string grant_json(const access::Grant& grant) {
  std::string out = "{";
  append_member(out, "access_token", grant.access);
  out.append(",\"token_type\":\"Bearer\",\"expires_in\":").append(std::to_string(grant.life.count())).append(",");
  append_member(out, "device", grant.device);
  if (!grant.refresh.empty()) {
    out += ',';
    append_member(out, "refresh_token", grant.refresh);
  }
  return out + "}\n";
}

/// A refusal in the words of RFC 6749 section 5.2 beside ours.
net::Response refuse_grant(const net::Request& request, const Error& error, std::chrono::seconds wait) {
  if (wait.count() > 0) {
    auto out = net::problem(429, "too-many-attempts", "Too many attempts", error.message, request.id, ",\"error\":\"slow_down\"");
    out.fields.add("Retry-After", std::to_string(wait.count()));
    return out;
  }
  if (error.code == Code::config) return net::problem(400, "bad-request", "Bad request", error.message, request.id, ",\"error\":\"invalid_request\"");
  if (error.code != Code::auth && error.code != Code::conflict) return failure(request, error);
  auto out = net::problem(401, "sign-in-refused", "Sign-in refused", error.message, request.id, ",\"error\":\"invalid_grant\"");
  out.fields.add("WWW-Authenticate", std::string(kRealm));
  return out;
}

asio::awaitable<Result<access::Grant>> async_refresh(SignInDesk& desk, const access::Refresh& refresh) {
  auto grant = std::make_shared<std::optional<Result<access::Grant>>>();
  std::function<void()> job = [grant, &refresh, &desk] { grant->emplace(desk.elsewhere ? refresh_elsewhere(desk.elsewhere, refresh) : desk.sign_in.refresh(refresh)); };
  const Status ran = co_await net::async_run_blocking(desk.asked(), std::move(job));
  if (!ran) co_return ran.error();
  co_return std::move(**grant);
}

/// The device that is to be refreshed.
std::optional<access::Device> device_of(const SignInDesk& desk, const Result<TokenQuestion>& question) {
  const auto* refresh = question ? std::get_if<access::Refresh>(&*question) : nullptr;
  const auto token = refresh == nullptr ? std::nullopt : access::RefreshToken::parse(refresh->token);
  return token ? desk.sign_in.device(token->device) : std::nullopt;
}

/// `before`: the device that was to be refreshed.
void note(SignInDesk& desk, const net::Request& request, const std::optional<access::Device>& before, const Result<access::Grant>& grant,
          const net::Response& answer) {
  if (grant && !before) note_enrolled(desk, request, grant->device, answer);
  if (grant || !before || grant.error().code != Code::conflict) return;
  desk.log.audit(act_of(request, "somebody with an old refresh token of " + name_of(*before), answer, "device " + before->id + " signed out"));
}

asio::awaitable<void> async_token(SignInDesk& desk, const net::Request& request, net::Reply& reply) {
  std::chrono::seconds wait{0};
  auto question = parse_token_question(request);
  if (auto* attempt = question ? std::get_if<access::Attempt>(&*question) : nullptr) take_word(request, desk.through, *attempt);
  const auto before = device_of(desk, question);
  auto grant = Result<access::Grant>(question ? Error{} : question.error());
  if (question) {
    const auto* attempt = std::get_if<access::Attempt>(&*question);
    if (attempt != nullptr) {
      grant = co_await async_sign_in(desk, *attempt, wait);
    } else {
      grant = co_await async_refresh(desk, std::get<access::Refresh>(*question));
    }
  }
  auto answer = unkept(grant ? json(grant_json(*grant)) : refuse_grant(request, grant.error(), wait));
  note(desk, request, before, grant, answer);
  if (grant) asked_by(desk, grant->device, reply);
  (void)co_await reply.async_send(std::move(answer));
}

asio::awaitable<void> async_key_set(SignInDesk& desk, const net::Request& request, net::Reply& reply) {
  net::Response answer;
  answer.fields.add("Content-Type", "application/jwk-set+json");
  answer.fields.add("Cache-Control", std::string(kKeysLife));
  answer.body = desk.sign_in.key_set();
  if (auto good = check_parameters(request, {}); !good) answer = failure(request, good.error());
  (void)co_await reply.async_send(std::move(answer));
}

}  // namespace

Result<access::Principal> principal_of(const access::SignIn& sign_in, const net::Request& request) {
  Result<access::Principal> out = access::Principal();
  if (shows_authorization(request)) {
    const auto token = bearer(request);
    if (!token) return token.error();
    out = sign_in.principal_of(*token, access::Use::api);
  } else if (const auto session = session_cookie(request)) {
    if (!from_own_pages(request)) return Error{Code::auth, "a cookie counts only where this node's own pages ask; use a token of POST /auth/token"};
    out = sign_in.principal_of(*session, access::Use::browser);
  }
  if (out) out->node = request.client;
  return out;
}

net::Response not_signed_in(const net::Request& request, const Error& error) {
  auto out = net::problem(401, "not-signed-in", "Not signed in", error.message, request.id);
  out.fields.add("WWW-Authenticate", std::string(kRealm).append(shows_authorization(request) ? ", error=\"invalid_token\"" : ""));
  out.fields.add("Cache-Control", "no-store");
  out.fields.add("Vary", "Authorization, Cookie");
  if (!shows_authorization(request) && session_cookie(request) && from_own_pages(request)) forget_session(request, out);
  return out;
}

net::Response unkept(net::Response answer) {
  net::Fields fields;
  for (const auto& [name, value] : answer.fields.all()) {
    if (!net::same_word(name, "Cache-Control")) fields.add(name, value);
  }
  fields.add("Cache-Control", "no-store");
  answer.fields = std::move(fields);
  return answer;
}

void asked_by(const SignInDesk& desk, const std::string& device, net::Reply& reply) {
  if (const auto known = desk.sign_in.device(device)) reply.asked_by(known->user);
}

void note_enrolled(SignInDesk& desk, const net::Request& request, const std::string& device, const net::Response& answer) {
  const auto known = desk.sign_in.device(device);
  if (known) desk.log.audit(act_of(request, name_of(*known), answer, (known->browser ? "browser " : "device ") + device + " signed in"));
}

access::Attempt attempt_from(const net::Request& request) {
  access::Attempt out;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(request.remote, error);
  out.address = error ? request.remote : net::counted(address);
  return out;
}

asio::awaitable<Result<access::Grant>> async_sign_in(SignInDesk& desk, const access::Attempt& attempt, std::chrono::seconds& wait) {
  access::SignIn& sign_in = desk.sign_in;
  const auto asked = std::chrono::steady_clock::now();
  if (const auto held = sign_in.hold(attempt)) {
    wait = *held;
    co_return Error{Code::retry, "too many attempts with this user name from this address; wait as long as Retry-After says"};
  }
  auto grant = std::make_shared<std::optional<Result<access::Grant>>>();
  std::function<void()> job = [grant, &attempt, &desk, &wait] {
    grant->emplace(desk.elsewhere ? sign_in_elsewhere(desk.elsewhere, attempt, wait) : desk.sign_in.sign_in(attempt));
  };
  const Status ran = co_await net::async_run_blocking(desk.passwords, std::move(job));
  if (!ran) co_return ran.error();
  if (desk.elsewhere && **grant) sign_in.succeeded(attempt);
  if (!**grant && (*grant)->error().code == Code::auth) {
    net::Bell never;
    const auto leaves = sign_in.leaves(asked, std::chrono::steady_clock::now());
    (void)co_await never.async_wait(never.rings(), leaves);
  }
  co_return std::move(**grant);
}

asio::awaitable<void> async_made(SignInDesk& desk, const net::Request& request, net::Reply& reply, std::function<net::Response()> make) {
  const auto answer = std::make_shared<net::Response>();
  std::function<void()> job = [answer, make = std::move(make)] { *answer = make(); };
  const Status ran = co_await net::async_run_blocking(desk.asked(), std::move(job));
  if (!ran) *answer = failure(request, ran.error());
  (void)co_await reply.async_send(std::move(*answer));
}

void SignInDesk::add_routes(net::Router& router) {
  router.add("POST", "/auth/token", [this](const net::Request& request, net::Reply& reply) { return async_token(*this, request, reply); });
  router.add("GET", "/.well-known/jwks.json", [this](const net::Request& request, net::Reply& reply) { return async_key_set(*this, request, reply); });
  add_devices(*this, router);
  add_login(*this, router);
}

}  // namespace meshgate::serve
