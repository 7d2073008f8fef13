#pragma once

#include <string>
#include <string_view>

#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// What a person signed in with: a program that keeps a refresh token, or a browser. It is signed in as long as it is in the book; revoking takes it out.
struct Device {
  std::string id;
  std::string user;       ///< the person's anchor
  std::string user_name;  ///< their login name then, for people
  std::string name;       ///< what they call it
  std::string key;        ///< its own Ed25519 public key, 32 bytes; empty: it has none
  bool browser = false;   ///< has no refresh token: it ends at `until`
  Micros enrolled{0};
  Micros seen{0};   ///< when it last signed in or refreshed
  Micros until{0};  ///< ends by itself
  std::string family;    ///< SHA-256 of the part that all its refresh tokens have in common
  std::string current;   ///< SHA-256 of the part that the next refresh must show
  std::string previous;  ///< SHA-256 of the part before; empty: there was none

  bool operator==(const Device&) const = default;
};

/// For people: what it is called, and whose it is.
std::string named(const Device& device);

/// A line of the book, without its end, and back.
std::string device_line(const Device& device);
std::string revoked_line(std::string_view id);

/// What a line says: how a device stands now, or that it is revoked.
struct BookEntry {
  Device device;
  bool revoked = false;  ///< only the device's id is known
};
Result<BookEntry> parse_book_line(std::string_view line);

}  // namespace meshgate::access
