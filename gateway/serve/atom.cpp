#include "gateway/serve/news.hpp"
#include "gateway/serve/xml.hpp"

namespace meshgate::serve {

namespace {

void append_link(std::string& out, std::string_view rel, std::string_view type, std::string_view href) {
  if (href.empty()) return;
  out.append("<link rel=\"").append(rel).append("\" type=\"").append(type).append("\" href=\"");
  append_xml_text(out, href);
  out.append("\"/>\n");
}

void append_gone(std::string& out, const NewsGone& gone) {
  out.append("<at:deleted-entry ref=\"");
  append_xml_text(out, gone.urn);
  out.append("\" when=\"").append(utc_text(gone.when)).append("\"/>\n");
}

void append_entry(std::string& out, const NewsEntry& entry) {
  out.append("<entry>\n");
  append_element(out, "id", entry.urn);
  append_element(out, "title", entry.title);
  append_element(out, "updated", utc_text(entry.updated));
  if (entry.link) append_link(out, "alternate", "text/html", *entry.link);
  append_link(out, "related", "application/json", entry.address);
  if (entry.summary) append_element(out, "summary", *entry.summary);
  out.append("<content type=\"text\">");
  append_xml_text(out, entry.text);
  out.append("</content>\n</entry>\n");
}

}  // namespace

std::string atom(const News& news) {
  constexpr std::string_view kAtom = "application/atom+xml";
  std::string out =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\">\n";
  append_element(out, "id", news.urn);
  append_element(out, "title", news.title);
  append_element(out, "updated", utc_text(news.updated));
  out.append("<author>");
  append_element(out, "name", news.node);
  out.append("</author>\n");
  append_element(out, "generator", "Meshgate");
  append_link(out, "self", kAtom, news.self);
  append_link(out, "alternate", "text/html", news.home);
  append_link(out, "first", kAtom, news.first);
  append_link(out, "next", kAtom, news.next);
  for (const auto& one : news.gone) append_gone(out, one);
  for (const auto& one : news.entries) append_entry(out, one);
  return out.append("</feed>\n");
}

}  // namespace meshgate::serve
