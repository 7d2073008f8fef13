#include "gateway/serve/serve.hpp"

#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"
#include "gateway/serve/followers.hpp"
#include "gateway/serve/mesh.hpp"
#include "gateway/serve/origin.hpp"
#include "gateway/serve/page.hpp"
#include "gateway/serve/reconcile.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

struct Serve::State {
  explicit State(Services services) : context(std::move(services)) {}

  void look_again() {
    ++context.rights_version;
    context.feeds.ring_all();
  }

  Context context;
  Followers followers;
  const std::shared_ptr<void> subscription = context.services.access->subscribe([this] { look_again(); });
};

Serve::Serve(Services services) : state_(std::make_unique<State>(std::move(services))) {}
Serve::~Serve() = default;

void Serve::wake() { state_->context.feeds.ring_all(); }
void Serve::tidy() { state_->context.ranges.tidy(); }
void Serve::look_again() { state_->look_again(); }

namespace {

void get(Context& context, net::Router& router, std::string pattern, Function function) {
  admit(context, router, "GET", std::move(pattern), std::move(function));
}

}  // namespace

void Serve::add_routes(net::Router& router) {
  Context& context = state_->context;
  get(context, router, "/feeds", async_feeds);
  get(context, router, "/feeds/{feed}", async_feed);
  get(context, router, "/feeds/{feed}/items", async_items);
  get(context, router, "/feeds/{feed}/items/{id}", async_item);
  get(context, router, "/feeds/{feed}/changes", async_changes);
  get(context, router, "/feeds/{feed}/ranges", async_ranges);
  admit(context, router, "POST", "/sync", [this](Context& all, const Visit& visit, net::Reply& reply) { return async_sync(all, state_->followers, visit, reply); });
  add_reconcile(context, router);
  add_origin(context, router);
  get(context, router, "/health/live", async_live);
  get(context, router, "/health/ready", async_ready);
  get(context, router, "/metrics", async_metrics);
  add_page(context, router);
  add_admin(context, router);
}

void Serve::add_mesh(net::Router& router, OtherNodes others) { serve::add_mesh(state_->context, router, state_->followers, std::move(others)); }
const Followers& Serve::followers() const { return state_->followers; }

Status readable(const store::Store& store) {
  if (store.writing() != store::Writing::stopped) return {};
  return Error{Code::retry, "the store stopped after a failed write; an operator must look at the disk and restart this node; read from another"};
}

asio::awaitable<void> async_answer(Context& context, const net::Request& request, net::Reply& reply, std::function<net::Response()> make) {
  const auto answer = std::make_shared<net::Response>();
  std::function<void()> job = [answer, make = std::move(make)] { *answer = make(); };
  const Status ran = co_await net::async_run_blocking(context.services.pool, std::move(job));
  if (!ran) *answer = failure(request, ran.error());
  (void)co_await reply.async_send(std::move(*answer));
}

}  // namespace meshgate::serve
