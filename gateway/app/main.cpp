#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "gateway/app/commands.hpp"
#include "gateway/app/device_node_commands.hpp"
#include "gateway/app/exit_codes.hpp"

namespace {

using namespace meshgate::app;

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 failed, the message says why; 2 the command line or the configuration is wrong, nothing was started;\n"
    "3 a source (check, plan) or the node (mirror) cannot be reached or read; 4 the guard would hold deletes (plan).\n\n"
    "A first feed:  meshgate check shop.yaml && meshgate plan shop.yaml && meshgate run shop.yaml\n"
    "               curl -s http://127.0.0.1:7443/feeds\n"
    "               meshgate mirror http://127.0.0.1:7443 --into shop.db";

void add_config(CLI::App& command, std::string& config) {
  command.add_option("config,-c,--config", config, "the configuration file")->capture_default_str();
}

/// Adds a command that runs `act` when it is chosen.
CLI::App* add(CLI::App& parent, const char* name, const char* help, int& code, std::function<int()> act) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&code, act = std::move(act)] { code = act(); });
  return command;
}

void add_quarantine(CLI::App& program, int& code, std::string& config, std::string& feed, std::string& key,
                    std::vector<std::string>& keys) {
  CLI::App* quarantine = program.add_subcommand("quarantine", "records that could not become items");
  quarantine->require_subcommand(1);
  CLI::App* list = add(*quarantine, "list", "one line per record", code, [&] { return quarantine_list(config, feed); });
  list->add_option("--feed", feed, "only of this feed");
  CLI::App* show = add(*quarantine, "show", "one record with its raw form", code, [&] { return quarantine_show(config, feed, key); });
  CLI::App* drop = add(*quarantine, "drop", "forget one record", code, [&] { return quarantine_drop(config, feed, key); });
  for (CLI::App* one : {show, drop}) {
    one->add_option("feed", feed, "the feed")->required();
    one->add_option("key", key, "the key, as `quarantine list` prints it")->required();
  }
  CLI::App* replay = add(*quarantine, "replay", "read records again from the source, and say what became of each", code,
                         [&] { return quarantine_replay(config, feed, keys); });
  replay->add_option("feed", feed, "the feed")->required();
  replay->add_option("keys", keys, "the keys; none: all of the feed");
  for (CLI::App* one : {list, show, drop, replay}) one->add_option("-c,--config", config, "the configuration file")->capture_default_str();
}

void add_journal(CLI::App& program, int& code, std::string& config, JournalArguments& arguments) {
  CLI::App* journal = program.add_subcommand("journal", "the change table that a feed with `track: journal` reads, in the source's database");
  journal->require_subcommand(1);
  CLI::App* install = add(*journal, "install", "make it and its triggers; shows the statements and asks", code, [&] { return journal_install(config, arguments); });
  CLI::App* remove = add(*journal, "remove", "remove all of it; shows the statements and asks", code, [&] { return journal_remove(config, arguments); });
  CLI::App* show = add(*journal, "show", "whether it is in place, what waits in it, and who reads it", code, [&] { return journal_show(config, arguments); });
  remove->add_option("--reader", arguments.reader, "only what is kept for this reader, who will not come again; `show` names them");
  for (CLI::App* one : {install, remove}) {
    one->add_flag("--yes", arguments.yes, "do not ask");
    one->add_flag("--print", arguments.print, "only show the statements");
  }
  for (CLI::App* one : {install, remove, show}) {
    one->add_option("feed", arguments.feed, "the feed")->required();
    one->add_option("-c,--config", config, "the configuration file")->capture_default_str();
    one->add_option("--uid", arguments.uid, "log in as this user instead of the connection's");
    one->add_option("--pwd-file", arguments.pwd_file, "the file that holds this user's password");
  }
}

void add_devices(CLI::App& program, int& code, std::string& config, std::string& user, std::string& device) {
  CLI::App* devices = program.add_subcommand("devices", "who is signed in with what; `revoke` ends it at once");
  CLI::App* revoke = add(*devices, "revoke", "sign a device out: its tokens are refused from now on", code, [&] { return devices_revoke(config, device); });
  devices->callback([&, revoke] {
    if (!revoke->parsed()) code = devices_list(config, user);
  });
  devices->add_option("--user", user, "only of this person");
  revoke->add_option("device", device, "the device, as `devices` prints it")->required();
  for (CLI::App* one : {devices, revoke}) one->add_option("-c,--config", config, "the configuration file")->capture_default_str();
}

/// `accept FEED KEY`, or `accept --peer PEER KEY`.
CLI::App* add_accept(CLI::App& to, int& code, AcceptArguments& arguments, std::vector<std::string>& words, std::function<int(const AcceptArguments&)> run) {
  CLI::App* accept = add(to, "accept", "believe that the origin of a feed (accept FEED KEY), or a peer (accept --peer PEER KEY), has another key now; ask its operator first", code, [&, run = std::move(run)] {
    arguments.key = words.back();
    if (words.size() == 2) arguments.feed = words.front();
    return run(arguments);
  });
  accept->add_option("words", words, "the feed, unless `--peer` is given, and the key as `peers` shows it: ed25519:…")->required()->expected(1, 2);
  accept->add_option("--peer", arguments.peer, "the peer");
  return accept;
}

void add_peers(CLI::App& program, int& code, std::string& config, bool& json, AcceptArguments& arguments, std::vector<std::string>& words) {
  CLI::App* peers = program.add_subcommand("peers", "this node's key, its peers, and to whose keys its feeds are bound");
  CLI::App* accept = add_accept(*peers, code, arguments, words, [&config](const AcceptArguments& said) { return peers_accept(config, said); });
  peers->callback([&, accept] {
    if (!accept->parsed()) code = peers_list(config, json);
  });
  peers->add_flag("--json", json, "one JSON text on standard output");
  for (CLI::App* one : {peers, accept}) one->add_option("-c,--config", config, "the configuration file")->capture_default_str();
}

void add_login(CLI::App& program, int& code, LoginArguments& arguments) {
  CLI::App* command = add(program, "login", "sign this device in at a node, so that `mirror` may read what you may", code, [&] { return login(arguments); });
  command->add_option("url", arguments.url, "the node, for example https://mesh.corp:7443")->required();
  command->add_option("--user", arguments.user, "your user name; without it you are asked");
  command->add_option("--password-file", arguments.password_file, "the file that holds the password; without it you are asked");
  command->add_option("--device", arguments.device, "what this device is called in lists; without it the name of this machine");
  command->add_option("--into", arguments.into, "the file that keeps the sign-in; without it one under ~/.config/meshgate");
  command->add_option("--ca", arguments.ca, "for https: believe the authorities in this PEM file instead of the system's");
  command->add_option("--certificate", arguments.certificate, "a PEM file with the certificate to show when the node asks for one");
  command->add_option("--key", arguments.key, "a PEM file with that certificate's key");
  command->add_flag("--insecure", arguments.insecure, "let the password go in clear over the network, to a node without TLS");
}

void add_device(CLI::App& program, int& code, DeviceArguments& arguments, std::string& application, std::string& origin, AcceptArguments& accepted, std::vector<std::string>& words) {
  CLI::App* command = program.add_subcommand("device", "a small node on your own machine: holds feeds, also in SQLite, and serves them to your programs, online or not");
  command->add_option("--upstream", arguments.upstreams, "the node to follow, for example https://mesh.corp:7443 (repeat: the preferred one first)");
  command->add_option("--feed", arguments.feeds, "only these feeds (repeat); none: all that you may read");
  command->add_option("--listen", arguments.listen, "the address on this machine, for example 127.0.0.1:7450; without it any free port, which is kept");
  command->add_option("--user", arguments.user, "sign in first as this user, as `meshgate login` does, unless this device is signed in");
  command->add_option("--password-file", arguments.password_file, "the file that holds the password; without it you are asked");
  command->add_flag("--insecure", arguments.insecure, "let the password go in clear over the network, to a node without TLS");
  command->add_option("--sign-in", arguments.sign_in, "the file that `meshgate login` wrote; without it the usual one, where it is there");
  command->add_option("--ca", arguments.ca, "for https: believe the authorities in this PEM file instead of the system's");
  command->add_option("--certificate", arguments.certificate, "a PEM file with the certificate to show when the node asks for one");
  command->add_option("--key", arguments.key, "a PEM file with that certificate's key");
  command->add_flag("--keep", arguments.keep, "keep what is held when this device is signed out at the node; without it it is removed");
  CLI::App* token = add(*command, "token", "take an application in, and print its token, once", code, [&] { return device_token(arguments.data, application, origin); });
  token->add_option("name", application, "what the application is called in the list")->required();
  token->add_option("--origin", origin, "where it is a web page: its origin, for example http://localhost:8080; counts when the device starts next");
  CLI::App* tokens = add(*command, "tokens", "the applications that have a token", code, [&] { return device_tokens(arguments.data); });
  CLI::App* revoke = add(*command, "revoke", "end an application's token, at once", code, [&] { return device_revoke(arguments.data, application); });
  revoke->add_option("name", application, "the application")->required();
  CLI::App* accept = add_accept(*command, code, accepted, words, [&arguments](const AcceptArguments& said) { return device_accept(arguments.data, said); });
  for (CLI::App* one : {command, token, tokens, revoke, accept}) {
    one->add_option("--data", arguments.data, "the folder that holds everything; without it ~/.local/share/meshgate/device");
  }
  command->callback([&code, &arguments, command] {
    if (command->get_subcommands().empty()) code = device(arguments);
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Meshgate: what is in your databases, kept in step on every device.", "meshgate");
  program.set_version_flag("--version", MESHGATE_VERSION);
  program.footer(kFooter);
  program.require_subcommand(1);

  int code = kDone;
  std::string config = "meshgate.yaml";
  std::string feed;
  std::string key;
  std::vector<std::string> keys;
  std::string path;
  MirrorArguments arguments;

  add_config(*add(program, "run", "read the sources and serve the feeds until told to stop", code, [&] { return run_node(config); }), config);
  add_config(*add(program, "check", "validate the configuration, reach every source, say what is wrong and what to do", code, [&] { return check(config); }),
             config);

  PlanArguments planned;
  CLI::App* plan_command = add(program, "plan", "what the sources would add, change, delete and quarantine, writing nothing", code,
                               [&] { return plan(config, planned); });
  add_config(*plan_command, config);
  plan_command->add_option("--feed", planned.feeds, "only these feeds (repeat); none: all");
  plan_command->add_option("--samples", planned.samples, "so many of each kind are shown")->check(CLI::Range(0, 1000))->capture_default_str();
  plan_command->add_flag("--json", planned.json, "one JSON text on standard output");

  CLI::App* mirror_command = add(program, "mirror", "keep feeds of a node in step in an SQLite file", code, [&] { return mirror(arguments); });
  mirror_command->add_option("url", arguments.url, "the node, for example http://127.0.0.1:7443")->required();
  mirror_command->add_option("--feed", arguments.feeds, "only these feeds (repeat); none: all");
  mirror_command->add_option("--partition", arguments.partitions, "only these partitions (repeat); none: all");
  mirror_command->add_option("--into", arguments.into, "the SQLite file")->required();
  mirror_command->add_option("--ca", arguments.ca, "for https: believe the authorities in this PEM file instead of the system's");
  mirror_command->add_option("--certificate", arguments.certificate, "a PEM file with the certificate to show when the node asks for one");
  mirror_command->add_option("--key", arguments.key, "a PEM file with that certificate's key");
  mirror_command->add_option("--sign-in", arguments.sign_in, "the file that `meshgate login` wrote; without it the usual one, where it is there");
  mirror_command->add_flag("--once", arguments.once, "stop when everything is caught up");
  mirror_command->add_flag("--replace", arguments.replace, "empty a table that holds another feed of the same name");
  mirror_command->add_flag("--quiet", arguments.quiet, "no progress, only the summary");

  LoginArguments signing_in;
  add_login(program, code, signing_in);
  DeviceArguments holding;
  std::string application;
  std::string origin;
  AcceptArguments accepted;
  add_device(program, code, holding, application, origin, accepted, keys);
  std::string user;
  add_devices(program, code, config, user, key);
  bool json = false;
  add_peers(program, code, config, json, accepted, keys);

  add_config(*add(program, "feeds", "what this node publishes and how each feed stands", code, [&] { return feeds(config); }), config);
  CLI::App* mesh_command = add(program, "mesh", "the mesh as this node knows it: its peers, who follows it, the nodes beyond; lines, lag, who holds what", code, [&] { return mesh(config, json); });
  add_config(*mesh_command, config);
  mesh_command->add_flag("--json", json, "one JSON text on standard output");
  add_quarantine(program, code, config, feed, key, keys);
  JournalArguments journal;
  add_journal(program, code, config, journal);
  CLI::App* release_command = add(program, "release", "let the next sweep of a feed delete what the guard holds; `meshgate feeds` names some of it, `meshgate plan FILE --feed FEED` more", code, [&] { return release(config, feed); });
  release_command->add_option("feed", feed, "the feed")->required();
  CLI::App* promote_command = add(program, "promote", "make this node's copy of a feed the origin, when the old one is lost for good", code, [&] { return promote(config, feed); });
  promote_command->add_option("feed", feed, "the feed")->required();
  std::string person;
  std::string partition;
  CLI::App* explain_command = add(program, "explain", "whether somebody may read a feed, by which rule and group, and since when", code,
                                  [&] { return explain(config, person, feed, partition); });
  explain_command->add_option("user", person, "the person's login name or anchor")->required();
  explain_command->add_option("feed", feed, "the feed")->required();
  explain_command->add_option("partition", partition, "the partition; none: any of the feed's");
  CLI::App* backup_command = add(program, "backup", "a consistent copy of the store while the node runs", code, [&] { return backup(config, path); });
  backup_command->add_option("into", path, "a folder that does not exist yet")->required();
  CLI::App* restore_command = add(program, "restore", "make the data folder from a backup", code, [&] { return restore(config, path); });
  restore_command->add_option("from", path, "the backup's folder")->required();
  for (CLI::App* one : {release_command, promote_command, explain_command, backup_command, restore_command}) {
    one->add_option("-c,--config", config, "the configuration file")->capture_default_str();
  }

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kWrongUsage;
  }
  return code;
}
