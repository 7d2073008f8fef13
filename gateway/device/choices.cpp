#include "gateway/device/choices.hpp"

#include <simdjson.h>

#include <cstdlib>
#include <filesystem>

#include "gateway/base/owner_file.hpp"
#include "mesh/value.hpp"

namespace meshgate::device {

namespace {

using simdjson::dom::element;

void append(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\n \"").append(name).append("\": ");
  append_json_string(out, text);
}

void append(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  out.append(",\n \"").append(name).append("\": [");
  for (const std::string& text : texts) {
    if (out.back() != '[') out += ", ";
    append_json_string(out, text);
  }
  out += ']';
}

std::string text_of(element from, const char* name) {
  std::string_view out;
  return from[name].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

std::vector<std::string> texts_of(element from, const char* name) {
  std::vector<std::string> out;
  simdjson::dom::array all;
  if (from[name].get(all) != simdjson::SUCCESS) return out;
  for (const element one : all) {
    std::string_view text;
    if (one.get(text) == simdjson::SUCCESS) out.emplace_back(text);
  }
  return out;
}

}  // namespace

Result<Choices> read_choices(const std::string& file) {
  const auto text = base::read_owner_file(file);
  if (!text) return text.error();
  if (!*text) return Choices{};
  simdjson::dom::parser parser;
  element root;
  std::uint64_t port = 0;
  const simdjson::padded_string padded(**text);
  const bool good = parser.parse(padded).get(root) == simdjson::SUCCESS && root["port"].get(port) == simdjson::SUCCESS && port <= 65535;
  if (!good) return Error{Code::corrupt, file + ": is not what `meshgate device` wrote; remove it, and say --upstream again"};
  bool keep = false;
  if (root["keep"].get(keep) != simdjson::SUCCESS) keep = false;
  return Choices{texts_of(root, "upstreams"), texts_of(root, "feeds"), text_of(root, "listen"), static_cast<std::uint16_t>(port), text_of(root, "sign_in"),
                 text_of(root, "ca"), text_of(root, "certificate"), text_of(root, "key"), keep};
}

Status write_choices(const std::string& file, const Choices& choices) {
  std::string text = "{\"port\": " + std::to_string(choices.port) + ",\n \"keep\": " + (choices.keep ? "true" : "false");
  append(text, "listen", choices.listen);
  append(text, "upstreams", choices.upstreams);
  append(text, "feeds", choices.feeds);
  append(text, "sign_in", choices.sign_in);
  append(text, "ca", choices.ca);
  append(text, "certificate", choices.certificate);
  append(text, "key", choices.key);
  return base::write_owner_file(file, text + "}\n");
}

std::string device_folder() {
  const char* configured = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder;
  if (configured != nullptr && *configured == '/') {
    folder = configured;
  } else if (home != nullptr && *home == '/') {
    folder = std::filesystem::path(home) / ".local/share";
  } else {
    return {};
  }
  return (folder / "meshgate" / "device").string();
}

}  // namespace meshgate::device
