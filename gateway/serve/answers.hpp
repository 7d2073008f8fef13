#pragma once

#include <string>
#include <string_view>

#include "gateway/net/message.hpp"
#include "gateway/store/feed.hpp"
#include "mesh/cursor.hpp"
#include "mesh/result.hpp"

namespace meshgate::serve {

/// What a refusal says in a problem document.
struct Refusal {
  unsigned status = 500;
  std::string_view type;
  std::string_view title;
};
Refusal refusal_of(Code code);

/// Why a cursor cannot be continued, for programs and for people.
struct NotContinued {
  std::string_view reason;
  std::string detail;
};
NotContinued why_gone(Answer answer);

/// The problem document for an error of the store, the pool or a parameter; 503 comes with Retry-After.
net::Response failure(const net::Request& request, const Error& error);

/// 200 with this JSON.
net::Response json(std::string body);

/// The answer with this ETag (quotes included), or 304 when the reader has it already (If-None-Match, compared weakly).
net::Response tagged(const net::Request& request, net::Response answer, const std::string& etag);

/// Whether an If-None-Match list has the tag.
bool lists_tag(std::string_view list, std::string_view etag);

/// A tag for a text: equal texts, equal tags.
std::string tag_of(std::string_view text);

}  // namespace meshgate::serve
