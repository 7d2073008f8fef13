#include "connectors/ldap/link.hpp"

#include <openldap.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>

#include "connectors/ldap/failures.hpp"
#include "connectors/ldap/quiet_pipe.hpp"

namespace meshgate::ldap {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLookAgain{100};
/// What one message of a server may take; a group of 50,000 members is five.
constexpr ber_len_t kLongestMessage = ber_len_t{64} << 20U;
/// All that the library says of a certificate that does not hold.
constexpr const char* kUnsaid = "(unknown error code)";
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

timeval timeval_of(milliseconds time) {
  const auto left = std::max(time, milliseconds(0));
  return {left.count() / 1000, (left.count() % 1000) * 1000};
}

sdk::Status cancelled_status() { return sdk::failure(MG_CANCELLED, "cancelled"); }

}  // namespace

sdk::Status Link::open(const Access& access, const Address& server, Sockets& sockets, std::function<bool()> cancelled, std::unique_ptr<Link>& out) {
  std::unique_ptr<Link> link(new Link(server.url, sockets, std::move(cancelled), access.timeout));
  link->insecure_ = access.insecure;
  if (sdk::Status reached = reach(server.host, server.port, access.connect_timeout, access.timeout, link->cancelled_, link->socket_); !reached.ok()) return reached;
  sockets.add(link->socket_);
  LDAP* handle = nullptr;
  if (const int code = ldap_init_fd(link->socket_, 1, server.url.c_str(), &handle); code != LDAP_SUCCESS) {
    ::close(link->socket_);
    return failed(code, "server " + server.url, {});
  }
  link->handle_.reset(handle);
  if (sdk::Status prepared = link->prepare(access); !prepared.ok()) return prepared;
  if (sdk::Status secured = link->secure(access, server.tls); !secured.ok()) return secured;
  out = std::move(link);
  return {};
}

Link::~Link() {
  const QuietPipe quiet;
  sockets_.remove(socket_);
  handle_.reset();
}

sdk::Status Link::prepare(const Access& access) {
  LDAP* handle = handle_.get();
  const int version = LDAP_VERSION3;
  const int none = 0;
  const int never = LDAP_DEREF_NEVER;
  const timeval connecting = timeval_of(access.connect_timeout);
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  ldap_set_option(handle, LDAP_OPT_RESTART, LDAP_OPT_ON);
  ldap_set_option(handle, LDAP_OPT_SIZELIMIT, &none);
  ldap_set_option(handle, LDAP_OPT_TIMELIMIT, &none);
  ldap_set_option(handle, LDAP_OPT_DEREF, &never);
  ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &connecting);
  Sockbuf* buffer = nullptr;
  ber_len_t longest = kLongestMessage;
  if (ldap_get_option(handle, LDAP_OPT_SOCKBUF, &buffer) == LDAP_OPT_SUCCESS && buffer != nullptr) ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &longest);
  return {};
}

sdk::Status Link::secure(const Access& access, Tls tls) {
  if (tls == Tls::off) return {};
  const QuietPipe quiet;
  LDAP* handle = handle_.get();
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const int client = 0;
  const std::string& authorities = access.authority.empty() ? std::string(kSystemAuthorities) : access.authority;
  ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTDIR, nullptr);
  ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, authorities.c_str());
  ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  ldap_set_option(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest);
  if (!access.certificate.empty()) {
    ldap_set_option(handle, LDAP_OPT_X_TLS_CERTFILE, access.certificate.c_str());
    ldap_set_option(handle, LDAP_OPT_X_TLS_KEYFILE, access.private_key.c_str());
  }
  if (ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS) {
    return sdk::failure(MG_CONFIG, "the certificates cannot be used; check that the files of ca: (" + authorities + "), certificate: and private_key: are there, are PEM, and can be read");
  }
  if (tls == Tls::start) {
    if (sdk::Status started = secure_by_start(); !started.ok()) return started;
  }
  if (const int code = ldap_install_tls(handle); code != LDAP_SUCCESS) {
    if (cancelled_()) return cancelled_status();
    std::string why = diagnostic();
    if (why.empty()) why = ldap_err2string(code);
    if (why == kUnsaid) why = "its certificate is of no authority that is trusted, or has expired";
    over_ = true;
    return sdk::failure(MG_RETRY, "server " + server_ + ": TLS failed (" + why +
                                      "); check that ca: names who signed the server's certificate, that it has not expired, and that it is for this name. Nothing was sent in clear");
  }
  clear_ = false;
  return {};
}

sdk::Status Link::secure_by_start() {
  int request = 0;
  if (const int code = ldap_start_tls(handle_.get(), nullptr, nullptr, &request); code != LDAP_SUCCESS) return over(code, "StartTLS");
  Message answer;
  if (sdk::Status came = must_come(request, answer); !came.ok()) return came;
  int code = 0;
  ldap_parse_result(handle_.get(), answer.get(), &code, nullptr, nullptr, nullptr, nullptr, 0);
  if (code == LDAP_SUCCESS) return {};
  over_ = true;
  return sdk::failure(MG_CONFIG, "server " + server_ + " refuses StartTLS (" + ldap_err2string(code) + "), and nothing is sent in clear; set up TLS there, use ldaps://, or say tls: off");
}

sdk::Status Link::bind(const Credentials& who, int& code) {
  code = LDAP_SUCCESS;
  if (who.name.empty() && !who.external) return {};
  if (!who.external && clear_ && !insecure_ && !is_local(socket_)) {
    return sdk::failure(MG_CONFIG, "server " + server_ + ": the password would go in clear over the network; use tls: start or ldaps://, or say insecure: true");
  }
  const QuietPipe quiet;
  const std::string name(who.name);
  // To say nothing more than the certificate does is an answer too: without one the server would ask for it.
  berval password = borrow(who.external ? std::string_view("") : who.password);
  int request = 0;
  const int sent = ldap_sasl_bind(handle_.get(), who.external ? nullptr : name.c_str(), who.external ? "EXTERNAL" : LDAP_SASL_SIMPLE, &password, nullptr, nullptr, &request);
  if (sent != LDAP_SUCCESS) return over(sent, "bind");
  Message answer;
  if (sdk::Status came = must_come(request, answer); !came.ok()) return came;
  if (const int parsed = ldap_parse_result(handle_.get(), answer.get(), &code, nullptr, nullptr, nullptr, nullptr, 0); parsed != LDAP_SUCCESS) return over(parsed, "bind");
  return {};
}

sdk::Status Link::search(const Query& query, const std::vector<LDAPControl*>& controls, int& request) {
  if (over_) return sdk::failure(MG_RECONNECT, "server " + server_ + ": the connection is over; it is opened again");
  const QuietPipe quiet;
  std::vector<char*> attributes;
  for (const std::string& one : query.attributes) attributes.push_back(const_cast<char*>(one.c_str()));
  attributes.push_back(nullptr);
  std::vector<LDAPControl*> with(controls);
  with.push_back(nullptr);
  const int sent = ldap_search_ext(handle_.get(), query.base.c_str(), query.scope, query.filter.c_str(), query.attributes.empty() ? nullptr : attributes.data(), 0, with.data(),
                                   nullptr, nullptr, LDAP_NO_LIMIT, &request);
  return sent == LDAP_SUCCESS ? sdk::Status{} : over(sent, "search under '" + query.base + "'");
}

sdk::Status Link::next(int request, Clock::time_point until, Answer answer, Message& out) {
  out.reset();
  while (true) {
    if (cancelled_()) return cancelled_status();
    const auto asked = Clock::now();
    const auto left = until - asked;
    timeval slice = timeval_of(left > kLookAgain ? kLookAgain : std::chrono::duration_cast<milliseconds>(left));
    LDAPMessage* message = nullptr;
    const int kind = ldap_result(handle_.get(), request, LDAP_MSG_ONE, &slice, &message);
    out.reset(message);
    if (kind > 0) {
      silence_ = milliseconds(0);
      return {};
    }
    if (kind < 0) {
      int code = LDAP_SERVER_DOWN;
      ldap_get_option(handle_.get(), LDAP_OPT_RESULT_CODE, &code);
      return over(code, "server " + server_);
    }
    const auto now = Clock::now();
    silence_ += answer == Answer::due ? std::chrono::duration_cast<milliseconds>(now - asked) : milliseconds(0);
    if (silence_ >= timeout_) return over(LDAP_TIMEOUT, "server " + server_ + " has said nothing for " + std::to_string(timeout_.count()) + " ms");
    if (now >= until) return {};
  }
}

sdk::Status Link::must_come(int request, Message& out) {
  return next(request, Clock::time_point::max(), Answer::due, out);
}

sdk::Status Link::all(const Query& query, const std::function<void(LDAPMessage*)>& entry, int taken) {
  int request = 0;
  if (sdk::Status sent = search(query, {}, request); !sent.ok()) return sent;
  while (true) {
    Message message;
    if (sdk::Status came = must_come(request, message); !came.ok()) return came;
    const int kind = ldap_msgtype(message.get());
    if (kind == LDAP_RES_SEARCH_ENTRY) entry(message.get());
    if (kind != LDAP_RES_SEARCH_RESULT) continue;
    int code = 0;
    sdk::Status done = result(message.get(), query.base, code);
    return code == taken ? sdk::Status{} : done;
  }
}

void Link::abandon(int request) {
  const QuietPipe quiet;
  if (!over_) ldap_abandon_ext(handle_.get(), request, nullptr, nullptr);
}

sdk::Status Link::result(LDAPMessage* message, const std::string& base, int& code) const {
  char* text = nullptr;
  const int parsed = ldap_parse_result(handle_.get(), message, &code, nullptr, &text, nullptr, nullptr, 0);
  const Text owned(text);
  if (parsed != LDAP_SUCCESS) code = parsed;
  if (code == LDAP_SUCCESS) return {};
  return failed(code, "search under '" + base + "' at " + server_, text == nullptr ? "" : text);
}

sdk::Status Link::over(int code, std::string_view doing) {
  over_ = true;
  if (cancelled_()) return cancelled_status();
  return failed(code, doing, diagnostic());
}

std::string Link::diagnostic() const {
  char* text = nullptr;
  ldap_get_option(handle_.get(), LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  const Text owned(text);
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace meshgate::ldap
