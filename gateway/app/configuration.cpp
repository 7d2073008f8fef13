#include "gateway/app/configuration.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "config/node.hpp"
#include "gateway/plugins/plugin.hpp"

namespace meshgate::app {

namespace {

using config::Form;
using config::Key;

constexpr std::array kRootKeys = {
    Key{.name = "node", .form = Form::mapping, .help = "This node: its name, data folder and address."},
    Key{.name = "sources", .form = Form::mapping, .help = "Where data comes from, by name."},
    Key{.name = "feeds", .form = Form::mapping, .help = "What is published, by name."},
    Key{.name = "peers", .form = Form::mapping, .help = "Other nodes, from which feeds are followed, by name."},
};

constexpr std::array kNodeKeys = {
    Key{.name = "name", .form = Form::text, .fallback = "meshgate", .help = "What this node calls itself."},
    Key{.name = "data", .form = Form::path, .fallback = "data", .help = "The folder that holds feeds, positions and quarantine."},
    Key{.name = "connectors", .form = Form::path, .help = "A further folder with connector plugins."},
    Key{.name = "keep_deletes",
        .form = Form::duration,
        .fallback = "30d",
        .help = "How long deletes are remembered; a reader that was away longer compares everything.",
        .least = 60000,
        .most = 315360000000},
    Key{.name = "range_cache",
        .form = Form::size,
        .fallback = "1GiB",
        .help = "How much of the disk under `data` may be taken by the parts of feeds that are kept ready for first downloads; 0: none are offered."},
    Key{.name = "range_size",
        .form = Form::size,
        .fallback = "8MiB",
        .help = "About how large such a part is.",
        .least = 4096,
        .most = 1LL << 30U},
    Key{.name = "sign_in", .form = Form::mapping, .help = "Where people sign in, and how long tokens, browsers and keys are good for."},
    Key{.name = "access", .form = Form::mapping, .help = "How long what other nodes say of who may see what is relied on."},
    Key{.name = "lag",
        .form = Form::duration,
        .fallback = "1m",
        .help = "How long a peer that feeds are followed from may be without what another one has, before the other is followed.",
        .least = 1000,
        .most = 86400000},
    Key{.name = "log", .form = Form::text, .fallback = "info", .help = "The least level that is logged: debug, info, warning or error."},
};

/// All that may stand under `node:`.
std::vector<Key> node_keys() {
  std::vector<Key> out(kNodeKeys.begin(), kNodeKeys.end());
  const auto listening = net::listening_keys();
  out.insert(out.end(), listening.begin(), listening.end());
  const auto policy = access::policy_keys();
  out.insert(out.end(), policy.begin(), policy.end());
  return out;
}

void read_node(const config::Section& node, Configuration& out, config::Secrets& secrets, config::Diagnostics& faults) {
  out.name = node.text("name");
  out.data = node.path("data");
  out.keep_deletes = node.duration("keep_deletes");
  out.log_level = node.text("log");
  out.sign_in = access::read_sign_in(config::Section(node.node("sign_in"), access::sign_in_keys(), secrets, faults));
  out.stale = access::read_stale(config::Section(node.node("access"), access::reliance_keys(), secrets, faults));
  out.range_cache = node.size("range_cache");
  out.range_size = node.size("range_size");
  if (out.log_level != "debug" && out.log_level != "info" && out.log_level != "warning" && out.log_level != "error") {
    faults.add(node.place("log"), "'" + out.log_level + "' is no log level", "write debug, info, warning or error");
  }
  out.listening = net::read_listening(node, secrets, faults);
}

/// People sign in at a node that says whose tokens it takes.
void check_issuer(const config::Section& node, const Configuration& configuration, config::Diagnostics& faults) {
  const std::string& name = configuration.sign_in.at;
  if (name.empty()) return;
  const auto& peers = configuration.federation.peers;
  const auto peer = std::find_if(peers.begin(), peers.end(), [&](const federation::Peer& one) { return one.name == name; });
  const config::Place& place = node.node("sign_in")["at"].place();
  if (peer == peers.end()) return faults.add(place, "there is no peer '" + name + "' to sign in at", "name one of those under `peers:`");
  if (!federation::speaks(*peer) && peer->subject.empty()) {
    faults.add(place, "peer '" + name + "' does not know this node, and tells it no keys", "give its `certificate` and `key`, or the `subject` with which it brings feeds here");
  }
}

}  // namespace

std::vector<std::string> connector_folders(const std::string& configured) {
  std::vector<std::string> out;
  if (!configured.empty()) out.push_back(configured);
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    out.push_back((self.parent_path().parent_path() / "lib/meshgate/connectors").string());
  }
  return out;
}

Reading read_configuration(const std::string& file) {
  Reading out;
  out.secrets = std::make_shared<config::Secrets>();
  out.configuration.file = file;
  auto& faults = out.diagnostics;
  const config::Node root = config::read_yaml(file, faults);
  if (!root.present()) return out;
  out.configuration.written = root;
  const config::Section top(root, kRootKeys, *out.secrets, faults);
  const auto keys = node_keys();
  const config::Section node(top.node("node"), keys, *out.secrets, faults);
  read_node(node, out.configuration, *out.secrets, faults);

  const plugins::PluginFolders folders(connector_folders(node.has("connectors") ? node.path("connectors") : std::string{}));
  std::map<std::string, std::optional<plugins::Plugin>> loaded;
  const auto find = [&](const std::string& name, const config::Place& place) {
    const auto known = loaded.find(name);
    if (known != loaded.end()) return known->second;
    auto plugin = folders.load(name);
    if (!plugin) faults.add(place, plugin.error().message);
    return loaded.emplace(name, plugin ? std::optional(std::move(*plugin)) : std::nullopt).first->second;
  };
  out.configuration.sources = ingest::read_sources(top.node("sources"), top.node("feeds"), find, *out.secrets, faults);
  std::vector<publish::Place> places;
  for (const auto& source : out.configuration.sources) places.push_back({source.name, source.plugin, source.connection});
  out.configuration.publications = publish::read_publications(top.node("feeds"), places, *out.secrets, faults);
  out.configuration.federation = federation::read_options(top.node("peers"), top.node("feeds"), *out.secrets, faults);
  out.configuration.federation.node = out.configuration.name;
  out.configuration.federation.lag = node.duration("lag");
  out.configuration.federation.aside = out.configuration.data + "/aside";
  check_issuer(node, out.configuration, faults);
  out.configuration.policy = access::read_policy(node.self(), top.node("feeds"), *out.secrets, faults);
  if (!top.has("feeds")) faults.add(config::Place{file, 0, 0}, "there are no feeds", "publish something under `feeds:`");
  return out;
}

}  // namespace meshgate::app
