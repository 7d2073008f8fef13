#include "gateway/net/wire.hpp"
#include "gateway/serve/news.hpp"
#include "gateway/serve/xml.hpp"

namespace meshgate::serve {

namespace {

std::string date_of(Micros at) { return net::http_date(static_cast<std::time_t>(at.count / 1000000 - (at.count % 1000000 < 0 ? 1 : 0))); }

void append_page(std::string& out, std::string_view rel, std::string_view href) {
  if (href.empty()) return;
  out.append("<atom:link rel=\"").append(rel).append("\" type=\"application/rss+xml\" href=\"");
  append_xml_text(out, href);
  out.append("\"/>\n");
}

void append_item(std::string& out, const NewsEntry& entry) {
  out.append("<item>\n<guid isPermaLink=\"false\">");
  append_xml_text(out, entry.urn);
  out.append("</guid>\n");
  append_element(out, "title", entry.title);
  if (entry.link) append_element(out, "link", *entry.link);
  append_element(out, "pubDate", date_of(entry.updated));
  // Readers take a description for HTML: what is text must stand there as HTML that shows it.
  std::string html;
  append_xml_text(html, entry.summary ? *entry.summary + "\n\n" + entry.text : entry.text);
  append_element(out, "description", "<pre>" + html + "</pre>");
  out.append("</item>\n");
}

}  // namespace

std::string rss(const News& news) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n";
  append_element(out, "title", news.title);
  append_element(out, "link", news.home);
  append_element(out, "description", "The newest items of " + news.title + " at " + news.node);
  append_element(out, "lastBuildDate", date_of(news.updated));
  append_element(out, "generator", "Meshgate");
  append_page(out, "self", news.self);
  append_page(out, "first", news.first);
  append_page(out, "next", news.next);
  for (const auto& one : news.entries) append_item(out, one);
  return out.append("</channel>\n</rss>\n");
}

}  // namespace meshgate::serve
