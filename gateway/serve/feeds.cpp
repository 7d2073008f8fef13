#include <array>

#include "gateway/serve/admission.hpp"
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

/// A feed as this visitor may see it.
struct Shown {
  store::FeedState state;
  std::optional<SourceState> source;
};

/// The lag is left out of the tag: it changes while nothing else does.
net::Response described(const net::Request& request, net::Response answer, std::string with_lag, const std::string& without, bool open) {
  answer.fields.add("Content-Type", "application/json");
  add_caching(answer, open, "Accept");
  answer.body = std::move(with_lag);
  return tagged(request, std::move(answer), "W/" + tag_of(without));
}

/// The feed that was written last also says how old that is by which it is decided who may see it. It is left out of the tag, as the lag is.
void append_age(std::string& out, const access::Access& access) {
  const auto grounds = access.grounds();
  if (!grounds.age) return;
  out.pop_back();
  out += ",\"rights\":{";
  append_member(out, "as_of", utc_text({now().count - grounds.age->count()}));
  out.append(",\"stale\":").append(grounds.stale ? "true" : "false").append("}}");
}

constexpr std::array kFormats{Format::json, Format::opml};

/// All feeds that are theirs, or what is answered instead.
std::optional<net::Response> show_all(Context& context, const Visit& visit, std::vector<Shown>& out) {
  for (const auto& name : context.services.store.names()) {
    const auto sight = visit.who.sight(name);
    if (sight == access::Sight::unsure) return turned_away(visit.request, not_sure());
    if (sight == access::Sight::denied) continue;
    const auto one = context.feeds.find(name);
    if (!one && one.error().code == Code::not_found) continue;
    if (!one) return failure(visit.request, one.error());
    Shown shown{(*one)->feed->state(), context.services.sources.of(name)};
    if (!keep_visible(visit.who, shown.state)) return turned_away(visit.request, not_sure());
    out.push_back(std::move(shown));
  }
  return std::nullopt;
}

net::Response outline(Context& context, const net::Request& request, const std::vector<Shown>& feeds) {
  std::vector<store::FeedState> states;
  for (const auto& one : feeds) states.push_back(one.state);
  net::Response answer;
  answer.fields.add("Content-Type", std::string(media_type(Format::opml)) + "; charset=utf-8");
  add_caching(answer, false, "Accept");
  answer.body = opml(context.services.node, address_of(context.services, request), states);
  const std::string tag = tag_of(answer.body);
  return tagged(request, std::move(answer), tag);
}

net::Response all_feeds(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {"format"}); !good) return failure(request, good.error());
  Format format = Format::json;
  if (auto refusal = choose_format(request, kFormats, "", format)) return std::move(*refusal);
  // Before what they see is looked up: what changes meanwhile is noticed.
  net::Response answer;
  add_rights(visit, answer.fields);
  std::vector<Shown> feeds;
  if (auto refusal = show_all(context, visit, feeds)) return std::move(*refusal);
  if (format == Format::opml) return outline(context, request, feeds);
  std::string shown = "{\"feeds\":[";
  std::string compared;
  const char* comma = "";
  for (const auto& one : feeds) {
    shown += comma;
    append_feed(shown, one.state, one.source, true);
    append_age(shown, *context.services.access);
    append_feed(compared, one.state, one.source, false);
    comma = ",";
  }
  shown += "],";
  append_member(shown, "node", context.services.node);
  shown += "}\n";
  return described(request, std::move(answer), std::move(shown), compared, false);
}

net::Response one_feed(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  const bool open_to_all = context.services.access->open_to_all(request.captures[0]);
  net::Response answer;
  if (!open_to_all) add_rights(visit, answer.fields);
  std::shared_ptr<OpenFeed> open;
  if (auto refusal = find_feed(context, visit, request.captures[0], open)) return std::move(*refusal);
  auto state = open->feed->state();
  if (!keep_visible(visit.who, state)) return turned_away(request, not_sure());
  const auto source = context.services.sources.of(state.name);
  std::string shown;
  std::string compared;
  append_feed(shown, state, source, true);
  append_age(shown, *context.services.access);
  append_feed(compared, state, source, false);
  return described(request, std::move(answer), shown + "\n", compared, open_to_all);
}

using Make = net::Response (*)(Context&, const Visit&);

asio::awaitable<void> async_described(Context& context, const Visit& visit, net::Reply& reply, Make make) {
  const Status good = readable(context.services.store);
  std::function<net::Response()> job = [&context, &visit, good, make] {
    return good ? make(context, visit) : failure(visit.request, good.error());
  };
  co_await async_answer(context, visit.request, reply, std::move(job));
}

}  // namespace

asio::awaitable<void> async_feeds(Context& context, const Visit& visit, net::Reply& reply) {
  return async_described(context, visit, reply, all_feeds);
}

asio::awaitable<void> async_feed(Context& context, const Visit& visit, net::Reply& reply) {
  return async_described(context, visit, reply, one_feed);
}

}  // namespace meshgate::serve
