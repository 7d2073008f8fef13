#include "gateway/serve/sign_in_elsewhere.hpp"

#include <simdjson.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "gateway/net/origin.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/describe.hpp"
#include "mesh/base64url.hpp"
#include "mesh/problem.hpp"

namespace meshgate::serve {

namespace {

constexpr std::string_view kFor = "Meshgate-For";  ///< the address of who asks
constexpr std::string_view kUse = "Meshgate-Use";  ///< "browser": the token is for its cookie
constexpr std::string_view kPath = "/auth/token";

Error not_understood() { return {Code::retry, "the node that people sign in at answered something that no node says; try again, and use one version of meshgate"}; }

Result<access::Grant> parse_grant(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view access;
  std::string_view device;
  std::string_view refresh;
  std::int64_t life = 0;
  const simdjson::padded_string padded(body);
  const bool read = parser.parse(padded).get(root) == simdjson::SUCCESS && root["access_token"].get(access) == simdjson::SUCCESS &&
                    root["device"].get(device) == simdjson::SUCCESS && root["expires_in"].get(life) == simdjson::SUCCESS;
  if (!read) return not_understood();
  if (root["refresh_token"].get(refresh) != simdjson::SUCCESS) refresh = {};
  return access::Grant{std::string(access), std::chrono::seconds(life), std::string(refresh), std::string(device)};
}

std::chrono::seconds retry_after(const net::Response& answer) {
  const auto text = answer.fields.find("Retry-After").value_or("1");
  int seconds = 1;
  (void)std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::max(1, seconds));
}

Result<access::Grant> grant_of(const Result<net::Response>& answer, std::chrono::seconds& wait) {
  if (!answer) return answer.error();
  if (answer->status == 200) return parse_grant(answer->body);
  auto why = parse_problem(answer->body).sentence();
  if (answer->status == 429) wait = retry_after(*answer);
  if (answer->status == 400) return Error{Code::config, std::move(why)};
  if (answer->status == 401) return Error{Code::auth, std::move(why)};
  return Error{Code::retry, why.empty() ? not_understood().message : std::move(why)};
}

net::Fields json_fields() {
  net::Fields out;
  out.add("Content-Type", "application/json");
  return out;
}

void append(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += ',';
  append_member(out, name, text);
}

}  // namespace

Result<access::Grant> sign_in_elsewhere(const AskElsewhere& ask, const access::Attempt& attempt, std::chrono::seconds& wait) {
  auto fields = json_fields();
  fields.add(std::string(kFor), attempt.address);
  if (attempt.browser) fields.add(std::string(kUse), "browser");
  std::string body = R"({"grant_type":"password")";
  append(body, "username", attempt.name);
  append(body, "password", attempt.password);
  append(body, "device", attempt.device);
  append(body, "device_key", base64url(attempt.key));
  return grant_of(ask("POST", std::string(kPath), body + "}", fields), wait);
}

Result<access::Grant> refresh_elsewhere(const AskElsewhere& ask, const access::Refresh& refresh) {
  std::string body = R"({"grant_type":"refresh_token")";
  append(body, "refresh_token", refresh.token);
  append(body, "next", base64url(refresh.next));
  append(body, "proof", base64url(refresh.proof));
  std::chrono::seconds wait{0};
  return grant_of(ask("POST", std::string(kPath), body + "}", json_fields()), wait);
}

net::Response ask_as_they(const AskElsewhere& ask, const net::Request& request, const std::string& path) {
  net::Fields fields;
  for (const char* name : {"Authorization", "Cookie"}) {
    if (const auto value = request.fields.find(name)) fields.add(name, std::string(*value));
  }
  // Whether a cookie counts was decided here, where the browser is.
  fields.add("Sec-Fetch-Site", "same-origin");
  auto answer = ask(request.method == "GET" ? "GET" : "DELETE", path, {}, fields);
  return unkept(answer ? std::move(*answer) : failure(request, answer.error()));
}

void take_word(const net::Request& request, const std::vector<std::string>& through, access::Attempt& attempt) {
  if (request.client.empty() || std::ranges::find(through, request.client) == through.end()) return;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(request.fields.find(kFor).value_or(""), error);
  if (!error) attempt.address = net::counted(address);
  attempt.browser = attempt.browser || request.fields.find(kUse) == "browser";
}

}  // namespace meshgate::serve
