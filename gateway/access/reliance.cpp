#include "gateway/access/reliance.hpp"

#include <array>

namespace meshgate::access {

namespace {

constexpr std::array kKeys = {
    config::Key{.name = "stale",
                .form = config::Form::duration,
                .fallback = "24h",
                .help = "Where people, groups, rules and keys come from other nodes: what was heard longer ago is not decided by, and answered 503.",
                .least = 1000,
                .most = 31536000000},
};

}  // namespace

std::span<const config::Key> reliance_keys() { return kKeys; }

std::chrono::milliseconds read_stale(const config::Section& access) { return access.duration("stale"); }

}  // namespace meshgate::access
