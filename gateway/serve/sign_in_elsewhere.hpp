#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/sign_in.hpp"
#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// Puts a question to the node that people sign in at. Blocks.
using AskElsewhere = std::function<Result<net::Response>(std::string_view method, const std::string& path, std::string_view body, const net::Fields& fields)>;

/// The same as SignIn's, answered there. `wait`: too many attempts were made there, and how long to wait. Block.
Result<access::Grant> sign_in_elsewhere(const AskElsewhere& ask, const access::Attempt& attempt, std::chrono::seconds& wait);
Result<access::Grant> refresh_elsewhere(const AskElsewhere& ask, const access::Refresh& refresh);
/// A request of somebody who is signed in, with what they showed here. Blocks.
net::Response ask_as_they(const AskElsewhere& ask, const net::Request& request, const std::string& path);

/// Of an attempt that came over a node which is believed (`through`: their certificates' subjects): from where, and whether in a browser.
void take_word(const net::Request& request, const std::vector<std::string>& through, access::Attempt& attempt);

}  // namespace meshgate::serve
