#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/ed25519.hpp"
#include "mesh/result.hpp"

namespace meshgate::device {

/// What a device keeps to stay signed in at a node. The file holds secrets: it is written and read by its owner alone.
struct SignedIn {
  std::string url;      ///< of the node; nobody else is shown any of this but those of `also`
  std::string device;   ///< what the node calls this device
  std::string refresh;  ///< the token for the next refresh
  std::string next;     ///< the secret part of the token after it, once a refresh with it may have been sent; empty: none was
  SigningKey key = SigningKey::make();
  std::vector<std::string> also;  ///< URLs of other nodes of the mesh, which take the same tokens
};

/// A node's URL in the form that files know it by: without '/' at its end.
std::string plain_url(std::string url);

/// Where a sign-in at this URL is kept unless a file is named: under $XDG_CONFIG_HOME or ~/.config. Empty: there is no home.
std::string sign_in_path(const std::string& url);

/// Blocks. Code::auth: others than the owner may read it, so it is not believed.
Result<std::optional<SignedIn>> read_sign_in(const std::string& file);
/// Replaces the file as a whole, durably; makes its folder. Blocks.
Status write_sign_in(const std::string& file, const SignedIn& signed_in);

}  // namespace meshgate::device
