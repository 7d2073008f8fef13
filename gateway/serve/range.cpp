#include "gateway/net/encoding.hpp"
#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/sending.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kPatience{30};

/// Which rendering a reader asks for.
struct RangeQuestion {
  Question of;  ///< feed and partition
  Epoch epoch;
  Part part;
  Seq at{0};
};

/// The answer, or whom to wait for before asking again.
struct Look {
  std::optional<net::Response> refusal;
  Rendered rendered;
};

Result<RangeQuestion> parse_range(const net::Request& request) {
  RangeQuestion out;
  out.of.feed = request.captures.at(0);
  if (auto good = check_parameters(request, {"partition", "after", "to", "at"}); !good) return std::move(good).error();
  if (const auto partition = request.parameter("partition")) out.of.partition = *partition;
  const auto after = Cursor::parse(request.parameter("after").value_or(""));
  if (!after || after->start() || after->high != Seq{0}) {
    return Error{Code::config, "with 'to', parameter 'after' must be <epoch>.<seq> as in the list of ranges"};
  }
  const auto to = number_parameter(request, "to", 0, 1, UINT64_MAX);
  if (!to) return to.error();
  const auto at = number_parameter(request, "at", 0, 1, UINT64_MAX);
  if (!at) return at.error();
  if (*to <= number(after->seq) || *at < *to) return Error{Code::config, "'after', 'to' and 'at' must be those of a range in the list of ranges"};
  out.epoch = after->epoch;
  out.of.after = *after;
  out.part = {after->seq, Seq{*to}};
  out.at = Seq{*at};
  return out;
}

net::Response range_gone(const net::Request& request) {
  auto out = net::problem(404, "range-gone", "That rendering is no more", "ask GET " + request.path.substr(0, request.path.rfind('/')) +
                          "/ranges again, or go on with /changes from the cursor you have", request.id);
  out.fields.add("Cache-Control", "no-store");
  return out;
}

Look look(Context& context, const Visit& visit, const RangeQuestion& asked, net::Encoding encoding) {
  const auto& request = visit.request;
  Look out;
  Place place;
  out.refusal = find_place(context, visit, asked.of, place);
  if (out.refusal) return out;
  const auto order = order_name(place.open->feed->state().uid.bits, asked.epoch, place.partition);
  out.rendered = context.ranges.get(*place.open, place.partition, {order, asked.part, asked.at}, encoding);
  const auto& error = out.rendered.error;
  if (error) out.refusal = error->code == Code::not_found ? range_gone(request) : failure(request, *error);
  return out;
}

/// A name means one text for ever: where everybody may read it, whatever lies between may keep it for as long as it likes. Otherwise each time is asked
/// here whether the reader may still have it.
net::Response kept_for_ever(const Context& context, const RangeQuestion& asked, const KeptRange& kept, net::Encoding encoding) {
  const bool open = context.services.access->open_to_all(asked.of.feed);
  net::Response out;
  out.fields.add("Content-Type", "application/x-ndjson");
  out.fields.add("Cache-Control", open ? "public, max-age=31536000, immutable" : "private, no-cache");
  if (encoding != net::Encoding::identity) out.fields.add("Content-Encoding", std::string(net::name(encoding)));
  out.fields.add("Vary", open ? "Accept-Encoding" : "Accept-Encoding, Authorization, Cookie");
  out.fields.add("ETag", kept.etag);
  return out;
}

asio::awaitable<void> async_send_range(Context& context, const net::Request& request, net::Reply& reply, const RangeQuestion& asked,
                                       const Rendered& rendered, net::Encoding encoding) {
  context.ranges.count_answer();
  if (!rendered.kept) {
    net::Response answer;
    answer.fields = changes_fields(false);
    answer.body = *rendered.loose;
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  auto head = kept_for_ever(context, asked, *rendered.kept, encoding);
  const auto held = request.fields.find("If-None-Match");
  if (held && lists_tag(*held, rendered.kept->etag)) {
    head.status = 304;
    (void)co_await reply.async_send(std::move(head));
    co_return;
  }
  auto file = rendered.kept->file;
  (void)co_await reply.async_send_file(std::move(head), std::move(file), context.services.pool);
}

/// Waits while others render.
asio::awaitable<std::shared_ptr<Look>> async_look(Context& context, const Visit& visit, const net::Reply& reply, const RangeQuestion& asked,
                                                  net::Encoding encoding) {
  for (;;) {
    const auto found = std::make_shared<Look>();
    std::function<void()> job = [&context, &visit, &asked, encoding, found] { *found = look(context, visit, asked, encoding); };
    const Status ran = co_await net::async_run_blocking(context.services.pool, std::move(job));
    if (!ran) found->refusal = failure(visit.request, ran.error());
    if (found->refusal || !found->rendered.wait) co_return found;
    if (reply.draining()) {
      found->refusal = failure(visit.request, {Code::retry, "this node is stopping; ask another, or again"});
      co_return found;
    }
    const auto until = std::chrono::steady_clock::now() + kPatience;
    (void)co_await found->rendered.wait->async_wait(found->rendered.rings, until);
  }
}

std::string href(const std::string& path, const RangeList& list, const std::optional<std::string>& partition, const ListedRange& one) {
  std::string out = path.substr(0, path.rfind('/')) + "/changes?";
  if (partition) out.append("partition=").append(percent_encoded(*partition)).append("&");
  out.append("after=").append(Cursor{list.standing.epoch, one.part.after, {}, {}}.text());
  out.append("&to=").append(std::to_string(number(one.part.to)));
  return out.append("&at=").append(std::to_string(number(one.at)));
}

void append_range_entry(std::string& out, const ListedRange& one, const std::string& href) {
  out.append("{\"after\":").append(std::to_string(number(one.part.after)));
  out.append(",\"to\":").append(std::to_string(number(one.part.to)));
  out.append(",\"at\":").append(std::to_string(number(one.at)));
  if (one.size) {
    out.append(",\"entries\":").append(std::to_string(one.size->entries));
    out.append(",\"bytes\":").append(std::to_string(one.size->bytes));
  }
  out += ',';
  append_member(out, "href", href);
  out += '}';
}

/// The list, and where a reader of all of it stands.
std::string described(const net::Request& request, const Question& question, const std::string& partition, const RangeList& list) {
  std::string out = "{";
  append_member(out, "feed", question.feed);
  out += ',';
  append_member(out, "partition", partition);
  out += ',';
  append_member(out, "epoch", list.standing.epoch.bits.hex());
  out.append(",\"floor\":").append(std::to_string(number(list.standing.floor)));
  out.append(",\"head\":").append(std::to_string(number(list.standing.head))).append(",\"ranges\":[");
  Cursor rest;
  for (const ListedRange& one : list.ranges) {
    if (!rest.start()) out += ',';
    append_range_entry(out, one, href(request.path, list, question.partition, one));
    Standing then = list.standing;
    then.head = one.at;
    rest = advance(rest, one.part.to, then).cursor;
  }
  out += "],";
  append_member(out, "rest", rest.text());
  return out.append("}\n");
}

net::Response listed(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {"partition"}); !good) return failure(request, good.error());
  Question question;
  question.feed = request.captures.at(0);
  if (const auto partition = request.parameter("partition")) question.partition = *partition;
  Place place;
  if (auto refusal = find_place(context, visit, question, place)) return std::move(*refusal);
  auto list = context.ranges.list(*place.open, place.partition);
  if (!list) return failure(request, list.error());
  net::Response answer;
  answer.fields.add("Content-Type", "application/json");
  const bool open = context.services.access->open_to_all(question.feed);
  answer.fields.add("Cache-Control", open ? "public, max-age=1" : "private, no-cache");
  if (!open) answer.fields.add("Vary", "Authorization, Cookie");
  answer.body = described(request, question, place.partition, *list);
  const std::string tag = "W/" + tag_of(answer.body);
  return tagged(request, std::move(answer), tag);
}

}  // namespace

asio::awaitable<void> async_ranges(Context& context, const Visit& visit, net::Reply& reply) {
  std::function<net::Response()> make = [&context, &visit] { return listed(context, visit); };
  co_await async_answer(context, visit.request, reply, std::move(make));
}

asio::awaitable<void> async_range(Context& context, const Visit& visit, net::Reply& reply) {
  const auto& request = visit.request;
  const auto asked = parse_range(request);
  if (!asked) {
    auto answer = failure(request, asked.error());
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  const auto encoding = net::negotiate(request.fields.find("Accept-Encoding")).value_or(net::Encoding::identity);
  const auto found = co_await async_look(context, visit, reply, *asked, encoding);
  if (found->refusal) {
    (void)co_await reply.async_send(std::move(*found->refusal));
    co_return;
  }
  co_await async_send_range(context, request, reply, *asked, found->rendered, encoding);
}

}  // namespace meshgate::serve
