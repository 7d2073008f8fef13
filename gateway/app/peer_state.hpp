#pragma once

#include "gateway/federation/federation.hpp"
#include "gateway/federation/lookout.hpp"
#include "gateway/serve/followers.hpp"
#include "gateway/serve/serve.hpp"

namespace meshgate::app {

/// How following a feed goes, in the words of the API.
serve::SourceState state_of(const federation::Standing& standing);
/// The same of a peer.
serve::MeshPeer peer_of(const federation::PeerReport& report);
/// A node that follows this one, as others are told of it.
federation::SeenFollower seen_follower(const serve::Follower& follower);

}  // namespace meshgate::app
