#include <array>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/format.hpp"
#include "gateway/serve/news.hpp"
#include "gateway/serve/opml.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

/// The lag is left out of the tag: it changes while nothing else does.
net::Response described(const net::Request& request, std::string with_lag, const std::string& without) {
  net::Response answer = json(std::move(with_lag));
  answer.fields.add("Vary", "Accept");
  return tagged(request, std::move(answer), "W/" + tag_of(without));
}

constexpr std::array kFormats{Format::json, Format::opml};

net::Response outline(Context& context, const net::Request& request) {
  std::vector<store::FeedState> feeds;
  for (const auto& name : context.services.store.names()) {
    const auto one = context.feeds.find(name);
    if (!one && one.error().code == Code::not_found) continue;
    if (!one) return failure(request, one.error());
    feeds.push_back((*one)->feed->state());
  }
  net::Response answer;
  answer.fields.add("Content-Type", std::string(media_type(Format::opml)) + "; charset=utf-8");
  answer.fields.add("Cache-Control", "no-cache");
  answer.fields.add("Vary", "Accept");
  answer.body = opml(context.services.node, address_of(context.services, request), feeds);
  const std::string tag = tag_of(answer.body);
  return tagged(request, std::move(answer), tag);
}

net::Response all_feeds(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {"format"}); !good) return failure(request, good.error());
  Format format = Format::json;
  if (auto refusal = choose_format(request, kFormats, "", format)) return std::move(*refusal);
  if (format == Format::opml) return outline(context, request);
  std::string shown = "{\"feeds\":[";
  std::string compared;
  const char* comma = "";
  for (const auto& name : context.services.store.names()) {
    const auto one = context.feeds.find(name);
    if (!one && one.error().code == Code::not_found) continue;
    if (!one) return failure(request, one.error());
    const auto state = (*one)->feed->state();
    const auto source = context.services.sources.of(name);
    shown += comma;
    append_feed(shown, state, source, true);
    append_feed(compared, state, source, false);
    comma = ",";
  }
  shown += "],";
  append_member(shown, "node", context.services.node);
  shown += "}\n";
  return described(request, std::move(shown), compared);
}

net::Response one_feed(Context& context, const net::Request& request) {
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  const auto state = (*one)->feed->state();
  const auto source = context.services.sources.of(state.name);
  std::string shown;
  std::string compared;
  append_feed(shown, state, source, true);
  append_feed(compared, state, source, false);
  return described(request, shown + "\n", compared);
}

using Make = net::Response (*)(Context&, const net::Request&);

asio::awaitable<void> async_described(Context& context, const net::Request& request, net::Reply& reply, Make make) {
  const Status good = readable(context.services.store);
  std::function<net::Response()> job = [&context, &request, good, make] {
    return good ? make(context, request) : failure(request, good.error());
  };
  co_await async_answer(context, request, reply, std::move(job));
}

}  // namespace

asio::awaitable<void> async_feeds(Context& context, const net::Request& request, net::Reply& reply) {
  return async_described(context, request, reply, all_feeds);
}

asio::awaitable<void> async_feed(Context& context, const net::Request& request, net::Reply& reply) {
  return async_described(context, request, reply, one_feed);
}

}  // namespace meshgate::serve
