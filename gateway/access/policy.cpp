#include "gateway/access/policy.hpp"

#include <algorithm>

#include "mesh/feed_names.hpp"

namespace meshgate::access {

namespace {

using config::Form;
using config::Key;
using config::Node;

constexpr std::array kPolicyKeys = {
    Key{.name = "read", .form = Form::any, .help = "Who may read the feeds that do not say it themselves, as in `feeds.*.read`; absent: nobody."},
    Key{.name = "roles", .form = Form::mapping, .help = "Who may do what with the node itself: { viewer: [ … ], operator: [ … ], administrator: [ … ] }, with the same entries as `read`."},
};

constexpr std::array kRoleKeys = {
    Key{.name = "viewer", .form = Form::any, .help = "Who sees how the node and its feeds are."},
    Key{.name = "operator", .form = Form::any, .help = "Who may also release held deletes and work on the quarantine."},
    Key{.name = "administrator", .form = Form::any, .help = "Who may do everything."},
};

const Rules kNobody;

bool divided(const Node& feed) { return feed["partition"].present(); }
/// Whether a feed says what fields it has, and this is none of them.
bool misses_field(const Node& feed, std::string_view field) {
  const Node fields = feed["fields"];
  return fields.present() && !fields["*"].present() && !fields[field].present();
}
bool reserved(std::string_view feed) { return feed.starts_with('_'); }

}  // namespace

const Rules& Policy::read(std::string_view feed) const {
  if (const auto own = feeds_.find(feed); own != feeds_.end()) return own->second;
  const auto family = std::ranges::find_if(families_, [&](const auto& one) { return feed.starts_with(one.first); });
  return family == families_.end() ? kNobody : family->second;
}

const OfOrigin* Policy::origin(std::string_view feed) const {
  const auto own = origins_.find(feed);
  return own == origins_.end() ? nullptr : &own->second;
}

Policy Policy::with(const Said& origins, config::Diagnostics& out) const {
  Policy all = *this;
  all.origins_.clear();
  for (const auto& [feed, terms] : origins) {
    OfOrigin& own = all.origins_[feed];
    own.awaited = !terms;
    for (const auto& text : terms ? terms->read : std::vector<std::string>()) {
      auto rule = read_rule(text, {"the origin of feed " + feed}, all.attributes_, out);
      if (rule && rule->kind != Rule::Kind::node) own.rules.push_back(std::move(*rule));
    }
  }
  return all;
}

/// Fills a policy.
class PolicyReader {
 public:
  PolicyReader(const Node& feeds, config::Diagnostics& out) : feeds_(feeds), out_(out) {
    policy_.has_users_ = feeds[kUsersFeed].present();
    policy_.has_groups_ = feeds[kGroupsFeed].present();
  }

  Policy read(const Node& node, config::Secrets& secrets) {
    const Rules usual = rules(node["read"]);
    for (const auto& feed : feeds_.entries()) read_feed(feed, usual);
    const config::Section roles(node["roles"], kRoleKeys, secrets, out_);
    for (const auto& [role, name] : {std::pair(Role::viewer, "viewer"), std::pair(Role::operator_, "operator"), std::pair(Role::administrator, "administrator")}) {
      policy_.roles_[static_cast<std::size_t>(role)] = role_rules(roles.node(name), role);
    }
    return std::move(policy_);
  }

 private:
  /// Rules that can be met: those that need a directory need the feeds it comes from.
  Rules rules(const Node& entries) {
    Rules out = read_rules(entries, policy_.attributes_, out_);
    for (const Rule& rule : out) {
      const bool misses_users = rule.asks_directory() && !policy_.has_users_;
      if (misses_users || (rule.kind == Rule::Kind::group && !policy_.has_groups_)) {
        out_.add(rule.place, "'" + rule.written + "' lets nobody in: there is no feed `" + std::string(misses_users ? kUsersFeed : kGroupsFeed) + "`",
                 "fill `_users` and `_groups` from the directory under `feeds:`, or write `public`");
      } else if (rule.kind == Rule::Kind::attribute && misses_field(feeds_[kUsersFeed], policy_.attributes_[rule.attribute])) {
        out_.add(rule.place, "'" + rule.written + "' lets nobody in: feed `_users` has no field '" + policy_.attributes_[rule.attribute] + "'", "write it under `fields:` there");
      }
    }
    return out;
  }

  void read_feed(const Node::Entry& feed, const Rules& usual) {
    const Node own = feed.value["read"];
    Rules all = rules(own);
    if (!own.present() && !reserved(feed.key)) {
      all = usual;
      // Of a feed that follows a peer its origin says it.
      if (all.empty() && !feed.value["from"]["peer"].present()) out_.warn(feed.key_place, "nobody may read feed '" + feed.key + "'", "write `read: public`, or name groups, as in `read: group:sales`; `node.read` goes for every feed");
    }
    // Whether a feed that follows a peer is divided is not said here.
    if (!divided(feed.value) && !feed.value["from"]["peer"].present()) whole(all, own.present());
    if (reserved(feed.key)) check_reserved(feed);
    if (own.present()) policy_.saying_.insert(feed.key);
    const bool family = feed.value["from"]["tables"].present();
    if (family) policy_.families_.emplace_back(feed.key + ".", std::move(all));
    else policy_.feeds_.emplace(feed.key, std::move(all));
  }

  /// A feed that is not divided has no partition to ask for.
  void whole(Rules& all, bool own) {
    for (const Rule& rule : all) {
      if (rule.by_partition && own) out_.add(rule.place, "'" + rule.written + "' asks for the partition of a feed that is not divided", "divide the feed with `partition:`, or name a group");
    }
    std::erase_if(all, [](const Rule& rule) { return rule.by_partition; });
  }

  void check_reserved(const Node::Entry& feed) {
    if (divided(feed.value)) out_.add(feed.value["partition"].place(), "feed '" + feed.key + "' cannot be divided", "take `partition:` away");
    if (misses_field(feed.value, "name")) {
      out_.warn(feed.value["fields"].place(), "feed '" + feed.key + "' has no field 'name'", feed.key == kUsersFeed ? "it is what people sign in with, as in `name: uid`" : "it is what rules call the group, as in `name: cn`");
    }
    if (feed.key == kGroupsFeed && misses_field(feed.value, "members")) out_.warn(feed.value["fields"].place(), "feed '_groups' has no field 'members'", "nobody is in a group without, as in `members: member`");
    if (feed.value["from"]["tables"].present()) out_.add(feed.value["from"]["tables"].place(), "'" + feed.key + "' is one feed", "name one stream in place of `tables`");
  }

  Rules role_rules(const Node& entries, Role role) {
    Rules all = rules(entries);
    for (const Rule& rule : all) {
      if (rule.by_partition) out_.add(rule.place, "a role is for the whole node, and '" + rule.written + "' asks for a partition", "name a group");
      if (rule.kind == Rule::Kind::everybody && role != Role::viewer) out_.add(rule.place, "only a viewer can be everybody", "name a group");
    }
    return all;
  }

  const Node& feeds_;
  config::Diagnostics& out_;
  Policy policy_;
};

std::span<const Key> policy_keys() { return kPolicyKeys; }

Policy read_policy(const Node& node, const Node& feeds, config::Secrets& secrets, config::Diagnostics& out) {
  return PolicyReader(feeds, out).read(node, secrets);
}

}  // namespace meshgate::access
