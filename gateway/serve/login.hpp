#pragma once

#include <optional>
#include <string_view>

#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// What a browser shows of its session; nothing: no cookie of ours. Whether it may count is not decided here.
std::optional<std::string_view> session_cookie(const net::Request& request);

/// Has the browser forget its session.
void forget_session(const net::Request& request, net::Response& answer);

}  // namespace meshgate::serve
