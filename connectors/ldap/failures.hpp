#pragma once

#include <string>
#include <string_view>

#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// What a result code of a server, or of the library where it is below 0, means for who reads: what to do, and a sentence. `doing` says at what
/// ("search under ou=people,dc=corp at ldap://dc1"), `text` is what the server adds.
sdk::Status failed(int code, std::string_view doing, std::string_view text);

/// Whether a bind's result says that the name or the password is wrong, or that this person may not sign in; otherwise nothing is known of them.
bool refuses(int code);

}  // namespace meshgate::ldap
