// What a node says to other nodes and hears of them beside their feeds: Node's other half.
#include "gateway/app/known_nodes.hpp"
#include "gateway/app/node.hpp"
#include "gateway/app/peer_state.hpp"
#include "mapping/presentation_text.hpp"

namespace meshgate::app {

void Node::open_peers(const std::string& name) {
  if (!federation_) resting_ = std::make_unique<federation::Bindings>(peers_, *store_, log_, metrics_);
  federation::Bindings& bindings = federation_ ? federation_->bindings() : *resting_;
  const auto state = [this, name, &bindings] { return known_nodes(name, peers_, bindings, *store_, federation_.get()); };
  const auto accept = [&bindings](const serve::PeersDesk::Acceptance& said) { return said.peer.empty() ? bindings.accept(said.feed, said.key) : bindings.accept_node(said.peer, said.key); };
  peers_desk_.reset(new serve::PeersDesk{*sign_in_, access_, *pool_, acts_log(), *identity_, state, accept});
}

void Node::open_mesh(net::Router& router) {
  const auto told = [this](const std::function<bool(std::string_view)>& given) { return statement(given); };
  charter_desk_.reset(new serve::CharterDesk{*sign_in_, access_, *pool_, told});
  charter_desk_->add_routes(router);
  const auto state = [this](std::string_view feed) {
    const auto source = sources_->of(feed);
    return source ? source->state : std::string();
  };
  const auto followers = [this] {
    std::vector<federation::SeenFollower> out;
    for (const auto& one : serve_->followers().all()) out.push_back(seen_follower(*one));
    return out;
  };
  lookout_ = std::make_unique<federation::Lookout>(federation::Lookout::House{peers_, access_, *store_, *pool_, state, followers});
  const auto meet = [this](net::HttpClient& client, const federation::Peer& peer) { lookout_->meet(client, peer); };
  charters_ = std::make_unique<federation::Charters>(federation::Charters::House{peers_, *knowledge_, federation_ ? federation_->bindings() : *resting_, *pool_, log_, told, [this] { take_up_heard(); }, meet});
  if (federation_) charters_->add_routes(router);
  if (federation_) lookout_->add_routes(router);
  const auto peers = [this] {
    std::vector<serve::MeshPeer> out;
    for (const auto& one : federation_ ? federation_->links() : std::vector<federation::PeerReport>()) out.push_back(peer_of(one));
    return out;
  };
  serve_->add_mesh(router, {peers, [this] { return lookout_->nodes(); }});
}

access::Terms Node::own_terms(std::string_view feed) const {
  access::Terms out;
  const std::lock_guard lock(ruling_policy_mutex_);
  for (const auto& rule : ruling_policy_.read(feed)) {
    if (rule.kind != access::Rule::Kind::node) out.read.push_back(rule.written);
  }
  if (ingest_) out.shown = mapping::presentation_text(ingest_->presentation(feed));
  return out;
}

/// Of feeds that are followed what their origin says goes on from here as it came.
access::Statement Node::statement(const std::function<bool(std::string_view)>& given) const {
  const auto said = knowledge_->said();
  access::Charter charter;
  for (const auto& feed : store_->names()) {
    if (!given(feed)) continue;
    const auto heard = said.find(feed);
    if (heard == said.end()) charter.feeds.emplace(feed, own_terms(feed));
    else if (heard->second) charter.feeds.emplace(feed, *heard->second);
  }
  if (!charter.feeds.empty()) charter.issuer = knowledge_->reliance().issuer.empty() ? sign_in_->issuer() : knowledge_->issuer();
  const Micros as_of{now().count - knowledge_->age().value_or(std::chrono::microseconds(0)).count()};
  auto version = access::version_of(charter);
  return {as_of, std::move(version), std::move(charter), knowledge_->rules_as_of().value_or(now())};
}

mapping::Presentation Node::presentation(std::string_view feed) const {
  if (!ingest_) return {};
  const auto said = knowledge_->said();
  const auto heard = said.find(feed);
  if (heard == said.end() || !heard->second) return ingest_->presentation(feed);
  config::Diagnostics unknown;
  return mapping::read_presentation(config::parse_yaml(heard->second->shown, "the origin of feed " + std::string(feed), unknown), unknown);
}

access::Policy Node::policy() {
  config::Diagnostics unknown;
  auto out = ruling_policy_.with(ruling_said_, unknown);
  if (!unknown.empty()) log_.warning("access", "a rule of another node lets nobody in here, use the same version of meshgate: " + unknown.text());
  return out;
}

void Node::take_up_heard() {
  if (!knowledge_->reliance().issuer.empty()) sign_in_->believe(knowledge_->issuer());
  {
    const std::lock_guard lock(ruling_policy_mutex_);
    auto said = knowledge_->said();
    if (said != ruling_said_) {
      ruling_said_ = std::move(said);
      access_->use(policy());
    }
  }
  serve_->look_again();
  tell_nodes();
}

void Node::tell_nodes() {
  charter_desk_->ring();
  charters_->ring();
}

}  // namespace meshgate::app
