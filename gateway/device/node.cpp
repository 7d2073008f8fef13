#include "gateway/device/node.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "mesh/percent_encoding.hpp"
#include "mesh/problem.hpp"

namespace meshgate::device {

namespace {

using simdjson::dom::element;

constexpr std::chrono::seconds kLongestWait{300};
constexpr std::size_t kLongestRights = 200;

std::string_view header(const net::HttpClient::Answer& answer, std::string_view name) {
  return answer.fields.find(name).value_or(std::string_view{});
}

std::string text_of(const element& object, const char* name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

/// Not any 403: one of a proxy between must not empty a file.
bool is_denial(const net::HttpClient::Answer& answer) {
  return answer.status == 403 && !header(answer, "Meshgate-Protocol").empty() && parse_problem(answer.body).type == kDeniedProblem;
}

std::chrono::seconds wait_of(const net::HttpClient::Answer& answer) {
  const std::string_view text = header(answer, "Retry-After");
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), kLongestWait);
}

Code code_of(unsigned status) {
  if (status == 410) return Code::gone;
  if (status == 401 || status == 403) return Code::auth;
  if (status == 404) return Code::not_found;
  if (status == 429 || status >= 500) return Code::retry;
  return Code::config;
}

std::string without_query(std::string_view location) {
  location = location.substr(0, location.find_first_of("?#"));
  const std::size_t at = location.rfind('@');
  return std::string(at == std::string_view::npos ? location : location.substr(at + 1));
}

bool read_range(const element& from, OfferedRanges::Range& out) {
  std::uint64_t after = 0;
  std::uint64_t to = 0;
  std::uint64_t at = 0;
  if (from["after"].get(after) != simdjson::SUCCESS || from["to"].get(to) != simdjson::SUCCESS || from["at"].get(at) != simdjson::SUCCESS) return false;
  out = {Seq{after}, Seq{to}, Seq{at}};
  return after < to && to <= at;
}

Result<std::string> ask(net::HttpClient& client, const std::string& url, std::string& rights) {
  auto answer = client.send("GET", url);
  if (!answer) return std::move(answer).error();
  if (answer->status != 200) return refusal(*answer, url).error;
  const std::string_view protocol = header(*answer, "Meshgate-Protocol");
  if (protocol.empty()) return not_a_node("no Meshgate-Protocol field").within(url);
  if (protocol != "1") {
    return Error{Code::unsupported, url + ": the node speaks protocol " + std::string(protocol.substr(0, 20)) +
                                        ", this mirror speaks 1; use a newer meshgate"};
  }
  rights = rights_of(*answer);
  return std::move(answer->body);
}

}  // namespace

std::string rights_of(const net::HttpClient::Answer& answer) { return std::string(header(answer, "Meshgate-Rights").substr(0, kLongestRights)); }

Error answered(const net::HttpClient::Answer& answer, const std::string& place) {
  std::string message = place + ": the node answered " + std::to_string(answer.status);
  const std::string detail = parse_problem(answer.body).sentence();
  if (!detail.empty()) message.append(" (").append(detail).append(")");
  return {code_of(answer.status), std::move(message)};
}

Refusal refusal(const net::HttpClient::Answer& answer, const std::string& place) {
  auto [code, message] = answered(answer, place);
  if (answer.status >= 300 && answer.status < 400) {
    message.append(": it has moved to ")
        .append(without_query(header(answer, "Location")))
        .append("; redirects are not followed, use that URL");
  } else if (answer.status == 401) {
    message.append("; sign in with `meshgate login`");
  } else if (code == Code::auth) {
    message.append("; the node does not let this reader in");
  } else if (code == Code::not_found) {
    message.append("; check --feed, and the path in the URL");
  }
  return {{code, std::move(message)}, wait_of(answer), is_denial(answer)};
}

Result<OfferedRanges> parse_ranges(std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array ranges;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return not_a_node("not JSON");
  OfferedRanges out;
  const auto epoch = Bits128::from_hex(text_of(root, "epoch"));
  if (!epoch || epoch->zero() || root["ranges"].get(ranges) != simdjson::SUCCESS) return not_a_node("not a list of ranges");
  out.epoch.bits = *epoch;
  Seq end{0};
  for (const element one : ranges) {
    OfferedRanges::Range range;
    if (!read_range(one, range) || range.after != end) return not_a_node("its ranges do not follow each other");
    end = range.to;
    out.ranges.push_back(range);
  }
  return out;
}

Result<std::vector<OfferedFeed>> ask_feeds(net::HttpClient& client, const std::string& node, std::string& rights) {
  auto body = ask(client, node + "/feeds", rights);
  if (!body) return std::move(body).error();
  auto feeds = parse_feeds(*body);
  if (!feeds) return std::move(feeds).error().within("/feeds");
  return feeds;
}

Result<OfferedFeed> ask_feed(net::HttpClient& client, const std::string& node, std::string_view feed, std::string& rights) {
  auto body = ask(client, node + "/feeds/" + percent_encoded(feed), rights);
  if (!body) return std::move(body).error();
  auto described = parse_feed(*body);
  if (!described) return std::move(described).error().within("feed " + std::string(feed));
  return described;
}

Result<bool> ask_denied(net::HttpClient& client, const std::string& node, std::string_view feed, std::string_view uid,
                        const std::optional<std::string>& partition) {
  std::string url = node + "/feeds/" + percent_encoded(feed) + "/changes?limit=1&uid=" + percent_encoded(uid);
  if (partition) url.append("&partition=").append(percent_encoded(*partition));
  auto answer = client.send("GET", url);
  if (!answer) return std::move(answer).error();
  return is_denial(*answer);
}

Result<OfferedRanges> ask_ranges(net::HttpClient& client, const std::string& node, std::string_view feed,
                                 const std::optional<std::string>& partition) {
  std::string url = node + "/feeds/" + percent_encoded(feed) + "/ranges";
  if (partition) url.append("?partition=").append(percent_encoded(*partition));
  auto answer = client.send("GET", url);
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return OfferedRanges{};
  if (answer->status != 200) return refusal(*answer, "ranges of feed " + std::string(feed)).error;
  auto ranges = parse_ranges(answer->body);
  if (!ranges) return std::move(ranges).error().within("ranges of feed " + std::string(feed));
  return ranges;
}

}  // namespace meshgate::device
