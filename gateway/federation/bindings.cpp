#include "gateway/federation/bindings.hpp"

#include <algorithm>

#include "gateway/base/owner_file.hpp"
#include "mesh/key_text.hpp"

namespace meshgate::federation {

namespace {

std::string file_in(const std::string& folder) { return folder + "/bindings.json"; }

access::Origin origin_of(const std::string& feed, const StatedClaim& stated) { return {feed, stated.uid, stated.claim}; }

/// What a feed's origin says that is not the one it is bound to.
Error another_key(const std::string& feed, const std::string& bound, const std::string& said, const std::string& accept) {
  const std::string why = "feed '" + feed + "' is bound to the origin with key " + key_text(bound) + ", and here ";
  if (said.empty()) return {Code::conflict, why + "no key of the origin is said: nothing of it is taken; update that node, if it is the right one"};
  return {Code::conflict, why + "its origin has key " + key_text(said) + ": nothing of it is taken. If whoever operates the origin says that this is its key now, `" + accept + " " +
                              feed + " " + key_text(said) + "`; if not, look at that node"};
}

Result<BindingFile> read(const std::string& folder) {
  if (folder.empty()) return BindingFile{};
  auto text = base::read_owner_file(file_in(folder));
  if (!text) return std::move(text).error();
  if (!*text) return BindingFile{};
  auto file = parse_bindings(**text);
  if (!file) return std::move(file).error().within(file_in(folder));
  return file;
}

}  // namespace

Bindings::Bindings(const Options& options, store::Store& store, base::Log& log, base::Metrics& metrics) : options_(options), store_(store), log_(log), metrics_(metrics) {
  auto file = read(options.folder);
  if (file) {
    kept_ = std::move(*file);
    return;
  }
  readable_ = file.error();
  log_.error("federation", "nothing is taken from other nodes: " + file.error().message);
}

std::string Bindings::pinned(const std::string& feed) const {
  const auto followed = std::ranges::find(options_.feeds, feed, &FollowedFeed::name);
  return followed == options_.feeds.end() ? std::string() : followed->origin;
}

/// What can be said without looking at what is held.
Status Bindings::check(const std::string& feed, const StatedClaim& stated) const {
  if (!readable_) return readable_;
  const std::string& key = stated.seal.key;
  if (!key.empty() && !access::sealed(origin_of(feed, stated), stated.seal)) {
    return Error{Code::corrupt, "what is said of the origin of feed '" + feed + "' is not signed by the key that it names, " + key_text(key) + ": look at that node"};
  }
  const std::string pin = pinned(feed);
  if (pin.empty() || pin == key) return {};
  return Error{Code::conflict, "the origin of feed '" + feed + "' must have key " + key_text(pin) + ", as `from.origin` says, and here " +
                                   (key.empty() ? "none is said: update that node, if it is the right one" : "it has " + key_text(key) + ": look at that node, or change `from.origin`")};
}

Status Bindings::take(const Peer& peer, const std::string& feed, const StatedClaim& stated) {
  const std::lock_guard taking(taking_);
  if (auto fine = check(feed, stated); !fine) return fine;
  const auto held = known(store_, feed);
  if (held && held->state().uid.bits.hex() != stated.uid) return {};
  const auto origin = held ? store::origination(*held) : store::Origination{};
  const store::Claim greatest = std::max(origin.claim, origin.superseded.value_or(store::Claim{}));
  const bool ours = held && origin.here && !origin.superseded && stated.claim == greatest;
  const bool older = held && stated.claim < greatest;
  if (!ours && !older) {
    const auto binding = of_feed(feed);
    const std::string bound = binding ? binding->stated.seal.key : std::string();
    auto verdict = judge(bound, binding ? std::max(greatest, binding->stated.claim) : greatest, stated);
    // What the configuration names counts, whatever was met before.
    if (verdict == Verdict::refused && !pinned(feed).empty()) verdict = Verdict::promoted;
    if (verdict == Verdict::refused) return another_key(feed, bound, stated.seal.key, options_.accept);
    if (!held) return {};
    if (auto done = bind(peer, feed, stated, verdict); !done) return done;
  }
  return held ? store::meet(*held, stated.claim) : Status();
}

Status Bindings::bind(const Peer& peer, const std::string& feed, const StatedClaim& stated, Verdict verdict) {
  if (stated.seal.key.empty()) return {};
  BindingFile next = kept();
  Binding& own = next.feeds[feed];
  if (verdict == Verdict::same && own.stated.seal == stated.seal) return {};
  const std::string before = own.stated.seal.key;
  own = {stated, verdict == Verdict::same ? own.since : now()};
  if (auto kept = keep(next); !kept) return kept;
  const std::string text = peer.name + ": feed " + feed + " is bound to its origin, with key " + key_text(stated.seal.key);
  if (verdict == Verdict::first) log_.info("federation", text);
  if (verdict == Verdict::promoted) log_.warning("federation", text + "; before it was " + key_text(before) + ": another node has been made the origin (term " + std::to_string(stated.claim.term) + ")");
  return {};
}

Status Bindings::keep(const BindingFile& next) {
  if (!options_.folder.empty()) {
    if (auto written = base::write_owner_file(file_in(options_.folder), binding_text(next)); !written) return written;
  }
  const std::lock_guard lock(mutex_);
  kept_ = next;
  return {};
}

Status Bindings::meet(const Peer& peer, const std::string& feed, const StatedClaim& stated) {
  auto taken = take(peer, feed, stated);
  const auto own = known(store_, feed);
  // A claim that is only older is no other key's.
  const bool older = own && own_claim(*own).claim > stated.claim;
  note(peer, feed, stated.seal.key, !taken && !older && (taken.error().code == Code::conflict || taken.error().code == Code::corrupt));
  return taken;
}

Status Bindings::admit(const Peer& peer, const std::string& name, const StatedClaim& stated) {
  if (auto met = meet(peer, name, stated); !met) return met;
  const auto feed = known(store_, name);
  if (!feed || feed->state().uid.bits.hex() != stated.uid) return {};
  const auto own = store::origination(*feed);
  if (own.superseded) return store::become_copy(*feed);
  if (!own.here || own.claim.term == 0) return {};
  return Error{Code::conflict, "this node is the origin since it was promoted (term " + std::to_string(own.claim.term) + "): it follows nobody; take `from` away here"};
}

StatedClaim Bindings::own(const store::Feed& feed) const {
  auto out = own_claim(feed);
  const auto origin = store::origination(feed);
  const std::string name = feed.state().name;
  if (origin.here && !origin.superseded) {
    if (options_.identity) out.seal = options_.identity->seal(origin_of(name, out));
    return out;
  }
  const auto bound = of_feed(name);
  if (bound && bound->stated.uid == out.uid && bound->stated.claim == out.claim && !bound->stated.seal.signature.empty()) out.seal = bound->stated.seal;
  return out;
}

Status Bindings::accept(const std::string& feed, std::string key) {
  const std::lock_guard taking(taking_);
  if (!readable_) return readable_;
  const auto held = known(store_, feed);
  if (!held) return Error{Code::not_found, "there is no feed '" + feed + "' here; `meshgate feeds` lists them"};
  const auto origin = store::origination(*held);
  if (origin.here && !origin.superseded) return Error{Code::conflict, "feed '" + feed + "' has its origin here: it is bound to no other node's key"};
  BindingFile next = kept();
  auto stated = own_claim(*held);
  stated.seal = {std::move(key), {}};
  next.feeds.insert_or_assign(feed, Binding{std::move(stated), now()});
  return keep(next);
}

void Bindings::note(const Peer& peer, const std::string& feed, const std::string& key, bool refused) {
  metrics_.gauge("meshgate_origin_refused", "1 while what a peer says of a feed's origin is refused because of the key.", {{"feed", feed}, {"peer", peer.name}}).set(refused ? 1 : 0);
  const std::lock_guard lock(mutex_);
  const std::pair where{feed, peer.name};
  if (!refused) {
    refusals_.erase(where);
    return;
  }
  const auto [at, fresh] = refusals_.try_emplace(where, Refusal{feed, peer.name, key, now()});
  if (!fresh) at->second.key = key;
}

std::vector<Bindings::Refusal> Bindings::refusals() const {
  const std::lock_guard lock(mutex_);
  std::vector<Refusal> out;
  for (const auto& [where, one] : refusals_) out.push_back(one);
  return out;
}

std::optional<Binding> Bindings::of_feed(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  const auto own = kept_.feeds.find(feed);
  return own == kept_.feeds.end() ? std::nullopt : std::optional(own->second);
}

BindingFile Bindings::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

}  // namespace meshgate::federation
