#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

/// What keeps a node from being ready, as members of a JSON list.
class Reasons {
 public:
  /// `named`: whether the names of feeds and sources, and what sources say, are told.
  explicit Reasons(bool named) : named_(named) {}

  /// One that has such a name; `unnamed` is what others are told, once.
  void add_named(std::string_view subject, std::string_view name, std::string_view detail, std::string_view unnamed) {
    if (named_) return add(subject, name, detail);
    if (words_.find(unnamed) == std::string::npos) add("kind", subject, unnamed);
  }
  void add(std::string_view subject, std::string_view name, std::string_view detail) {
    text_.append(text_.empty() ? "{" : ",{");
    append_member(text_, std::string(subject), name);
    text_ += ',';
    append_member(text_, "detail", detail);
    text_ += '}';
    words_.append(words_.empty() ? "" : "; ").append(detail);
  }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& words() const { return words_; }
  [[nodiscard]] std::string member() const { return ",\"reasons\":[" + text_ + "]"; }

 private:
  const bool named_;
  std::string text_;
  std::string words_;
};

constexpr std::string_view kUnreadableFeed = "a feed cannot be read from the store";
constexpr std::string_view kLoadingFeed = "a feed is loading: its first scan is not finished";
constexpr std::string_view kFailingSource = "a source cannot be read";
constexpr std::string_view kUnlistedSource = "it is not known which feeds a source has";

void look_at_store(const store::Store& store, Reasons& reasons) {
  switch (store.writing()) {
    case store::Writing::fine: return;
    case store::Writing::disk_full: reasons.add("store", "disk-full", "the disk is full: free some space, writing resumes by itself"); return;
    case store::Writing::stopped: reasons.add("store", "stopped", "the store stopped after a failed write: look at the disk, restart the node"); return;
  }
}

void look_at_feed(Context& context, const std::string& name, Reasons& reasons) {
  const auto one = context.feeds.find(name);
  if (!one) {
    if (one.error().code != Code::not_found) reasons.add_named("feed", name, "feed '" + name + "': " + one.error().message, kUnreadableFeed);
    return;
  }
  const auto source = context.services.sources.of(name);
  // A feed that was taken out of the configuration will never be loaded.
  if (!source) return;
  if ((*one)->feed->state().loading) {
    reasons.add_named("feed", name, "feed '" + name + "' is loading: its first scan is not finished", kLoadingFeed);
  }
  if (!source->failing) return;
  reasons.add_named("source", source->source,
                    "source '" + source->source + "' of feed '" + name + "' cannot be read: " +
                        (source->error.empty() ? "it says " + source->state : source->error),
                    kFailingSource);
}

net::Response unready(const net::Request& request, const Reasons& reasons) {
  auto out = net::problem(503, "not-ready", "Not ready", reasons.words(), request.id, reasons.member());
  out.fields.add("Retry-After", "5");
  return out;
}

/// `readers`: only what a reader would notice by going elsewhere; a failing source is as failing at every node.
net::Response readiness(Context& context, const Visit& visit, bool draining, bool readers) {
  Reasons reasons(visit.who.role().value_or(access::Role::none) >= access::Role::viewer);
  if (draining) reasons.add("node", "draining", "the node is stopping");
  if (!readers || context.services.store.writing() == store::Writing::stopped) look_at_store(context.services.store, reasons);
  if (!readers) {
    for (const auto& name : context.services.store.names()) look_at_feed(context, name, reasons);
    for (const auto& one : context.services.sources.unlisted()) {
      reasons.add_named("source", one.source, "it is not known which feeds source '" + one.source + "' has: " + one.why, kUnlistedSource);
    }
  }
  return reasons.empty() ? json("{\"ready\":true}\n") : unready(visit.request, reasons);
}

}  // namespace

asio::awaitable<void> async_live(Context&, const Visit&, net::Reply& reply) {
  auto answer = json("{\"live\":true}\n");
  (void)co_await reply.async_send(std::move(answer));
}

asio::awaitable<void> async_ready(Context& context, const Visit& visit, net::Reply& reply) {
  const auto& request = visit.request;
  Status good = check_parameters(request, {"for"});
  const auto whom = request.parameter("for").value_or("all");
  const bool readers = whom == "readers";
  if (good && !readers && whom != "all") good = Error{Code::config, "parameter 'for' must be 'all' or 'readers'"};
  const bool draining = reply.draining();
  std::function<net::Response()> job = [&context, &visit, good, draining, readers] {
    return good ? readiness(context, visit, draining, readers) : failure(visit.request, good.error());
  };
  co_await async_answer(context, request, reply, std::move(job));
}

asio::awaitable<void> async_metrics(Context& context, const Visit& visit, net::Reply& reply) {
  std::function<net::Response()> job = [&context, &visit] {
    if (auto refusal = refuse_role(context, visit, access::Role::viewer, "read the metrics")) return std::move(*refusal);
    net::Response out;
    out.fields.add("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8");
    out.fields.add("Cache-Control", "private, no-store");
    out.body = context.services.metrics.text();
    return out;
  };
  co_await async_answer(context, visit.request, reply, std::move(job));
}

}  // namespace meshgate::serve
