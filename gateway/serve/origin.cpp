#include "gateway/serve/origin.hpp"

#include "gateway/serve/answers.hpp"
#include "gateway/serve/context.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/store/origin.hpp"

namespace meshgate::serve {

namespace {

/// {"uid":"…","term":1,"epoch":"…"}: the epoch that the last promotion began; zeros before the first.
net::Response origin(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  std::shared_ptr<OpenFeed> open;
  if (auto refusal = find_feed(context, visit, request.captures[0], open)) return std::move(*refusal);
  const auto own = store::origination(*open->feed);
  const auto known = std::max(own.claim, own.superseded.value_or(store::Claim{}));
  std::string body = "{";
  append_member(body, "uid", open->feed->state().uid.bits.hex());
  body.append(",\"term\":").append(std::to_string(known.term)).append(",");
  append_member(body, "epoch", known.epoch.bits.hex());
  net::Response answer;
  answer.fields.add("Content-Type", "application/json");
  add_caching(answer, false);
  answer.body = body + "}\n";
  return answer;
}

net::Response promote(Context& context, const Visit& visit) {
  const auto& request = visit.request;
  if (auto good = check_parameters(request, {}); !good) return failure(request, good.error());
  const auto one = context.feeds.find(request.captures[0]);
  if (!one) return failure(request, one.error());
  if (auto promoted = store::promote(*(*one)->feed); !promoted) return failure(request, promoted.error());
  return json("{\"done\":true,\"term\":" + std::to_string(store::origination(*(*one)->feed).claim.term) + "}\n");
}

}  // namespace

void add_origin(Context& context, net::Router& router) {
  admit(context, router, "GET", "/feeds/{feed}/origin", [](Context& all, const Visit& visit, net::Reply& reply) {
    std::function<net::Response()> make = [&all, &visit] { return origin(all, visit); };
    return async_answer(all, visit.request, reply, std::move(make));
  });
  administer(context, router, access::Role::administrator, Office::act, "POST", "/admin/promote/{feed}", promote);
}

}  // namespace meshgate::serve
