#include "gateway/serve/describe.hpp"
#include "gateway/serve/news.hpp"

namespace meshgate::serve {

namespace {

void append_next_member(std::string& out, std::string_view name, std::string_view text) {
  out += ',';
  append_member(out, name, text);
}

void append_entry(std::string& out, const NewsEntry& entry) {
  out += '{';
  append_member(out, "id", entry.urn);
  if (entry.link) append_next_member(out, "url", *entry.link);
  append_next_member(out, "title", entry.title);
  if (entry.summary) append_next_member(out, "summary", *entry.summary);
  append_next_member(out, "content_text", entry.text);
  append_next_member(out, "date_modified", utc_text(entry.updated));
  out.append(",\"_meshgate\":{");
  append_member(out, "id", entry.id);
  out.append(",\"seq\":").append(std::to_string(number(entry.seq)));
  append_next_member(out, "at", utc_text(entry.at));
  append_next_member(out, "rev", entry.rev);
  out.append(",\"item\":").append(entry.content).append("}}");
}

}  // namespace

std::string json_feed(const News& news) {
  std::string out = "{";
  append_member(out, "version", "https://jsonfeed.org/version/1.1");
  append_next_member(out, "title", news.title);
  append_next_member(out, "home_page_url", news.home);
  append_next_member(out, "feed_url", news.self);
  if (!news.next.empty()) append_next_member(out, "next_url", news.next);
  out.append(",\"authors\":[{");
  append_member(out, "name", news.node);
  out.append("}],\"items\":[");
  const char* comma = "";
  for (const auto& one : news.entries) {
    out += comma;
    append_entry(out, one);
    comma = ",";
  }
  return out.append("]}\n");
}

}  // namespace meshgate::serve
