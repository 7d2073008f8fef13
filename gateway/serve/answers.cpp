#include "gateway/serve/answers.hpp"

#include "mesh/item.hpp"

namespace meshgate::serve {

Refusal refusal_of(Code code) {
  switch (code) {
    case Code::retry:
    case Code::reconnect:
    case Code::no_space:
    case Code::cancelled: return {503, "unavailable", "Not available at the moment"};
    case Code::config: return {400, "bad-parameter", "Bad parameter"};
    case Code::not_found: return {404, "not-found", "Not found"};
    case Code::gone: return {410, "cursor-gone", "The cursor cannot be continued"};
    case Code::conflict: return {409, "conflict", "Conflict"};
    case Code::unsupported: return {501, "unsupported", "Not supported by this version"};
    case Code::auth:
    case Code::bad_record:
    case Code::corrupt:
    case Code::internal: break;
  }
  return {500, "internal", "Internal error"};
}

NotContinued why_gone(Answer answer) {
  constexpr std::string_view kRemedy =
      "; keep your items, read again with after=0, note what you meet, and at the first mark with caught_up true remove the rest";
  NotContinued out{"other-epoch", "the feed's order was not continued since this cursor (its store was lost or restored)"};
  if (answer == Answer::below_floor) {
    out = {"below-floor", "deletes since this cursor have been purged"};
  } else if (answer == Answer::beyond_head) {
    out = {"beyond-head", "this cursor lies ahead of anything the feed has had"};
  }
  out.detail.append(kRemedy);
  return out;
}

namespace {

std::string_view strong(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

}  // namespace

net::Response failure(const net::Request& request, const Error& error) {
  const Refusal kind = refusal_of(error.code);
  auto out = net::problem(kind.status, kind.type, kind.title, error.message, request.id);
  if (kind.status == 503) out.fields.add("Retry-After", "1");
  return out;
}

net::Response json(std::string body) {
  net::Response out;
  out.fields.add("Content-Type", "application/json");
  out.fields.add("Cache-Control", "no-cache");
  out.body = std::move(body);
  return out;
}

bool lists_tag(std::string_view list, std::string_view etag) {
  etag = strong(etag);
  for (std::size_t at = list.find('"'); at != std::string_view::npos; at = list.find('"', at)) {
    const auto end = list.find('"', at + 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(at, end + 1 - at) == etag) return true;
    at = end + 1;
  }
  return list.find_first_not_of(' ') != std::string_view::npos && list.substr(list.find_first_not_of(' ')).starts_with('*');
}

net::Response tagged(const net::Request& request, net::Response answer, const std::string& etag) {
  answer.fields.add("ETag", etag);
  const auto held = request.fields.find("If-None-Match");
  if (!held || !lists_tag(*held, etag)) return answer;
  answer.status = 304;
  answer.body.clear();
  return answer;
}

std::string tag_of(std::string_view text) {
  std::string out(1, '"');
  content_hash("", text).bits.append_hex(out);
  return out.append(1, '"');
}

}  // namespace meshgate::serve
