#include "gateway/serve/format.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "gateway/net/encoding.hpp"
#include "gateway/net/text.hpp"
#include "gateway/serve/answers.hpp"

namespace meshgate::serve {

namespace {

struct Kind {
  Format format;
  std::string_view word;
  std::string_view media_type;
  std::string_view other_type;  ///< also asked for by this name
};

constexpr std::array kKinds{
    Kind{Format::json, "json", "application/json", "application/json"},
    Kind{Format::ndjson, "ndjson", "application/x-ndjson", "application/ndjson"},
    Kind{Format::csv, "csv", "text/csv", "text/csv"},
    Kind{Format::atom, "atom", "application/atom+xml", "application/atom+xml"},
    Kind{Format::rss, "rss", "application/rss+xml", "application/rss+xml"},
    Kind{Format::json_feed, "jsonfeed", "application/feed+json", "application/feed+json"},
    Kind{Format::opml, "opml", "text/x-opml", "text/x-opml+xml"},
};

const Kind& kind(Format format) { return kKinds[static_cast<std::size_t>(format)]; }

/// How well a range fits a media type: 3 exactly, 2 by its type, 1 as any, 0 not.
int fit(std::string_view range, std::string_view media_type) {
  if (net::same_word(range, media_type)) return 3;
  if (range == "*/*") return 1;
  const auto slash = media_type.find('/');
  return range.ends_with("/*") && net::same_word(range.substr(0, range.size() - 2), media_type.substr(0, slash)) ? 2 : 0;
}

int fit(std::string_view range, const Kind& one) { return std::max(fit(range, one.media_type), fit(range, one.other_type)); }

/// The quality in thousandths; a malformed one counts as not asked for.
int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    auto value = net::trimmed(net::take_until(parameters, ';'));
    const auto name = net::trimmed(net::take_until(value, '='));
    if (net::same_word(name, "q")) return net::parse_quality(net::trimmed(value)).value_or(0);
  }
  return 1000;
}

/// What the list says of a format: the quality of the range that fits it best.
int wish(std::string_view list, const Kind& one) {
  int best = 0;
  int quality = 0;
  while (!list.empty()) {
    auto entry = net::take_until(list, ',');
    const int fits = fit(net::trimmed(net::take_until(entry, ';')), one);
    if (fits <= best) continue;
    best = fits;
    quality = quality_of(entry);
  }
  return quality;
}

std::string listed(std::span<const Format> offers) {
  std::string out;
  for (const Format one : offers) out.append(out.empty() ? "" : ", ").append(word(one)).append(" (").append(media_type(one)).append(")");
  return out;
}

net::Response not_acceptable(const net::Request& request, std::span<const Format> offers, std::string_view why) {
  std::string types;
  for (const Format one : offers) types.append(types.empty() ? "\"" : ",\"").append(media_type(one)).append("\"");
  std::string detail = "there is " + request.path.substr(0, 200) + " as " + listed(offers);
  if (!why.empty()) detail.append("; ").append(why);
  return net::problem(406, "not-acceptable", "No such format here", detail, request.id, ",\"formats\":[" + types + "]");
}

}  // namespace

std::string_view word(Format format) { return kind(format).word; }
std::string_view media_type(Format format) { return kind(format).media_type; }

std::optional<Format> negotiate_format(std::optional<std::string_view> accept, std::span<const Format> offers) {
  if (!accept || net::trimmed(*accept).empty()) return offers.front();
  std::optional<Format> best;
  int most = 0;
  for (const Format one : offers) {
    const int wished = wish(*accept, kind(one));
    if (wished <= most) continue;
    best = one;
    most = wished;
  }
  return best;
}

std::optional<net::Response> choose_format(const net::Request& request, std::span<const Format> offers, std::string_view why, Format& out) {
  if (const auto asked = request.parameter("format")) {
    const auto known = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& one) { return one.word == *asked; });
    if (known == kKinds.end()) {
      return failure(request, {Code::config, "parameter 'format' knows no '" + std::string(asked->substr(0, 64)) + "': there is " + listed(offers)});
    }
    if (std::find(offers.begin(), offers.end(), known->format) == offers.end()) return not_acceptable(request, offers, why);
    out = known->format;
    return std::nullopt;
  }
  const auto chosen = negotiate_format(request.fields.find("Accept"), offers);
  if (!chosen) return not_acceptable(request, offers, why);
  out = *chosen;
  return std::nullopt;
}

}  // namespace meshgate::serve
