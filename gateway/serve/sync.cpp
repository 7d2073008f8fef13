#include "gateway/serve/answers.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/sync_stream.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

asio::awaitable<void> async_sync(Context& context, Followers& followers, const Visit& visit, net::Reply& reply) {
  const auto& request = visit.request;
  Status good = check_parameters(request, {});
  if (good) good = readable(context.services.store);
  auto question = good ? parse_sync_question(request.body) : Result<SyncQuestion>(good.error());
  if (!question) {
    auto answer = failure(request, question.error());
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  auto follower = followers.arrives(request, visit.who.principal(), *question);
  SyncStream stream(context, visit, reply, std::move(*question), std::move(follower));
  co_await stream.async_run();
}

}  // namespace meshgate::serve
