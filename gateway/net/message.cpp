#include "gateway/net/message.hpp"

#include "mesh/value.hpp"

namespace meshgate::net {

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  for (const auto& [own, value] : query) {
    if (own == name) return value;
  }
  return std::nullopt;
}

Response problem(unsigned status, std::string_view type, std::string_view title, std::string_view detail, std::string_view instance,
                 std::string_view more) {
  Response out;
  out.status = status;
  out.fields.add("Content-Type", "application/problem+json");
  out.body = "{\"type\":";
  append_json_string(out.body, "urn:meshgate:problem:" + std::string(type));
  out.body += ",\"title\":";
  append_json_string(out.body, title);
  out.body.append(",\"status\":").append(std::to_string(status)).append(",\"detail\":");
  append_json_string(out.body, mended_utf8(detail));
  if (!instance.empty()) {
    out.body += ",\"instance\":";
    append_json_string(out.body, "urn:meshgate:request:" + std::string(instance));
  }
  out.body.append(more).append("}\n");
  return out;
}

}  // namespace meshgate::net
