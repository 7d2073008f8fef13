#include "gateway/access/sign_in_options.hpp"

#include <array>

namespace meshgate::access {

namespace {

using config::Form;
using config::Key;

constexpr std::array kKeys = {
    Key{.name = "at", .form = Form::text, .help = "The peer that people sign in at: this node asks it, and takes its tokens in place of its own; absent: here."},
    Key{.name = "through", .form = Form::list, .help = "Subjects of the certificates of nodes that people sign in through; what they say of the address of who asks is believed."},
    Key{.name = "access_token",
        .form = Form::duration,
        .fallback = "10m",
        .help = "How long an access token is good for; its device refreshes it.",
        .least = 60000,
        .most = 86400000},
    Key{.name = "refresh_token",
        .form = Form::duration,
        .fallback = "30d",
        .help = "A device that has not refreshed for so long must sign in again.",
        .least = 3600000,
        .most = 31536000000},
    Key{.name = "browser", .form = Form::duration, .fallback = "12h", .help = "How long a browser stays signed in.", .least = 60000, .most = 2592000000},
    Key{.name = "key_rotation",
        .form = Form::duration,
        .fallback = "30d",
        .help = "How long one key signs tokens; the key before it is believed until its last token is over.",
        .least = 3600000,
        .most = 31536000000},
    Key{.name = "grace",
        .form = Form::duration,
        .fallback = "30d",
        .help = "Who is not in the directory any more is refused at once; their devices are kept for so long, should they come back.",
        .least = 60000,
        .most = 31536000000},
};

}  // namespace

std::span<const Key> sign_in_keys() { return kKeys; }

SignInOptions read_sign_in(const config::Section& sign_in) {
  SignInOptions out;
  out.at = sign_in.text("at");
  out.through = sign_in.list("through");
  out.access_token = sign_in.duration("access_token");
  out.refresh_token = sign_in.duration("refresh_token");
  out.browser = sign_in.duration("browser");
  out.key_rotation = sign_in.duration("key_rotation");
  out.grace = sign_in.duration("grace");
  return out;
}

}  // namespace meshgate::access
