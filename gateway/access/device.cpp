#include "gateway/access/device.hpp"

#include <simdjson.h>

#include "mesh/base64url.hpp"
#include "mesh/value.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;

void append(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

void append(std::string& out, std::string_view name, Micros at) {
  out.append(",\"").append(name).append("\":").append(std::to_string(at.count));
}

bool read(element from, const char* name, std::string& into) {
  std::string_view text;
  if (from[name].get(text) != simdjson::SUCCESS) return false;
  into = text;
  return true;
}

bool read(element from, const char* name, Micros& into) { return from[name].get(into.count) == simdjson::SUCCESS; }

bool read_bytes(element from, const char* name, std::string& into) {
  std::string text;
  if (!read(from, name, text)) return false;
  auto bytes = decode_base64url(text);
  if (!bytes || (!bytes->empty() && bytes->size() != 32)) return false;
  into = std::move(*bytes);
  return true;
}

bool read_device(element from, Device& out) {
  return read(from, "user", out.user) && read(from, "user_name", out.user_name) && read(from, "name", out.name) && read_bytes(from, "key", out.key) &&
         from["browser"].get(out.browser) == simdjson::SUCCESS && read(from, "enrolled", out.enrolled) && read(from, "seen", out.seen) &&
         read(from, "until", out.until) && read_bytes(from, "family", out.family) && read_bytes(from, "current", out.current) &&
         read_bytes(from, "previous", out.previous);
}

}  // namespace

std::string named(const Device& device) { return "device '" + device.name + "' (" + device.id + ") of " + device.user_name; }

std::string device_line(const Device& device) {
  std::string out = "{\"device\":";
  append_json_string(out, device.id);
  append(out, "user", device.user);
  append(out, "user_name", device.user_name);
  append(out, "name", device.name);
  append(out, "key", base64url(device.key));
  out.append(",\"browser\":").append(device.browser ? "true" : "false");
  append(out, "enrolled", device.enrolled);
  append(out, "seen", device.seen);
  append(out, "until", device.until);
  append(out, "family", base64url(device.family));
  append(out, "current", base64url(device.current));
  append(out, "previous", base64url(device.previous));
  return out + "}";
}

std::string revoked_line(std::string_view id) {
  std::string out = "{\"revoked\":";
  append_json_string(out, id);
  return out + "}";
}

Result<BookEntry> parse_book_line(std::string_view line) {
  const Error wrong{Code::corrupt, "is not a line that was written"};
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string padded(line);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || !root.is_object()) return wrong;
  BookEntry out;
  out.revoked = read(root, "revoked", out.device.id);
  if (out.revoked) return out;
  if (!read(root, "device", out.device.id) || !read_device(root, out.device)) return wrong;
  return out;
}

}  // namespace meshgate::access
