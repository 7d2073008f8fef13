#include "gateway/serve/admission.hpp"

#include "gateway/serve/auth.hpp"
#include "mesh/value.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;
using access::Role;
using access::Sight;

namespace {

constexpr std::size_t kShown = 200;  ///< of a name in a message
constexpr std::string_view kPersonal = "Authorization, Cookie";
constexpr std::string_view kSignIn = ": POST /auth/token, or open /login";
constexpr Refusal kNotSignedIn{401, "not-signed-in", "Not signed in"};
constexpr Refusal kDenied{403, "denied", "Not allowed"};

/// Another person, or the same one a moment later, may be answered otherwise.
net::Response uncached(net::Response answer) {
  answer.fields.add("Cache-Control", "no-store");
  answer.fields.add("Vary", std::string(kPersonal));
  return answer;
}

std::string_view named(Role role) {
  switch (role) {
    case Role::administrator: return "an administrator";
    case Role::operator_: return "an operator";
    case Role::viewer: return "a viewer";
    case Role::none: break;
  }
  return "nobody";
}

/// Whether somebody is a stranger here only until they sign in.
bool could_sign_in(const Context& context, const Visit& visit) { return context.services.principal && context.services.people && visit.who.anonymous(); }

}  // namespace

namespace {

asio::awaitable<void> async_admit(Context& context, const net::Request& request, net::Reply& reply, const Function& function) {
  auto who = visitor_of(context, request);
  if (!who) {
    auto answer = unproved(request, who.error());
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  const Visit visit{request, std::move(*who)};
  reply.asked_by(visit.who.principal().user);
  co_await function(context, visit, reply);
}

}  // namespace

void admit(Context& context, net::Router& router, std::string method, std::string pattern, Function function) {
  auto handler = [&context, function = std::move(function)](const net::Request& request, net::Reply& reply) {
    return async_admit(context, request, reply, function);
  };
  router.add(std::move(method), std::move(pattern), std::move(handler));
}

Result<Visitor> visitor_of(const Context& context, const net::Request& request) {
  const auto& services = context.services;
  access::Principal who;
  if (services.principal && !request.administrator) {
    auto proved = services.principal(request);
    if (!proved) return std::move(proved).error();
    who = std::move(*proved);
  }
  return Visitor(*services.access, services.signed_in, std::move(who), request.administrator);
}

net::Response unproved(const net::Request& request, const Error& why) {
  return why.code == Code::auth ? not_signed_in(request, why) : turned_away(request, {refusal_of(why.code), why.message});
}

Denial not_sure() { return {refusal_of(Code::retry), "who may see what is not known at the moment: users, groups or rules are still being read, or were heard of too long ago; ask again"}; }

Denial no_such_feed(const Context& context, const Visit& visit, std::string_view feed) {
  if (could_sign_in(context, visit)) {
    return {kNotSignedIn, "there is no feed '" + std::string(feed.substr(0, kShown)) + "' for those who have not signed in" + std::string(kSignIn)};
  }
  // Before the directory is caught up, what is not theirs cannot be told from what is not there; nor may it differ.
  if (!visit.who.role()) return not_sure();
  return {refusal_of(Code::not_found), unknown_feed(feed).message};
}

Denial not_allowed(const Context& context, const Visit& visit, const std::string& what, std::string_view why) {
  if (could_sign_in(context, visit)) return {kNotSignedIn, "sign in to " + what + std::string(kSignIn)};
  return {kDenied, "you may not " + what + ": " + std::string(why)};
}

Denial not_theirs(const Context& context, const Visit& visit, std::string_view feed, std::string_view partition) {
  std::string what = "feed '" + std::string(feed.substr(0, kShown)) + "'";
  if (!partition.empty()) what.insert(0, "partition '" + std::string(partition.substr(0, kShown)) + "' of ");
  return not_allowed(context, visit, "read " + what, "drop what you hold of it; the directory and the feed's `read` decide who may");
}

net::Response turned_away(const net::Request& request, const Denial& denial) {
  const Refusal& refusal = denial.refusal;
  auto out = net::problem(refusal.status, refusal.type, refusal.title, denial.detail, request.id);
  if (refusal.status == 401) {
    const bool proof = request.fields.find("Authorization").has_value();
    out.fields.add("WWW-Authenticate", proof ? "Bearer realm=\"meshgate\", error=\"invalid_token\"" : "Bearer realm=\"meshgate\"");
  }
  if (refusal.status == 503) out.fields.add("Retry-After", "1");
  return uncached(std::move(out));
}

std::optional<net::Response> find_feed(Context& context, const Visit& visit, const std::string& name, std::shared_ptr<OpenFeed>& out) {
  const Sight sight = visit.who.sight(name);
  if (sight == Sight::unsure) return turned_away(visit.request, not_sure());
  if (sight == Sight::denied) return turned_away(visit.request, no_such_feed(context, visit, name));
  auto open = context.feeds.find(name);
  if (!open && open.error().code == Code::not_found) return turned_away(visit.request, no_such_feed(context, visit, name));
  if (!open) return failure(visit.request, open.error());
  out = std::move(*open);
  return std::nullopt;
}

std::optional<net::Response> refuse_partition(const Context& context, const Visit& visit, std::string_view feed, std::string_view partition) {
  const Sight sight = visit.who.sight(feed, partition);
  if (sight == Sight::allowed) return std::nullopt;
  return turned_away(visit.request, sight == Sight::unsure ? not_sure() : not_theirs(context, visit, feed, partition));
}

std::optional<net::Response> refuse_role(const Context& context, const Visit& visit, Role least, const std::string& what) {
  const auto role = visit.who.role();
  if (!role) return turned_away(visit.request, not_sure());
  if (*role >= least) return std::nullopt;
  return turned_away(visit.request, not_allowed(context, visit, what, "that takes the role of " + std::string(named(least)) + ", which `node.roles` gives"));
}

net::Response choose_partition(const Visit& visit, store::FeedState state) {
  if (!keep_visible(visit.who, state)) return turned_away(visit.request, not_sure());
  std::string list = ",\"partitions\":[";
  const char* comma = "";
  for (const auto& one : state.partitions) {
    list += comma;
    append_json_string(list, one.name);
    comma = ",";
  }
  const std::string detail = "feed '" + state.name + "' is divided: add partition=… with one of the listed names";
  return uncached(net::problem(400, "partition-needed", "Choose a partition", detail, visit.request.id, list + "]"));
}

bool holds(const store::FeedState& state, const std::optional<std::string>& uid, const Cursor& cursor) {
  if (uid && *uid == state.uid.bits.hex()) return true;
  return !cursor.start() && cursor.epoch == state.epoch;
}

bool keep_visible(const Visitor& who, store::FeedState& state) {
  std::vector<store::PartitionState> kept;
  for (auto& one : state.partitions) {
    const Sight sight = who.sight(state.name, one.name);
    if (sight == Sight::unsure) return false;
    if (sight == Sight::allowed) kept.push_back(std::move(one));
  }
  const bool whole = kept.size() == state.partitions.size();
  state.partitions = std::move(kept);
  if (whole) return true;
  // What is said of the feed as a whole would tell of the rest.
  state.count = 0;
  for (const auto& one : state.partitions) state.count += one.count;
  state.held.clear();
  state.quarantined = 0;
  state.beyond = 0;
  state.expired = 0;
  return true;
}

void add_rights(const Visit& visit, net::Fields& fields) {
  if (auto rights = visit.who.rights()) fields.add("Meshgate-Rights", std::move(*rights));
}

void add_caching(net::Response& answer, bool open, const std::string& vary) {
  answer.fields.add("Cache-Control", open ? "no-cache" : "private, no-cache");
  if (!vary.empty()) answer.fields.add("Vary", vary);
  if (!open) answer.fields.add("Vary", std::string(kPersonal));
}

}  // namespace meshgate::serve
