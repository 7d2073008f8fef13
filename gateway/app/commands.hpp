#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace meshgate::app {

/// One function per command of the program; each blocks, prints for people on standard output, faults on standard error, and
/// returns an exit code (exit_codes.hpp).

int run_node(const std::string& config);
int check(const std::string& config);

struct PlanArguments {
  std::vector<std::string> feeds;  ///< none: all
  std::size_t samples = 5;         ///< of each kind of change
  bool json = false;
};
/// What the sources would do to the feeds, from the store as it is; writes nothing, needs no node and disturbs none.
int plan(const std::string& config, const PlanArguments& arguments);

struct MirrorArguments {
  std::string url;
  std::vector<std::string> feeds;
  std::vector<std::string> partitions;
  std::string into;
  std::string ca;           ///< the authorities to believe; empty: the system's
  std::string certificate;  ///< shown when the node asks for one
  std::string key;
  std::string sign_in;  ///< the file of `login`; empty: the usual one, where it is there
  bool once = false;
  bool replace = false;
  bool quiet = false;
};
int mirror(const MirrorArguments& arguments);

struct LoginArguments {
  std::string url;
  std::string user;           ///< empty: asked for
  std::string password_file;  ///< empty: asked for on the terminal
  std::string device;         ///< empty: this machine's name
  std::string into;           ///< the file; empty: the usual one
  std::string ca;             ///< these three: see MirrorArguments
  std::string certificate;
  std::string key;
  bool insecure = false;      ///< the password may go in clear over the network
};
/// Signs this device in at a node and keeps what it needs to stay so.
int login(const LoginArguments& arguments);

struct JournalArguments {
  std::string feed;
  std::string uid;       ///< who changes the database; empty: who reads it
  std::string pwd_file;  ///< holds that user's password
  std::string reader;    ///< of `remove`: only what is kept for this one goes
  bool yes = false;      ///< is not asked
  bool print = false;    ///< only shows the statements
};
/// The journal of a feed's table in the source's database: these reach the source, not the node.
int journal_install(const std::string& config, const JournalArguments& arguments);
int journal_remove(const std::string& config, const JournalArguments& arguments);
int journal_show(const std::string& config, const JournalArguments& arguments);

/// These ask the running node of this configuration over its administration socket, or open its store when no node runs.
int feeds(const std::string& config);
int quarantine_list(const std::string& config, const std::string& feed);
int quarantine_show(const std::string& config, const std::string& feed, const std::string& key);
int quarantine_drop(const std::string& config, const std::string& feed, const std::string& key);
/// No keys: all of the feed's. Needs a running node.
int quarantine_replay(const std::string& config, const std::string& feed, const std::vector<std::string>& keys);
/// Whether a person may read a feed, or a partition of it, and why.
int explain(const std::string& config, const std::string& person, const std::string& feed, const std::string& partition);
/// Devices that are signed in; `user`: only theirs, by login name or anchor.
int devices_list(const std::string& config, const std::string& user);
int devices_revoke(const std::string& config, const std::string& device);
/// This node's key, and by which keys it knows others. `json`: as the node says it.
int peers_list(const std::string& config, bool json);
struct AcceptArguments {
  std::string feed;  ///< or
  std::string peer;
  std::string key;   ///< as `peers` shows it
};
/// A feed's origin, or a peer, has this key now.
int peers_accept(const std::string& config, const AcceptArguments& arguments);
/// This node, its peers, the nodes that follow it, and those that they tell of; `json`: as GET /mesh says it.
int mesh(const std::string& config, bool json);
/// Makes a copy of a feed the origin, where the old one is lost.
int promote(const std::string& config, const std::string& feed);
int release(const std::string& config, const std::string& feed);
int backup(const std::string& config, const std::string& into);
int restore(const std::string& config, const std::string& from);

}  // namespace meshgate::app
