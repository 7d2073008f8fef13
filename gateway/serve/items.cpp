#include <array>

#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/csv.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/news.hpp"
#include "gateway/serve/parameters.hpp"
#include "mesh/percent_encoding.hpp"

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
    if (name != "page") out.append(name).append("=").append(percent_encoded(value)).append("&");
  }
  return out.append("page=").append(shown_token(items.next));
}

net::Response page(const net::Request& request, const store::ItemPage& items, std::string body, Format format, bool open) {
  net::Response answer;
  answer.fields.add("Content-Type", format == Format::csv ? "text/csv; charset=utf-8; header=present" : std::string(media_type(format)));
  add_caching(answer, open, "Accept");
  if (!items.next.empty()) answer.fields.add("Link", "<" + next_page(request, items) + ">; rel=\"next\"");
  const std::string tag = tag_of(body);
  answer.body = std::move(body);
  return tagged(request, std::move(answer), tag);
}

/// Of the partitions an item is in, only those that are theirs are told. False: none is, or that is not known.
bool keep_visible(const Visitor& who, const std::string& feed, store::StoredItem& item) {
  std::erase_if(item.partitions, [&](const auto& one) { return who.sight(feed, one) != access::Sight::allowed; });
  return !item.partitions.empty();
}

/// The items of one partition, or of all that are theirs; else what is answered instead.
std::optional<net::Response> find_items(Context& context, const Visit& visit, const store::Feed& feed, std::string_view token, std::uint64_t limit,
                                        store::ItemPage& out) {
  const auto& request = visit.request;
  const auto& name = request.captures[0];
  const auto partition = request.parameter("partition");
  auto state = feed.state();
  if (partition || !state.divided) {
    if (auto refusal = refuse_partition(context, visit, name, partition.value_or(""))) return refusal;
  }
  if (partition && !feed.standing(*partition)) {
    return turned_away(request, {refusal_of(Code::not_found), "feed '" + name + "' has no partition '" + std::string(*partition) + "'"});
  }
  const std::size_t all = state.partitions.size();
  if (!serve::keep_visible(visit.who, state)) return turned_away(request, not_sure());
  std::vector<std::string> theirs;
  for (auto& one : state.partitions) theirs.push_back(std::move(one.name));
  const bool some = !partition && theirs.size() < all;
  auto items = some ? feed.items_in(theirs, token, limit) : feed.items(partition, token, limit);
  if (!items) return failure(request, items.error());
  std::erase_if(items->items, [&](auto& one) { return !keep_visible(visit.who, name, one); });
  out = std::move(*items);
  return std::nullopt;
}

net::Response read_page(Context& context, const Visit& visit, Format format) {
  const auto& request = visit.request;
  const auto limit = number_parameter(request, "limit", kItems, 1, kMostItems);
  if (!limit) return failure(request, limit.error());
  const auto token = read_token(request.parameter("page").value_or(""));
  if (!token) return failure(request, {Code::config, "parameter 'page' must be the 'next' of an earlier answer"});
  std::shared_ptr<OpenFeed> open;
  if (auto refusal = find_feed(context, visit, request.captures[0], open)) return std::move(*refusal);
  store::ItemPage items;
  if (auto refusal = find_items(context, visit, *open->feed, *token, *limit, items)) return std::move(*refusal);
  const bool shared = context.services.access->open_to_all(request.captures[0]);
  if (format == Format::json) return page(request, items, items_json(items), format, shared);
  if (format == Format::ndjson) return page(request, items, items_lines(items), format, shared);
  const auto state = open->feed->state();
  return page(request, items, items_csv(items, state.schema, state.divided), format, shared);
}

net::Response read_items(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {"partition", "limit", "page", "format"}); !good) return failure(request, good.error());
  Format format = Format::json;
  if (auto refusal = choose_format(request, kFormats, "", format)) return std::move(*refusal);
  const bool told = format == Format::atom || format == Format::rss || format == Format::json_feed;
  return told ? answer_news(context, visit, format) : read_page(context, visit, format);
}

net::Response read_item(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  const auto& name = request.captures[0];
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  std::shared_ptr<OpenFeed> open;
  if (auto refusal = find_feed(context, visit, name, open)) return std::move(*refusal);
  auto item = open->feed->item(request.captures[1]);
  if (!item) return failure(request, item.error());
  // An item that is in none of their partitions is no other answer than one that is not there.
  if (!*item || !keep_visible(visit.who, name, **item)) {
    return turned_away(request, {refusal_of(Code::not_found), "feed '" + name + "' has no item '" + request.captures[1].substr(0, 200) + "'"});
  }
  net::Response answer;
  answer.fields.add("Content-Type", "application/json");
  add_caching(answer, context.services.access->open_to_all(name));
  append_item(answer.body, **item);
  answer.body += '\n';
  return tagged(request, std::move(answer), '"' + (*item)->rev.text() + '"');
}

using Make = net::Response (*)(Context&, const Visit&);

asio::awaitable<void> async_read(Context& context, const Visit& visit, net::Reply& reply, Make make) {
  const Status good = readable(context.services.store);
  std::function<net::Response()> job = [&context, &visit, good, make] {
    return good ? make(context, visit) : failure(visit.request, good.error());
  };
  co_await async_answer(context, visit.request, reply, std::move(job));
}

}  // namespace

asio::awaitable<void> async_items(Context& context, const Visit& visit, net::Reply& reply) {
  return async_read(context, visit, reply, read_items);
}

asio::awaitable<void> async_item(Context& context, const Visit& visit, net::Reply& reply) {
  return async_read(context, visit, reply, read_item);
}

}  // namespace meshgate::serve
