#include "gateway/net/open_body.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostAtOnce = std::size_t{64} << 10U;  ///< unpacked in one go: the caller looks at it before there is more

}  // namespace

ArrivingBody::ArrivingBody(Connection& connection, RequestParser& parser, std::string& buffer, bool& idle, const House& house)
    : connection_(connection), parser_(parser), buffer_(buffer), idle_(idle), house_(house) {
  parser_.go_on();
  if (parser_.packed()) unpacker_.emplace();
}

Refused ArrivingBody::parse() {
  std::size_t used = 0;
  auto refused = parser_.take_body(buffer_, used);
  buffer_.erase(0, used);
  if (!refused) refused = check_rest(parser_, buffer_, house_.options.header_bytes);
  if (!refused) body_.append(parser_.take_part());
  return refused;
}

Refused ArrivingBody::take(std::string& into) {
  if (body_.empty() && !(unpacker_ && unpacker_->full())) {
    if (auto refused = parse()) return refused;
  }
  if (!unpacker_) {
    into = std::exchange(body_, {});
    return std::nullopt;
  }
  std::string_view packed = body_;
  auto refused = unpacker_->add(packed, kMostAtOnce, into);
  body_.erase(0, body_.size() - packed.size());
  return refused;
}

asio::awaitable<bool> ArrivingBody::async_wait(Refused& refused) {
  const auto now = Clock::now();
  if (begun_) {
    connection_.give(std::chrono::duration_cast<std::chrono::milliseconds>(std::max<Clock::duration>(*begun_ + house_.options.body_time - now, {})));
  } else {
    connection_.give(house_.draining ? kLastMoment : house_.options.idle_time);
  }
  idle_ = !begun_;
  const bool came = co_await connection_.async_read(buffer_);
  idle_ = false;
  if (!came && connection_.late() && begun_) refused = Refusal{408, "the body did not arrive in time"};
  connection_.take_back();
  if (!begun_) begun_ = Clock::now();
  co_return came;
}

asio::awaitable<bool> ArrivingBody::async_read(std::string& into, Refused& refused) {
  into.clear();
  for (;;) {
    refused = take(into);
    if (refused) co_return false;
    if (!into.empty()) co_return true;
    if (parser_.done() && unpacker_ && !unpacker_->whole()) refused = not_zstd();
    if (parser_.done()) co_return false;
    const bool came = co_await async_wait(refused);
    if (!came) co_return false;
  }
}

}  // namespace meshgate::net
