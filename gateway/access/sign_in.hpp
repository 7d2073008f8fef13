#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/absences.hpp"
#include "gateway/access/account.hpp"
#include "gateway/access/believed.hpp"
#include "gateway/access/device_book.hpp"
#include "gateway/access/keyring.hpp"
#include "gateway/access/known_tokens.hpp"
#include "gateway/access/lockout.hpp"
#include "gateway/access/principal.hpp"
#include "gateway/access/revocations.hpp"
#include "gateway/access/sign_in_options.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// What sign-in asks the directory.
struct People {
  /// Whom a login name means, and who has an anchor. Code::not_found: nobody; any other error: not known at present.
  std::function<Result<Account>(std::string_view name)> named;
  std::function<Result<Account>(std::string_view anchor)> anchored;
  /// Whether the source of `_users` takes this password of this person. Code::auth: it does not; Code::unsupported or not_found: it never can
  /// say; any other error: it cannot say now. Blocks.
  std::function<Status(std::string_view anchor, std::string_view name, std::string_view password)> verify;
};

/// Who wants to sign in, and with what.
struct Attempt {
  std::string name;
  std::string password;
  std::string address;  ///< where from, as limits count it
  std::string device;   ///< what they call it
  std::string key;      ///< its public key, 32 bytes; empty: none
  bool browser = false;
};

/// A refresh, as RFC 6749 section 6 has it, and two members of our own.
struct Refresh {
  std::string token;
  std::string next;   ///< SHA-256 of the secret of the token to come, 32 bytes; empty: the node makes it
  std::string proof;  ///< the device's signature over proved_text(); needed where it has a key
};

/// What was given out.
struct Grant {
  std::string access;  ///< a browser's is for its cookie
  std::chrono::seconds life{0};
  std::string refresh;  ///< empty: the device knows it (Refresh::next), or it is a browser
  std::string device;
};

/// What a token is for; one kind is never taken for the other.
enum class Use : std::uint8_t { api, browser };

/// Signs people and their devices in, and says who a token belongs to. What it keeps lies in one folder that only its owner may enter: keys
/// and the book of devices. No password and no token is kept or logged; of refresh tokens there are hashes. Thread safe.
class SignIn {
 public:
  struct Place {
    std::string folder;
    std::string issuer;  ///< what tokens call this node
    std::function<Micros()> clock = now;
  };
  /// Blocks.
  static Result<std::unique_ptr<SignIn>> open(Place place, const SignInOptions& options, People people, base::Log& log, base::Metrics& metrics);

  /// To be asked before sign_in(): counts the attempt, or says how long to wait. Never blocks for long.
  std::optional<std::chrono::seconds> hold(const Attempt& attempt);
  /// Code::auth: refused, and nothing says whether there is such a person. Blocks on the directory's source and on the disk.
  Result<Grant> sign_in(const Attempt& attempt);
  /// When a refusal of something asked at `asked` leaves: at a whole step, so that the time does not tell what was refused.
  [[nodiscard]] std::chrono::steady_clock::time_point leaves(std::chrono::steady_clock::time_point asked, std::chrono::steady_clock::time_point ready) const;
  /// The next access token. A refresh token is good once: an old one revokes its device (Code::conflict, which nobody is told but the log). Only the very same question (same token, same `next`)
  /// may come again until that next token is used, since an answer may be lost. Blocks on the disk.
  Result<Grant> refresh(const Refresh& refresh);

  /// Whose token this is; Code::auth when it is not to be believed. Never blocks for long.
  [[nodiscard]] Result<Principal> principal_of(std::string_view token, Use use) const;
  /// Whether the device of a principal, if there is one, is still signed in. Never blocks for long.
  [[nodiscard]] bool stands(const Principal& who) const;

  /// What the directory calls a person who has signed in; the anchor where that is not known.
  [[nodiscard]] std::string called(const Principal& who) const;
  [[nodiscard]] std::optional<Device> device(std::string_view id) const { return book_->find(id); }
  [[nodiscard]] std::vector<Device> devices(std::optional<std::string_view> user) const { return book_->list(user); }
  /// From here on its tokens are refused, also after a crash. `by`: who does it, for the log. Blocks on the disk.
  Status revoke(const std::string& device, std::string_view by);
  /// Called on any thread after devices were revoked; must not block.
  void on_revoked(std::function<void()> told);

  /// Instead of its own tokens those of another node are taken from here on: nobody signs in here but through it. `issuer`: as far as it is known.
  void believe(std::optional<Issuer> issuer);
  /// What other nodes need to know to take tokens of this one.
  [[nodiscard]] Issuer issuer() const;
  /// An attempt that another node has let in.
  void succeeded(const Attempt& attempt) { lockout_.succeeded(attempt.name, attempt.address); }

  /// The public keys of the tokens that are taken here (RFC 7517).
  [[nodiscard]] std::string key_set() const { return access::key_set(elsewhere_ ? believed_.keys() : public_keys(*keys_->keys())); }
  /// To be called now and then: rotates keys, lets go of devices that have ended, and of those whose person the directory has not had for the time of
  /// grace. Blocks on the disk.
  void tend();

 private:
  SignIn(Place place, const SignInOptions& options, People people, base::Log& log, base::Metrics& metrics);
  Error cannot_say(const Error& why);
  Result<Account> proven(const Attempt& attempt);
  Result<Grant> enrol(const Attempt& attempt, const Account& person);
  Status rotate(Device& device, const Refresh& refresh, std::string_view secret, std::string& fresh) const;
  Status reused(const Device& device);
  [[nodiscard]] std::string token_for(const Device& device, Use use, std::chrono::seconds life) const;
  [[nodiscard]] bool ended(const Device& device, Micros at) const;
  void look_who_is_there(const std::vector<Device>& devices, Micros at);
  void take_back(const std::vector<Device>& devices, const std::set<std::string>& gone, Micros at);
  void tell_gone(const std::vector<Device>& devices, const std::set<std::string>& gone) const;
  void purge(const std::vector<Device>& devices);
  Status take_out(const std::vector<std::string>& devices);
  void count(std::string_view what, std::string_view outcome);
  void tell();

  const Place place_;
  const SignInOptions options_;
  const People people_;
  base::Log& log_;
  base::Metrics& metrics_;
  Lockout lockout_;
  std::unique_ptr<Keyring> keys_;
  mutable KnownTokens known_;
  std::unique_ptr<DeviceBook> book_;
  std::unique_ptr<Absences> absences_;
  std::unique_ptr<Revocations> revocations_;
  std::atomic<bool> elsewhere_{false};  ///< tokens are those of another node
  Believed believed_;
  std::mutex telling_;  ///< of told_
  std::function<void()> told_;
};

/// What a device signs with its key to refresh: no signature fits another refresh.
std::string proved_text(std::string_view refresh_token, std::string_view next);

}  // namespace meshgate::access
