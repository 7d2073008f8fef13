#include "gateway/federation/federation.hpp"

namespace meshgate::federation {

std::string_view word(Standing::State state) {
  switch (state) {
    case Standing::State::connecting: return "connecting";
    case Standing::State::following: return "following";
    case Standing::State::origin: return "origin";
    case Standing::State::failing: break;
  }
  return "failing";
}

Federation::Federation(Options options, store::Store& store, base::BlockingPool& pool, base::Log& log, base::Metrics& metrics, const Pull::Denied& denied,
                       const Pull::Admits& admits, const Pull::Taken& taken)
    : options_(std::move(options)), store_(store), bindings_(options_, store, log, metrics), routes_(options_), reception_(options_, bindings_, store, pool, log), claims_(options_, bindings_, store, pool, log) {
  routes_.on_change([this] { look_again(); });
  for (std::size_t peer = 0; peer < options_.peers.size(); ++peer) {
    const Peer& one = options_.peers[peer];
    if (!one.push.empty()) pushes_.push_back(std::make_unique<Push>(one, bindings_, store, log, metrics));
    if (one.url.empty() || routes_.candidates(peer).empty()) continue;
    auto pull = std::make_unique<Pull>(Pull::House{options_, routes_, bindings_, store, log, metrics, denied, admits, taken}, peer);
    const std::lock_guard lock(mutex_);
    pulls_.push_back(std::move(pull));
  }
}

Federation::~Federation() {
  stop();
  // Threads that end may still reach the list.
  for (const auto& pull : pulls_) pull->join();
}

void Federation::stop() {
  routes_.stop();
  look_again();
  for (const auto& push : pushes_) push->stop();
}

std::optional<Standing> Federation::standing(std::string_view feed) const {
  auto pulled = routes_.standing(feed);
  if (pulled && promoted_here(store_, feed)) return Standing{Standing::State::origin, "this node", {}, pulled->since};
  if (!pulled || pulled->state == Standing::State::following) return pulled;
  auto brought = reception_.standing(feed);
  return brought ? brought : pulled;
}

void Federation::look_again() {
  const std::lock_guard lock(mutex_);
  for (const auto& pull : pulls_) pull->look_again();
}

}  // namespace meshgate::federation
