#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ldap/choice.hpp"
#include "connectors/ldap/handle.hpp"
#include "connectors/ldap/socket.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// What a search asks.
struct Query {
  std::string base;
  int scope = LDAP_SCOPE_SUBTREE;
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;  ///< empty: those that are not operational
};

/// Who binds: a name and its password, the certificate, or nobody.
struct Credentials {
  std::string_view name;
  std::string_view password;
  bool external = false;
};

/// One connection to one server. Used by one thread. Whatever fails on it, it is over then: the library would go on with a new connection in clear.
class Link {
 public:
  using Clock = std::chrono::steady_clock;

  /// Reaches `server` with TLS as it is wanted, and binds nobody yet. Blocks.
  static sdk::Status open(const Access& access, const Address& server, Sockets& sockets, std::function<bool()> cancelled, std::unique_ptr<Link>& out);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// The result code of a bind; below 0, or with a Status that is not ok, nothing is known. Blocks.
  sdk::Status bind(const Credentials& who, int& code);

  /// Sends a search; `controls` may be empty.
  sdk::Status search(const Query& query, const std::vector<LDAPControl*>& controls, int& request);
  /// Whether a server that says nothing for the `timeout` setting has failed.
  enum class Answer : std::uint8_t { due, whenever };
  /// The next message of a request, or none by `until`. Blocks.
  sdk::Status next(int request, Clock::time_point until, Answer answer, Message& out);
  /// The next message, however long it takes. Blocks.
  sdk::Status must_come(int request, Message& out);
  /// Everything a search gives, entry by entry. A result other than success fails, but for `taken`. Blocks.
  sdk::Status all(const Query& query, const std::function<void(LDAPMessage*)>& entry, int taken = LDAP_SUCCESS);
  void abandon(int request);

  /// It failed, and cannot be used again.
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] LDAP* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& server() const { return server_; }
  /// Of a search's last message: its code, and the sentence if that is not success.
  sdk::Status result(LDAPMessage* message, const std::string& base, int& code) const;

 private:
  Link(std::string server, Sockets& sockets, std::function<bool()> cancelled, std::chrono::milliseconds timeout)
      : server_(std::move(server)), sockets_(sockets), cancelled_(std::move(cancelled)), timeout_(timeout) {}

  sdk::Status prepare(const Access& access);
  sdk::Status secure(const Access& access, Tls tls);
  sdk::Status secure_by_start();
  sdk::Status over(int code, std::string_view doing);
  [[nodiscard]] std::string diagnostic() const;

  const std::string server_;
  Sockets& sockets_;
  const std::function<bool()> cancelled_;
  const std::chrono::milliseconds timeout_;
  int socket_ = -1;
  std::chrono::milliseconds silence_{0};  ///< how long an answer that is due has been waited for
  bool over_ = false;
  bool clear_ = true;  ///< nothing hides what goes over it
  bool insecure_ = false;
  Handle handle_;
};

/// The servers in the order in which they are to be tried; asks DNS where only a domain is given. Blocks.
sdk::Status servers_of(const Access& access, std::vector<Address>& out);

/// The first server that answers, bound as the settings say. Blocks.
sdk::Status open_bound(const Access& access, Sockets& sockets, const std::function<bool()>& cancelled, std::unique_ptr<Link>& out);

}  // namespace meshgate::ldap
