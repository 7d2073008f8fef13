#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/access/sign_in.hpp"
#include "gateway/net/message.hpp"
#include "mesh/result.hpp"

namespace meshgate::serve {

/// The members of a body, `application/json` (an object of texts) or `application/x-www-form-urlencoded`; each once.
Result<std::map<std::string, std::string>> body_members(const net::Request& request);

/// What POST /auth/token asks, as HTTP.md describes it. Messages name members and show none of their values.
using TokenQuestion = std::variant<access::Attempt, access::Refresh>;
Result<TokenQuestion> parse_token_question(const net::Request& request);

/// What is wrong with a user name and a password before anybody is asked about them.
Status plausible(const access::Attempt& attempt);

}  // namespace meshgate::serve
