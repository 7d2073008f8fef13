#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/serve/context.hpp"
#include "gateway/serve/format.hpp"
#include "mapping/presentation.hpp"

namespace meshgate::serve {

/// An item as feed readers show it.
struct NewsEntry {
  std::string urn;
  std::string title;
  std::optional<std::string> summary;
  std::optional<std::string> link;
  std::string text;  ///< its fields, one a line
  Micros updated{0};
  Micros at{0};  ///< when it came here
  std::string id;
  std::string address;  ///< of the item on this node
  Seq seq{0};
  std::string rev;
  std::string content;
};

/// An item that is gone.
struct NewsGone {
  std::string urn;
  Micros when{0};  ///< not before it went: when the entry above came, or now; the log does not keep the time of a delete
};

/// The newest entries of a partition, and the addresses around them.
struct News {
  std::string urn;
  std::string title;
  std::string node;
  Micros updated{0};
  std::optional<Micros> changed;  ///< when the newest entry came; nothing where it is a delete
  std::string home;  ///< the page that shows the feed
  std::string self;
  std::string first;
  std::string next;  ///< empty: nothing is older
  std::vector<NewsEntry> entries;
  std::vector<NewsGone> gone;
};

/// What a feed reader asks for.
struct NewsQuestion {
  std::shared_ptr<OpenFeed> open;
  std::string partition;
  std::optional<Seq> below;  ///< of a page after the first
  std::size_t limit = 0;
  bool with_gone = false;  ///< deletes count as entries
  std::string word;        ///< the format's
};

/// Reads them. Blocks.
Result<News> read_news(Context& context, const net::Request& request, const NewsQuestion& question, const mapping::Presentation& presentation);

/// The answer to a feed reader: Atom, RSS or JSON Feed, with tag and date, or 304. Blocks.
net::Response answer_news(Context& context, const Visit& visit, Format format);

/// "http://host:port" as the reader knows this node.
std::string address_of(const Services& services, const net::Request& request);

/// The documents: Atom 1.0 with tombstones (RFC 4287, 5005, 6721), RSS 2.0, JSON Feed 1.1.
std::string atom(const News& news);
std::string rss(const News& news);
std::string json_feed(const News& news);

}  // namespace meshgate::serve
