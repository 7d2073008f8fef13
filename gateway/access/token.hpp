#pragma once

#include <string>
#include <string_view>

#include "gateway/access/keyring.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// What a token says (RFC 7519). Times are seconds since 1970.
struct Claims {
  std::string issuer;    ///< iss: the node that made it
  std::string audience;  ///< aud: what it is for
  std::string subject;   ///< sub: the person's anchor
  std::string device;    ///< the device it was made for
  std::string id;        ///< jti
  std::int64_t issued = 0;
  std::int64_t not_before = 0;
  std::int64_t expires = 0;

  bool operator==(const Claims&) const = default;
};

/// What a token must be to be taken.
struct Expected {
  std::string_view issuer;
  std::string_view audience;
  Micros at{0};
  std::int64_t skew = 60;  ///< seconds that the clocks of two nodes may differ by
};

/// A JSON Web Token signed with EdDSA (RFC 7515, RFC 8037).
std::string write_token(const Claims& claims, const TokenKey& key);

/// The claims of a token that one of the keys signed; else Code::auth, and a sentence that shows nothing of it. There is no algorithm to choose:
/// the header must be, byte by byte, the one that write_token() writes for one of the keys.
Result<Claims> signed_claims(std::string_view token, const PublicKeys& keys);

/// Whether claims that were signed are all that is expected; Code::auth: they are not.
Status check(const Claims& claims, const Expected& expected);

/// The claims of a token's middle part: exactly these members, each once, in their types. Nothing is checked against anything.
Result<Claims> parse_claims(std::string_view json);

}  // namespace meshgate::access
