#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

#include "gateway/access/sign_in.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/net/server.hpp"
#include "gateway/serve/sign_in_elsewhere.hpp"

namespace meshgate::serve {

/// Who asks, by what the request shows: a bearer token, a browser's cookie, a client certificate, or nothing, which is nobody. Code::auth when
/// something is shown that is not to be believed: answer not_signed_in(), never as to nobody. Never blocks for long.
Result<access::Principal> principal_of(const access::SignIn& sign_in, const net::Request& request);

/// 401, and how to sign in. A cookie that is good for nothing is taken away.
net::Response not_signed_in(const net::Request& request, const Error& error);

/// An answer that no cache keeps.
net::Response unkept(net::Response answer);

/// The routes of signing in: /auth/token, /auth/devices, /.well-known/jwks.json; /login and /logout. Outlives every server that has them.
struct SignInDesk {
  /// `disk`: for what waits on it. `over_tls`: so readers come. `to` gets a line for each device that comes or goes. All outlive the desk.
  SignInDesk(access::SignIn& who, base::BlockingPool& disk, base::Log& to, bool over_tls) : sign_in(who), pool(disk), log(to), secure(over_tls) {}

  void add_routes(net::Router& router);
  /// For what waits on the disk here, or on the node where people sign in.
  [[nodiscard]] base::BlockingPool& asked() { return elsewhere ? passwords : pool; }

  access::SignIn& sign_in;
  base::BlockingPool& pool;
  base::Log& log;
  const bool secure;
  AskElsewhere elsewhere{};           ///< where people sign in, when that is not here; empty: here
  std::vector<std::string> through{};  ///< subjects of nodes that are believed who asks them
  base::BlockingPool passwords{2, 64};  ///< where they are checked: a directory that answers slowly keeps nobody from reading
};

/// Checks a password, here or where people sign in, and lets a refusal leave at its time. `wait` is set when it was not tried at all (Code::retry).
boost::asio::awaitable<Result<access::Grant>> async_sign_in(SignInDesk& desk, const access::Attempt& attempt, std::chrono::seconds& wait);

/// For the access log: whose request it is that this device made.
void asked_by(const SignInDesk& desk, const std::string& device, net::Reply& reply);
/// For the log: somebody has signed in.
void note_enrolled(SignInDesk& desk, const net::Request& request, const std::string& device, const net::Response& answer);

/// An attempt from where the request comes from.
access::Attempt attempt_from(const net::Request& request);

/// Makes an answer on the pool and sends it; 503 when the pool is full. What `make` refers to must live as long as the request.
boost::asio::awaitable<void> async_made(SignInDesk& desk, const net::Request& request, net::Reply& reply, std::function<net::Response()> make);

void add_login(SignInDesk& desk, net::Router& router);
void add_devices(SignInDesk& desk, net::Router& router);

}  // namespace meshgate::serve
