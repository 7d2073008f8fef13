#include "gateway/net/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>
#include <utility>

#include "gateway/net/unpack.hpp"

namespace meshgate::net {

namespace http = boost::beast::http;

struct RequestParser::State {
  http::request_parser<http::string_body> parser;
  std::size_t most = 0;
  bool packed = false;
};

RequestParser::RequestParser(std::size_t body_bytes) : state_(std::make_unique<State>()) {
  // The session has limited the head already, so that the limit's answer is ours.
  state_->parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  state_->parser.body_limit(body_bytes);
  state_->most = body_bytes;
}

RequestParser::~RequestParser() = default;

namespace {

/// What the parser leaves is an unfinished chunk size or trailer: a bare LF in it would be waited behind for ever.
Refused check_line_ends(std::string_view rest) {
  for (std::size_t at = rest.find('\n'); at != std::string_view::npos; at = rest.find('\n', at + 1)) {
    if (at == 0 || rest[at - 1] != '\r') return Refusal{400, "a line of the chunked body ends without a carriage return"};
  }
  return std::nullopt;
}

Refusal refusal(const boost::system::error_code& error) {
  if (error == http::error::body_limit) return {413, "the body is longer than this node takes"};
  return {400, "not an HTTP request: " + error.message()};
}

}  // namespace

Refused RequestParser::take_head(std::string_view head, Head& out) {
  if (auto refused = check_raw(head)) return refused;
  auto& parser = state_->parser;
  boost::system::error_code error;
  const auto used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error) return refusal(error);
  if (!parser.is_header_done() || used != head.size()) return Refusal{400, "the header ends too early"};
  const auto& message = parser.get();
  out.method = std::string(message.method_string());
  out.target = std::string(message.target());
  out.version = message.version();
  for (const auto& field : message) out.fields.add(std::string(field.name_string()), std::string(field.value()));
  state_->packed = net::packed(out);
  return check_fields(out);
}

Refused RequestParser::take_body(std::string_view bytes, std::size_t& used) {
  auto& parser = state_->parser;
  parser.eager(true);
  used = 0;
  while (used < bytes.size() && !parser.is_done()) {
    boost::system::error_code error;
    const auto taken = parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
    used += taken;
    if (error == http::error::need_more) return check_line_ends(bytes.substr(used));
    if (error) return refusal(error);
    if (taken == 0) return std::nullopt;
  }
  return std::nullopt;
}

bool RequestParser::done() const { return state_->parser.is_done(); }

Refused RequestParser::finish() {
  if (!state_->packed) return std::nullopt;
  std::string& body = state_->parser.get().body();
  return unpack(std::string(std::move(body)), state_->most, body);
}

std::string RequestParser::release_body() {
  auto out = std::move(state_->parser.get().body());
  state_.reset();  // the answer may take days
  return out;
}

void RequestParser::go_on() { state_->parser.body_limit(boost::none); }

std::string RequestParser::take_part() { return std::exchange(state_->parser.get().body(), {}); }

bool RequestParser::packed() const { return state_->packed; }

Refused check_rest(const RequestParser& parser, std::string_view rest, std::size_t most) {
  if (parser.done() || rest.size() <= most) return std::nullopt;
  return Refusal{431, "a chunk's extension or the trailer is longer than a header may be"};
}

}  // namespace meshgate::net
