#include "gateway/federation/answered.hpp"

#include <charconv>

#include "mesh/offered_feed.hpp"
#include "mesh/problem.hpp"

namespace meshgate::federation {

namespace {

constexpr unsigned kProtocol = 1;

Code code_of(unsigned status) {
  if (status == 410) return Code::gone;
  if (status == 401 || status == 403) return Code::auth;
  if (status == 404) return Code::not_found;
  return status == 429 || status >= 500 ? Code::retry : Code::config;
}

}  // namespace

Error refused(const net::HttpClient::Answer& answer) {
  const std::string detail = parse_problem(answer.body).sentence();
  std::string message = "the peer answered " + std::to_string(answer.status) + (detail.empty() ? "" : " (" + detail + ")");
  const Code code = code_of(answer.status);
  if (code == Code::auth) message += "; it must let this node read: `read: node:SUBJECT` there, `certificate` and `key` here";
  if (code == Code::not_found) message += "; check the name of the feed, and that this node may read it there";
  return {code, std::move(message)};
}

std::string blame(const std::string& peer, const Error& why) { return why.code == Code::no_space ? why.message : peer + ": " + why.message; }

Status check_protocol(const net::HttpClient::Answer& answer) {
  const std::string_view protocol = answer.fields.find("Meshgate-Protocol").value_or("");
  if (protocol.empty()) return not_a_node("no Meshgate-Protocol field");
  // Behind the first number stands what may be ignored: what a minor version adds.
  unsigned major = 0;
  const auto end = std::from_chars(protocol.data(), protocol.data() + protocol.size(), major);
  const bool number = end.ec == std::errc() && (end.ptr == protocol.data() + protocol.size() || *end.ptr == '.');
  if (!number) return not_a_node("a Meshgate-Protocol field that is no version");
  if (major == kProtocol) return {};
  return Error{Code::unsupported, "the peer speaks protocol " + std::to_string(major) + ", this node speaks " + std::to_string(kProtocol) + ": update " +
                                      (major > kProtocol ? "this node" : "the peer")};
}

}  // namespace meshgate::federation
