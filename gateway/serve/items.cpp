#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kItems = 100;
constexpr std::uint64_t kMostItems = 1000;

/// The token as it stands in a URL, so that a reader can copy it: hexadecimal, since the store's bytes may be anything.
std::string shown_token(std::string_view token) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : token) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::optional<std::string> read_token(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return out;
}

net::Response page(const net::Request& request, const store::ItemPage& items) {
  std::string body = "{\"items\":[";
  const char* comma = "";
  for (const auto& one : items.items) {
    body += comma;
    append_item(body, one);
    comma = ",";
  }
  body += ']';
  if (!items.next.empty()) {
    body += ',';
    append_member(body, "next", shown_token(items.next));
  }
  const std::string tag = tag_of(body);
  return tagged(request, json(body + "}\n"), tag);
}

net::Response read_items(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {"partition", "limit", "page"}); !good) return failure(request, good.error());
  const auto limit = number_parameter(request, "limit", kItems, 1, kMostItems);
  if (!limit) return failure(request, limit.error());
  const auto token = read_token(request.parameter("page").value_or(""));
  if (!token) return failure(request, {Code::config, "parameter 'page' must be the 'next' of an earlier answer"});
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  const auto partition = request.parameter("partition");
  if (partition && !(*one)->feed->standing(*partition)) {
    return failure(request, {Code::not_found, "feed '" + request.captures[0] + "' has no partition '" + std::string(*partition) + "'"});
  }
  const auto items = (*one)->feed->items(partition, *token, *limit);
  if (!items) return failure(request, items.error());
  return page(request, *items);
}

net::Response read_item(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  const auto item = (*one)->feed->item(request.captures[1]);
  if (!item) return failure(request, item.error());
  if (!*item) {
    return failure(request, {Code::not_found, "feed '" + request.captures[0] + "' has no item '" + request.captures[1].substr(0, 200) + "'"});
  }
  std::string body;
  append_item(body, **item);
  std::string tag(1, '"');
  tag.append((*item)->rev.text()).append(1, '"');
  body += '\n';
  return tagged(request, json(std::move(body)), tag);
}

using Make = net::Response (*)(Context&, const net::Request&);

asio::awaitable<void> async_read(Context& context, const net::Request& request, net::Reply& reply, Make make) {
  const Status good = readable(context.services.store);
  std::function<net::Response()> job = [&context, &request, good, make] {
    return good ? make(context, request) : failure(request, good.error());
  };
  co_await async_answer(context, request, reply, std::move(job));
}

}  // namespace

asio::awaitable<void> async_items(Context& context, const net::Request& request, net::Reply& reply) {
  return async_read(context, request, reply, read_items);
}

asio::awaitable<void> async_item(Context& context, const net::Request& request, net::Reply& reply) {
  return async_read(context, request, reply, read_item);
}

}  // namespace meshgate::serve
