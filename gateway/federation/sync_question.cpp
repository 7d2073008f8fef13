#include "gateway/federation/sync_question.hpp"

#include "mesh/value.hpp"

namespace meshgate::federation {

namespace {

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

/// An entry without its end.
void append_entry(std::string& out, const Held& held) {
  out.append(out.back() == '[' ? "{" : ",{").append("\"feed\":");
  append_json_string(out, held.feed);
  append_text(out, "uid", held.uid);
  if (held.schema != 0) out.append(",\"schema\":").append(std::to_string(held.schema));
}

void append_whole(std::string& out, const Held& held) {
  append_entry(out, held);
  if (!held.cursors.empty()) {
    out += ",\"cursors\":{";
    for (const auto& [partition, cursor] : held.cursors) {
      if (out.back() != '{') out += ',';
      append_json_string(out, partition);
      out.append(":\"").append(cursor.text()).append("\"");
    }
    out += '}';
  }
  out += '}';
}

void append_part(std::string& out, const Held& held, const std::string& partition) {
  append_entry(out, held);
  append_text(out, "partition", partition);
  if (const auto at = held.cursors.find(partition); at != held.cursors.end()) append_text(out, "after", at->second.text());
  out += '}';
}

}  // namespace

std::string sync_question(const std::vector<Held>& feeds) {
  std::string out = "{\"protocol\":1,\"live\":true,\"feeds\":[";
  for (const Held& held : feeds) {
    if (held.partitions.empty()) append_whole(out, held);
    for (const auto& partition : held.partitions) append_part(out, held, partition);
  }
  return out + "]}";
}

}  // namespace meshgate::federation
