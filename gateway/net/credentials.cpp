#include "gateway/net/credentials.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <ctime>

#include "config/read_file.hpp"
#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace {

constexpr std::size_t kMostFile = std::size_t{1} << 20U;
constexpr std::int64_t kSoonDays = 14;
/// Forward secrecy and authenticated encryption only (RFC 9325 section 4.2). TLS 1.3 has no others.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kProtocol = "\x08http/1.1";

Error wrong(std::string_view what, const std::string& file, const std::string& why) {
  return {Code::config, std::string(what) + " '" + file + "' " + why};
}

/// OpenSSL's newest reason, which is then forgotten.
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text == nullptr ? "no reason given" : text;
}

Status readable(std::string_view what, const std::string& file) {
  const auto bytes = config::read_file(file, kMostFile);
  if (bytes) return {};
  return wrong(what, file, bytes.error().message + "; check the path, and that this user may read it");
}

std::string day_of(Micros at) { return utc_text(at).substr(0, 10); }

Micros instant(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {0};
  return {std::int64_t{timegm(&parts)} * 1000000};
}

/// A passphrase cannot be typed into a service: without this OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

/// Answers ALPN (RFC 7301) with the one protocol that is spoken here; a client that speaks only others is told so by an alert.
int select_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offers, unsigned offered, void*) {
  for (std::string_view rest(reinterpret_cast<const char*>(offers), offered); !rest.empty();) {
    const auto entry = rest.substr(0, 1U + static_cast<unsigned char>(rest.front()));
    rest.remove_prefix(entry.size());
    if (entry != kProtocol) continue;
    *out = reinterpret_cast<const unsigned char*>(entry.data()) + 1;
    *size = static_cast<unsigned char>(entry.size() - 1);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void choose_protocol(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_min_proto_version(context, options.least == TlsOptions::Version::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Released buffers: an idle connection holds none. Moving and partial writes: the stream keeps what is left.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_cipher_list(context, kCiphers12);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

/// Sessions live in tickets, which cost the node nothing. Where clients show certificates there are none: each connection is then
/// checked against the authority as it is now.
void choose_sessions(SSL_CTX* context, const TlsOptions& options, const TicketKeys& tickets) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  auto keys = tickets;
  SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), static_cast<long>(keys.size()));
  if (options.clients == TlsOptions::Clients::none) return;
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
}

Status take_certificate(SSL_CTX* context, const TlsOptions& options) {
  if (auto fine = readable("the certificate", options.certificate); !fine) return fine;
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return wrong("the certificate", options.certificate, "cannot be used (" + reason() + "): it must be PEM, the node's own first, then those between it and the authority");
  }
  return {};
}

Status take_key(SSL_CTX* context, const TlsOptions& options) {
  if (auto fine = readable("the key", options.key); !fine) return fine;
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) == 1) return {};
  const bool another = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
  const std::string why = reason();
  if (another) return wrong("the key", options.key, "does not belong to the certificate '" + options.certificate + "': give the two that were made together");
  return wrong("the key", options.key, "cannot be used (" + why + "): it must be PEM and not encrypted");
}

Status take_clients(SSL_CTX* context, const TlsOptions& options) {
  if (options.clients == TlsOptions::Clients::none) return {};
  if (auto fine = readable("the client authority", options.client_ca); !fine) return fine;
  auto* const names = SSL_load_client_CA_file(options.client_ca.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, options.client_ca.c_str()) != 1) {
    return wrong("the client authority", options.client_ca, "cannot be used (" + reason() + "): it must be PEM certificates");
  }
  SSL_CTX_set_client_CA_list(context, names);
  const int refuse = options.clients == TlsOptions::Clients::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | refuse, nullptr);
  return {};
}

Status in_time(const TlsOptions& options, Micros begins, Micros ends) {
  if (ends <= now()) return wrong("the certificate", options.certificate, "expired on " + day_of(ends) + ": renew it");
  if (begins > now()) return wrong("the certificate", options.certificate, "is not valid before " + day_of(begins) + ": check this machine's clock");
  return {};
}

std::vector<std::string> warnings_of(const TlsOptions& options, Micros ends) {
  std::vector<std::string> out;
  if (ends.count - now().count < kSoonDays * kMicrosPerDay) out.push_back("the certificate '" + options.certificate + "' expires on " + day_of(ends) + ": renew it");
  struct stat found {};
  if (::stat(options.key.c_str(), &found) == 0 && (found.st_mode & S_IRWXO) != 0) {
    out.push_back("the key '" + options.key + "' may be read or written by everybody on this machine: `chmod o= " + options.key + "`");
  }
  return out;
}

}  // namespace

TicketKeys make_ticket_keys() {
  TicketKeys out{};
  RAND_bytes(out.data(), static_cast<int>(out.size()));
  return out;
}

Result<std::shared_ptr<const Credentials>> Credentials::load(const TlsOptions& options, const TicketKeys& tickets) {
  ERR_clear_error();
  const std::shared_ptr<Credentials> out(new Credentials);
  out->context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX* const context = out->context_;
  if (context == nullptr) return Error{Code::internal, "TLS cannot be set up: " + reason()};
  choose_protocol(context, options);
  choose_sessions(context, options, tickets);
  for (const auto& step : {take_certificate, take_key, take_clients}) {
    if (auto fine = step(context, options); !fine) return std::move(fine).error();
  }
  const X509* const own = SSL_CTX_get0_certificate(context);
  out->expires_ = instant(X509_get0_notAfter(own));
  if (auto fine = in_time(options, instant(X509_get0_notBefore(own)), out->expires_); !fine) return std::move(fine).error();
  out->warnings_ = warnings_of(options, out->expires_);
  return std::shared_ptr<const Credentials>(out);
}

Credentials::~Credentials() { SSL_CTX_free(context_); }

}  // namespace meshgate::net
