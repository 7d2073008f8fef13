#pragma once

#include <string>
#include <vector>

namespace meshgate::app {

/// The commands of the node on a device; as those of commands.hpp.

struct DeviceArguments {
  std::string data;                    ///< the folder; empty: the usual one
  std::vector<std::string> upstreams;  ///< these, and the next six: empty: as they were said before
  std::vector<std::string> feeds;
  std::string listen;
  std::string sign_in;
  std::string ca;
  std::string certificate;
  std::string key;
  bool keep = false;          ///< what is held stays when this device is signed out
  std::string user;           ///< signs in first, where this device is not signed in yet
  std::string password_file;  ///< these two: see LoginArguments
  bool insecure = false;
};
/// A small node for one person: follows feeds, keeps them in SQLite too, serves them to applications on this machine.
int device(const DeviceArguments& arguments);
/// The applications of a device: takes one in and prints its token, lists them, ends one. Work with the device running or not.
int device_token(const std::string& data, const std::string& application, const std::string& origin);
int device_tokens(const std::string& data);
int device_revoke(const std::string& data, const std::string& application);
struct AcceptArguments;
/// A feed's origin, or an upstream, has this key now (see peers_accept). The device does not run.
int device_accept(const std::string& data, const AcceptArguments& arguments);

}  // namespace meshgate::app
