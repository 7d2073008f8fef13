#include "connectors/ldap/failures.hpp"

#include <ldap.h>

#include <utility>

namespace meshgate::ldap {

namespace {

/// What to do, and the words for it; where the code is none of these it is tried again.
std::pair<int32_t, std::string_view> meaning(int code) {
  switch (code) {
    case LDAP_SIZELIMIT_EXCEEDED: return {MG_CONFIG, "the server gives only a part; raise its size limit for this account. Nothing is deleted because of it"};
    case LDAP_ADMINLIMIT_EXCEEDED: return {MG_CONFIG, "the server refuses to search so much; raise its limits for this account. Nothing is deleted because of it"};
    case LDAP_TIMELIMIT_EXCEEDED: return {MG_RETRY, "the server's time limit cut it short; raise it for this account. Nothing is deleted because of it"};
    case LDAP_NO_SUCH_OBJECT: return {MG_CONFIG, "there is no such entry, or this account may not see it; check base: and the rights. Nothing is deleted because of it"};
    case LDAP_INVALID_DN_SYNTAX: return {MG_CONFIG, "that is not a distinguished name; write it like ou=people,dc=corp"};
    case LDAP_REFERRAL: return {MG_CONFIG, "the server sends elsewhere, and referrals are not followed; name the server that has these entries in url:"};
    case LDAP_INVALID_CREDENTIALS: return {MG_AUTH, "name or password are wrong; check dn: and password:"};
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_AUTH_METHOD_NOT_SUPPORTED: return {MG_AUTH, "the server does not let this account bind this way; check dn: and sasl:"};
    case LDAP_INSUFFICIENT_ACCESS: return {MG_AUTH, "this account may not read that; grant it read (see connectors/ldap/README.md)"};
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_CONFIDENTIALITY_REQUIRED: return {MG_CONFIG, "the server wants TLS first; use ldaps:// or tls: start"};
    case LDAP_UNAVAILABLE_CRITICAL_EXTENSION: return {MG_CONFIG, "the server does not let this account do that; grant it, or use another capture:"};
    case LDAP_SYNC_REFRESH_REQUIRED: return {MG_GONE, "the server cannot go on from what was read; everything is read again"};
    case LDAP_UNWILLING_TO_PERFORM: return {MG_RETRY, "the server is not willing; a replica that lags, or one restored from a backup, says so until it has caught up with what was read"};
    case LDAP_FILTER_ERROR: return {MG_CONFIG, "that is not a filter; check filter:"};
    case LDAP_SERVER_DOWN:
    case LDAP_CONNECT_ERROR: return {MG_RECONNECT, "the connection is lost; it is opened again"};
    case LDAP_TIMEOUT: return {MG_RECONNECT, "the server does not answer; the connection is opened again"};
    case LDAP_USER_CANCELLED: return {MG_CANCELLED, "cancelled"};
    case LDAP_NO_MEMORY: return {MG_INTERNAL, "there is no memory for it"};
    case LDAP_DECODING_ERROR: return {MG_RECONNECT, "the server's answer cannot be read; the connection is opened again"};
    default: return {MG_RETRY, "it is tried again"};
  }
}

}  // namespace

sdk::Status failed(int code, std::string_view doing, std::string_view text) {
  const auto [what, words] = meaning(code);
  if (what == MG_CANCELLED) return sdk::failure(what, std::string(words));
  std::string out(doing);
  out.append(": ").append(ldap_err2string(code));
  if (!text.empty()) out.append(" (").append(text).append(")");
  out.append("; ").append(words);
  return sdk::failure(what, std::move(out));
}

bool refuses(int code) {
  switch (code) {
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_CONSTRAINT_VIOLATION:
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_NO_SUCH_OBJECT: return true;
    default: return false;
  }
}

}  // namespace meshgate::ldap
