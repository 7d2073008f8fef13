#include <array>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"
#include "gateway/serve/csv.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/news.hpp"
#include "gateway/serve/parameters.hpp"
#include "mapping/percent_encoding.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t kItems = 100;
constexpr std::uint64_t kMostItems = 1000;
constexpr std::array kFormats{Format::json, Format::ndjson, Format::csv, Format::atom, Format::rss, Format::json_feed};

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

std::string items_json(const store::ItemPage& items) {
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
  return body += "}\n";
}

std::string items_lines(const store::ItemPage& items) {
  std::string body;
  for (const auto& one : items.items) {
    append_item(body, one);
    body += '\n';
  }
  return body;
}

/// The same request for the page behind this one.
std::string next_page(const net::Request& request, const store::ItemPage& items) {
  std::string out = request.path + "?";
  for (const auto& [name, value] : request.query) {
    if (name != "page") out.append(name).append("=").append(mapping::percent_encoded(value)).append("&");
  }
  return out.append("page=").append(shown_token(items.next));
}

net::Response page(const net::Request& request, const store::ItemPage& items, std::string body, Format format) {
  net::Response answer;
  answer.fields.add("Content-Type", format == Format::csv ? "text/csv; charset=utf-8; header=present" : std::string(media_type(format)));
  answer.fields.add("Cache-Control", "no-cache");
  answer.fields.add("Vary", "Accept");
  if (!items.next.empty()) answer.fields.add("Link", "<" + next_page(request, items) + ">; rel=\"next\"");
  const std::string tag = tag_of(body);
  answer.body = std::move(body);
  return tagged(request, std::move(answer), tag);
}

net::Response read_page(Context& context, const net::Request& request, Format format) {
  const auto limit = number_parameter(request, "limit", kItems, 1, kMostItems);
  if (!limit) return failure(request, limit.error());
  const auto token = read_token(request.parameter("page").value_or(""));
  if (!token) return failure(request, {Code::config, "parameter 'page' must be the 'next' of an earlier answer"});
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  const auto partition = request.parameter("partition");
  const auto& feed = *(*one)->feed;
  if (partition && !feed.standing(*partition)) {
    return failure(request, {Code::not_found, "feed '" + request.captures[0] + "' has no partition '" + std::string(*partition) + "'"});
  }
  const auto items = feed.items(partition, *token, *limit);
  if (!items) return failure(request, items.error());
  if (format == Format::json) return page(request, *items, items_json(*items), format);
  if (format == Format::ndjson) return page(request, *items, items_lines(*items), format);
  const auto state = feed.state();
  return page(request, *items, items_csv(*items, state.schema, state.divided), format);
}

net::Response read_items(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {"partition", "limit", "page", "format"}); !good) return failure(request, good.error());
  Format format = Format::json;
  if (auto refusal = choose_format(request, kFormats, "", format)) return std::move(*refusal);
  const bool told = format == Format::atom || format == Format::rss || format == Format::json_feed;
  return told ? answer_news(context, request, format) : read_page(context, request, format);
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
