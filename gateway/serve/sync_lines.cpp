#include "gateway/serve/sync_lines.hpp"

#include "gateway/serve/describe.hpp"

namespace meshgate::serve {

namespace {

/// {"kind":{"feed":…,"partition":…
std::string begin(std::string_view kind, std::string_view feed, std::string_view partition) {
  std::string out = "{\"";
  out.append(kind).append("\":{");
  append_member(out, "feed", feed);
  out += ',';
  append_member(out, "partition", partition);
  return out;
}

std::string refused(std::string_view feed, std::string_view partition, const Refusal& refusal) {
  std::string out = begin("refused", feed, partition);
  out.append(",\"status\":").append(std::to_string(refusal.status)).append(",");
  append_member(out, "type", "urn:meshgate:problem:" + std::string(refusal.type));
  return out.append(",");
}

}  // namespace

std::string of_line(std::string_view feed, std::string_view partition) { return begin("of", feed, partition).append("}}\n"); }

std::string visible_line(std::string_view feed, std::string_view partition) { return begin("visible", feed, partition).append("}}\n"); }

std::string denied_line(std::string_view feed, std::string_view partition) { return begin("denied", feed, partition).append("}}\n"); }

std::string refused_line(std::string_view feed, std::string_view partition, const Error& error) {
  return refused_line(feed, partition, refusal_of(error.code), error.message);
}

std::string refused_line(std::string_view feed, std::string_view partition, const Refusal& refusal, std::string_view detail) {
  std::string out = refused(feed, partition, refusal);
  append_member(out, "detail", detail);
  return out.append("}}\n");
}

std::string refused_line(std::string_view feed, std::string_view partition, Answer answer) {
  const NotContinued why = why_gone(answer);
  std::string out = refused(feed, partition, refusal_of(Code::gone));
  append_member(out, "reason", why.reason);
  out += ',';
  append_member(out, "detail", why.detail);
  return out.append("}}\n");
}

}  // namespace meshgate::serve
