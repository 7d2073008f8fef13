#include "gateway/net/wire.hpp"

#include <array>
#include <charconv>

namespace meshgate::net {

namespace {

/// The date changes once a second; each loop keeps its own.
const std::string& date_now() {
  thread_local std::time_t made = 0;
  thread_local std::string text;
  const std::time_t at = std::time(nullptr);
  if (at != made) {
    text = http_date(at);
    made = at;
  }
  return text;
}

void field(std::string& out, std::string_view name, std::string_view value) { out.append(name).append(": ").append(value).append("\r\n"); }

}  // namespace

std::string http_date(std::time_t at) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&at, &parts);
  char rest[32];
  // Names are ours: strftime's depend on the locale.
  const std::size_t size = std::strftime(rest, sizeof rest, " %Y %H:%M:%S GMT", &parts);
  char day[8];
  const std::size_t day_size = std::strftime(day, sizeof day, ", %d ", &parts);
  std::string out = kDays[static_cast<std::size_t>(parts.tm_wday)];
  return out.append(day, day_size).append(kMonths[static_cast<std::size_t>(parts.tm_mon)]).append(rest, size);
}

std::string_view reason(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

bool bodiless(unsigned status) { return status == 204 || status == 304; }

std::string answer_head(unsigned status, const Fields& fields, const Framing& framing, const Fields& more) {
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason(status)).append("\r\n");
  field(out, "Date", date_now());
  field(out, "Meshgate-Protocol", "1");
  field(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : fields.all()) field(out, name, value);
  for (const auto& [name, value] : more.all()) field(out, name, value);
  if (framing.length) field(out, "Content-Length", std::to_string(*framing.length));
  if (framing.chunked) field(out, "Transfer-Encoding", "chunked");
  if (framing.close) field(out, "Connection", "close");
  return out.append("\r\n");
}

std::string chunk_head(std::size_t bytes) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, bytes, 16).ptr;
  return std::string(text, end).append("\r\n");
}

}  // namespace meshgate::net
