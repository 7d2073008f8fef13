#include "gateway/serve/opml.hpp"

#include "gateway/serve/news.hpp"
#include "gateway/serve/xml.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::serve {

namespace {

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=\"");
  append_xml_text(out, value);
  out.append("\"");
}

void append_feed(std::string& out, std::string_view title, std::string_view address, std::string_view page) {
  out.append("<outline type=\"rss\" version=\"ATOM\"");
  append_attribute(out, "text", title);
  append_attribute(out, "title", title);
  append_attribute(out, "xmlUrl", address);
  append_attribute(out, "htmlUrl", page);
  out.append("/>\n");
}

void append_outline(std::string& out, std::string_view node, const store::FeedState& feed) {
  const std::string address = std::string(node) + "/feeds/" + feed.name + "/items?format=atom";
  const std::string page = std::string(node) + "/#/feeds/" + feed.name;
  if (!feed.divided) return append_feed(out, feed.name, address, page);
  out.append("<outline");
  append_attribute(out, "text", feed.name);
  out.append(">\n");
  for (const auto& one : feed.partitions) {
    append_feed(out, feed.name + " – " + one.name, address + "&partition=" + percent_encoded(one.name), page);
  }
  out.append("</outline>\n");
}

}  // namespace

std::string opml(std::string_view name, std::string_view node, const std::vector<store::FeedState>& feeds) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n<head>\n";
  append_element(out, "title", name);
  out.append("</head>\n<body>\n");
  for (const auto& one : feeds) append_outline(out, node, one);
  return out.append("</body>\n</opml>\n");
}

}  // namespace meshgate::serve
