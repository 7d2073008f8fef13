#include "gateway/serve/acts.hpp"

#include "mesh/percent_encoding.hpp"

namespace meshgate::serve {

namespace {

constexpr std::size_t kMostText = 300;  ///< of what a request says

/// Nothing in it could be taken for the rest of the line: a path has no spaces, and parameters are encoded.
std::string line_of(const net::Request& request) {
  std::string out = request.method + " " + request.path;
  for (const auto& [name, value] : request.query) {
    out.append(out.find('?') == std::string::npos ? "?" : "&").append(percent_encoded(name)).append("=").append(percent_encoded(value));
  }
  if (out.size() > kMostText) out.replace(kMostText, std::string::npos, "…");
  return out;
}

}  // namespace

std::string name_of(const net::Request& request, const access::Principal& who, const access::SignIn* sign_in) {
  if (request.administrator) return "administrator (socket, uid " + (request.uid == ~0U ? std::string("unknown") : std::to_string(request.uid)) + ")";
  if (who.user.empty()) return who.node.empty() ? std::string("somebody who has not signed in") : "node " + who.node;
  const auto device = sign_in == nullptr ? std::nullopt : sign_in->device(who.device);
  return device ? name_of(*device) : who.user;
}

std::string name_of(const access::Device& device) { return device.user_name + " (" + device.user + ")"; }

base::Act act_of(const net::Request& request, std::string who, const net::Response& answer, std::string what) {
  if (what.empty()) what = line_of(request);
  return {std::move(who), request.remote, std::move(what), "answered " + std::to_string(answer.status), request.id};
}

}  // namespace meshgate::serve
