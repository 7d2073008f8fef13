#include "gateway/serve/login.hpp"

#include <array>

#include "gateway/access/refresh_token.hpp"
#include "gateway/serve/acts.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/auth_question.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/same_origin.hpp"
#include "gateway/serve/xml.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kSession = "meshgate";
constexpr std::string_view kForm = "meshgate-form";
constexpr long kFormLife = 3600;
constexpr std::string_view kPolicy = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Either name: which one is used depends on how the browser reaches this node.
std::optional<std::string_view> either(const net::Request& request, std::string_view name) {
  const auto secure = cookie(request, cookie_name(name, true));
  return secure ? secure : cookie(request, name);
}

/// Browsers say with a form whether its page came over TLS, also where a proxy in front speaks it.
bool over_tls(const SignInDesk& desk, const net::Request& request) {
  return desk.secure || request.fields.find("Origin").value_or("").starts_with("https://");
}

/// What the browser calls itself, in one word; it names the session in the list of devices.
std::string browser_name(const net::Request& request) {
  const auto agent = request.fields.find("User-Agent").value_or("");
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{
      {{"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}};
  for (const auto& [mark, name] : kNames) {
    if (agent.find(mark) != std::string_view::npos) return std::string(name);
  }
  return "browser";
}

net::Response page(unsigned status, std::string_view main) {
  net::Response out;
  out.status = status;
  out.fields.add("Content-Type", "text/html; charset=utf-8");
  out.fields.add("Content-Security-Policy", std::string(kPolicy));
  out.fields.add("Referrer-Policy", "same-origin");
  out.fields.add("Cache-Control", "no-store");
  out.body.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Sign in – Meshgate</title>\n")
      .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
      .append("<link rel=\"stylesheet\" href=\"/page.css\">\n</head>\n<body>\n<header><a class=\"brand\" href=\"/\">Meshgate</a></header>\n<main id=\"main\">\n")
      .append(main)
      .append("</main>\n</body>\n</html>\n");
  return out;
}

/// Puts the form's secret into a cookie and into the form: a page of another origin knows neither.
net::Response with_form(const SignInDesk& desk, const net::Request& request, unsigned status, std::string main, std::string_view action,
                        std::string_view inputs) {
  const std::string secret = access::random_secret();
  main.append("<form method=\"post\" action=\"").append(action).append("\">\n");
  main.append("<input type=\"hidden\" name=\"form\" value=\"").append(secret).append("\">\n").append(inputs).append("</form>\n");
  auto out = page(status, main);
  out.fields.add("Set-Cookie", cookie_line(kForm, secret, kFormLife, over_tls(desk, request)));
  return out;
}

net::Response sign_in_page(const SignInDesk& desk, const net::Request& request, unsigned status, std::string_view notice) {
  std::string main = "<h1>Sign in</h1>\n<p class=\"lead\">With the user name and password you have in the directory.</p>\n";
  if (!notice.empty()) {
    main += "<p role=\"alert\">";
    append_xml_text(main, notice);
    main += "</p>\n";
  }
  return with_form(desk, request, status, std::move(main), "/login",
                   "<label>User name <input name=\"username\" autocomplete=\"username\" required autofocus maxlength=\"256\"></label>\n"
                   "<label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required maxlength=\"1024\"></label>\n"
                   "<button>Sign in</button>\n");
}

net::Response signed_in_page(const SignInDesk& desk, const net::Request& request, const access::Principal& who) {
  std::string main = "<h1>Signed in</h1>\n<p class=\"lead\">As <strong>";
  append_xml_text(main, desk.sign_in.called(who));
  main += "</strong>. <a href=\"/\">To the feeds</a></p>\n";
  return with_form(desk, request, 200, std::move(main), "/logout", "<button>Sign out</button>\n");
}

asio::awaitable<void> async_show(SignInDesk& desk, const net::Request& request, net::Reply& reply) {
  const auto who = principal_of(desk.sign_in, request);
  const bool signed_in = who && !who->user.empty();
  if (signed_in) reply.asked_by(who->user);
  auto answer = signed_in ? signed_in_page(desk, request, *who) : sign_in_page(desk, request, 200, {});
  if (auto good = check_parameters(request, {}); !good) answer = failure(request, good.error());
  (void)co_await reply.async_send(std::move(answer));
}

/// The members of a form that this node made for this browser; Code::auth: it did not.
Result<std::map<std::string, std::string>> own_form(const net::Request& request) {
  if (!surely_from_own_pages(request)) return Error{Code::auth, "This form was sent from another site, or by something that does not say from where."};
  auto members = body_members(request);
  if (!members) return members;
  const auto secret = either(request, kForm);
  if (!secret || secret->empty() || (*members)["form"] != *secret) return Error{Code::auth, "This form was too old. Try again."};
  return members;
}

net::Response to(std::string_view place) {
  net::Response out;
  out.status = 303;
  out.fields.add("Location", std::string(place));
  out.fields.add("Cache-Control", "no-store");
  return out;
}

net::Response welcome(const SignInDesk& desk, const net::Request& request, const access::Grant& grant) {
  auto out = to("/");
  out.fields.add("Set-Cookie", cookie_line(kSession, grant.access, static_cast<long>(grant.life.count()), over_tls(desk, request)));
  return out;
}

net::Response sign_in_again(const SignInDesk& desk, const net::Request& request, const Error& error, std::chrono::seconds wait) {
  if (wait.count() > 0) {
    auto out = sign_in_page(desk, request, 429, "Too many attempts. Wait " + std::to_string(wait.count()) + " s, then try again.");
    out.fields.add("Retry-After", std::to_string(wait.count()));
    return out;
  }
  if (error.code == Code::auth) return sign_in_page(desk, request, 401, "The user name or the password is wrong, or you may not sign in.");
  if (error.code == Code::config) return sign_in_page(desk, request, 400, error.message);
  return sign_in_page(desk, request, 503, "The directory cannot be asked at the moment. Try again in a while.");
}

asio::awaitable<void> async_login(SignInDesk& desk, const net::Request& request, net::Reply& reply) {
  const auto members = own_form(request);
  if (!members) {
    auto answer = sign_in_page(desk, request, 403, members.error().message);
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  access::Attempt attempt = attempt_from(request);
  const auto member = [&](const char* name) { return members->contains(name) ? members->at(name) : std::string(); };
  attempt.name = member("username");
  attempt.password = member("password");
  attempt.device = browser_name(request);
  attempt.browser = true;
  std::chrono::seconds wait{0};
  Result<access::Grant> grant = Error{};
  if (auto good = plausible(attempt); !good) {
    grant = good.error();
  } else {
    grant = co_await async_sign_in(desk, attempt, wait);
  }
  auto answer = grant ? welcome(desk, request, *grant) : sign_in_again(desk, request, grant.error(), wait);
  if (grant) {
    asked_by(desk, grant->device, reply);
    note_enrolled(desk, request, grant->device, answer);
  }
  (void)co_await reply.async_send(std::move(answer));
}

/// The answer to who is not signed in, or no longer.
net::Response signed_out(const net::Request& request) {
  auto out = to("/login");
  forget_session(request, out);
  return out;
}

net::Response sign_out(SignInDesk& desk, const net::Request& request, const access::Device& browser) {
  const auto revoked = desk.sign_in.revoke(browser.id, "its user");
  auto answer = revoked || revoked.error().code == Code::not_found ? signed_out(request) : failure(request, revoked.error());
  desk.log.audit(act_of(request, name_of(browser), answer, "browser " + browser.id + " signed out"));
  return answer;
}

net::Response sign_out_elsewhere(const SignInDesk& desk, const net::Request& request, const access::Principal& who) {
  auto answer = ask_as_they(desk.elsewhere, request, "/auth/devices/" + who.device);
  const bool gone = answer.status == 404 || answer.status == 401;
  return answer.status < 300 || gone ? signed_out(request) : answer;
}

asio::awaitable<void> async_logout(SignInDesk& desk, const net::Request& request, net::Reply& reply) {
  const auto members = own_form(request);
  const auto who = principal_of(desk.sign_in, request);
  if (members && who && desk.elsewhere && !who->device.empty()) {
    reply.asked_by(who->user);
    std::function<net::Response()> job = [&desk, &request, &who] { return sign_out_elsewhere(desk, request, *who); };
    co_await async_made(desk, request, reply, std::move(job));
    co_return;
  }
  const auto browser = members && who ? desk.sign_in.device(who->device) : std::nullopt;
  if (!browser) {
    auto answer = members ? signed_out(request) : sign_in_page(desk, request, 403, members.error().message);
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  reply.asked_by(browser->user);
  std::function<net::Response()> job = [&desk, &request, &browser] { return sign_out(desk, request, *browser); };
  co_await async_made(desk, request, reply, std::move(job));
}

}  // namespace

std::optional<std::string_view> session_cookie(const net::Request& request) { return either(request, kSession); }

void forget_session(const net::Request& request, net::Response& answer) {
  for (const bool secure : {true, false}) {
    if (cookie(request, cookie_name(kSession, secure))) answer.fields.add("Set-Cookie", cookie_line(kSession, "", 0, secure));
  }
}

void add_login(SignInDesk& desk, net::Router& router) {
  router.add("GET", "/login", [&desk](const net::Request& request, net::Reply& reply) { return async_show(desk, request, reply); });
  router.add("POST", "/login", [&desk](const net::Request& request, net::Reply& reply) { return async_login(desk, request, reply); });
  router.add("POST", "/logout", [&desk](const net::Request& request, net::Reply& reply) { return async_logout(desk, request, reply); });
}

}  // namespace meshgate::serve
