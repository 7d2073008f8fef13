#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gateway/federation/claims.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::federation {

/// To whose key a feed with its origin elsewhere is bound.
struct Binding {
  StatedClaim stated;  ///< as its origin sealed it; without a signature until that node has said it again
  Micros since{0};     ///< of this key
};
/// By which key a peer is known.
struct KnownPeer {
  std::string key;
  Micros since{0};
};

/// What is kept of both, by name.
struct BindingFile {
  std::map<std::string, Binding, std::less<>> feeds;
  std::map<std::string, KnownPeer, std::less<>> peers;
};
std::string binding_text(const BindingFile& file);
/// Code::corrupt: it is not what was written.
Result<BindingFile> parse_bindings(std::string_view text);

/// What a claim means for a feed that is bound to `bound`, where `known` is the greatest claim that was met.
enum class Verdict : std::uint8_t {
  same,      ///< the key it is bound to, or nobody has ever said one
  first,     ///< binds it
  promoted,  ///< binds it anew: a greater claim
  refused,   ///< another key, or none where one was said before
};
Verdict judge(const std::string& bound, const store::Claim& known, const StatedClaim& stated);

}  // namespace meshgate::federation
