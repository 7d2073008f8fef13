#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mesh/result.hpp"
#include "mesh/time.hpp"

struct ssl_ctx_st;

namespace meshgate::net {

/// What a configuration says under `tls:`.
struct TlsOptions {
  enum class Clients : std::uint8_t {
    none,      ///< not asked for a certificate
    optional,  ///< asked; one that is shown must be good
    required,
  };
  enum class Version : std::uint8_t { tls12, tls13 };

  std::string certificate;  ///< a PEM file: the node's own, then those between it and the authority
  std::string key;          ///< a PEM file, not encrypted
  std::string client_ca;    ///< a PEM file: who signs the certificates of clients; empty: nobody
  Clients clients = Clients::none;
  Version least = Version::tls12;
};

/// Encrypts session tickets. One per process, so that sessions outlive a change of certificates.
using TicketKeys = std::array<unsigned char, 80>;
TicketKeys make_ticket_keys();

/// A certificate with its key, checked and ready to be shown. Immutable, thread safe.
class Credentials {
 public:
  /// Blocks on the files. Error::config names the file and says what is wrong with it: not readable, no certificate, another key's,
  /// encrypted, not valid yet, expired.
  static Result<std::shared_ptr<const Credentials>> load(const TlsOptions& options, const TicketKeys& tickets);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  [[nodiscard]] ssl_ctx_st* context() const { return context_; }
  /// When the node's own certificate ends.
  [[nodiscard]] Micros expires() const { return expires_; }
  /// What is no reason to refuse but should be known: the end is near, the key is readable by all.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Credentials() = default;

  ssl_ctx_st* context_ = nullptr;
  Micros expires_;
  std::vector<std::string> warnings_;
};

}  // namespace meshgate::net
