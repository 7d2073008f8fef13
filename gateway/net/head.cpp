#include "gateway/net/head.hpp"

#include <algorithm>

#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::size_t count(const Fields& fields, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(fields.all().begin(), fields.all().end(), [&](const auto& one) { return same_word(one.first, name); }));
}

bool is_token(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return is_digit(c) || is_letter(c) || kMarks.find(c) != std::string_view::npos;
}

Refused check_version(std::string_view version) {
  const bool formed = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!formed) return Refusal{400, "the request line must be a method, a target and HTTP/1.1 with single spaces between them"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Refusal{505, "this node speaks HTTP/1.1 and HTTP/1.0"};
  return std::nullopt;
}

Refused check_request_line(std::string_view line) {
  const auto method = take_until(line, ' ');
  const auto target = take_until(line, ' ');
  if (method.empty() || method.size() > 32 || !std::all_of(method.begin(), method.end(), is_token)) {
    return Refusal{400, "the request line must begin with a method"};
  }
  if (target.empty()) return Refusal{400, "the request line has no target"};
  return check_version(line);
}

Refused check_field_line(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) return Refusal{400, "a header line begins with a space: folded lines are not taken"};
  const auto name = line.substr(0, line.find(':'));
  if (name.size() == line.size() || name.empty() || !std::all_of(name.begin(), name.end(), is_token)) {
    return Refusal{400, "a header line is not 'Name: value'"};
  }
  return std::nullopt;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool good_port(std::string_view port) { return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit); }

bool good_address(std::string_view literal) {
  return literal.size() > 2 && std::all_of(literal.begin() + 1, literal.end(),
                                           [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

bool good_name(std::string_view name) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=%";
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_digit(c) || is_letter(c) || kMarks.find(c) != std::string_view::npos; });
}

bool good_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (host.find(']') == std::string_view::npos) return false;
    const auto literal = take_until(host, ']');
    return good_address(literal) && (host.empty() || (host.starts_with(':') && good_port(host.substr(1))));
  }
  const auto name = take_until(host, ':');
  return good_name(name) && good_port(host);
}

Refused check_transfer(const Head& head) {
  const auto codings = count(head.fields, "Transfer-Encoding");
  if (codings == 0) return std::nullopt;
  if (head.version == 10) return Refusal{400, "Transfer-Encoding does not exist in HTTP/1.0"};
  if (codings > 1 || count(head.fields, "Content-Length") > 0) {
    return Refusal{400, "a request has one Transfer-Encoding or one Content-Length, not both"};
  }
  if (trimmed(*head.fields.find("Transfer-Encoding")) != "chunked") return Refusal{501, "the only Transfer-Encoding taken is 'chunked'"};
  return std::nullopt;
}

Refused check_length(const Head& head) {
  const auto lengths = count(head.fields, "Content-Length");
  if (lengths == 0) return std::nullopt;
  const auto value = *head.fields.find("Content-Length");
  if (lengths > 1 || value.empty() || value.size() > 18 || !std::all_of(value.begin(), value.end(), is_digit)) {
    return Refusal{400, "Content-Length must be given once, as a number"};
  }
  return std::nullopt;
}

/// What is unpacked is bounded: see unpack.hpp.
Refused check_coding(const Head& head) {
  if (count(head.fields, "Content-Encoding") == 0) return std::nullopt;
  const auto coding = trimmed(*head.fields.find("Content-Encoding"));
  const bool known = same_word(coding, "zstd") || same_word(coding, "identity");
  if (known && count(head.fields, "Content-Encoding") == 1) return std::nullopt;
  return Refusal{415, "the only Content-Encoding taken is 'zstd': send the body so, or as it is"};
}

bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (same_word(trimmed(take_until(list, ',')), word)) return true;
  }
  return false;
}

}  // namespace

std::size_t HeadFinder::find(std::string_view buffer, Refused& refused) {
  for (; seen_ < buffer.size(); ++seen_) {
    if (buffer[seen_] != '\n') continue;
    if (seen_ == 0 || buffer[seen_ - 1] != '\r') {
      refused = Refusal{400, "a header line ends without a carriage return"};
      return 0;
    }
    if (seen_ >= 3 && buffer[seen_ - 2] == '\n') return seen_ + 1;
  }
  return 0;
}

Refused check_raw(std::string_view head) {
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find(kLineEnd);
    if (end == std::string_view::npos) return Refusal{400, "a header line has no end"};
    const auto line = head.substr(0, end);
    head.remove_prefix(end + kLineEnd.size());
    if (std::any_of(line.begin(), line.end(), is_control)) return Refusal{400, "the header holds a control character"};
    if (line.empty()) break;
    if (auto refused = first ? check_request_line(line) : check_field_line(line)) return refused;
    first = false;
  }
  if (first || !head.empty()) return Refusal{400, "the header ends too early"};
  return std::nullopt;
}

Refused check_fields(const Head& head) {
  if (count(head.fields, "Host") != 1) return Refusal{400, "a request has exactly one Host"};
  if (!good_host(*head.fields.find("Host"))) return Refusal{400, "Host must be a name or an address, with or without a port"};
  if (auto refused = check_transfer(head)) return refused;
  if (auto refused = check_length(head)) return refused;
  if (auto refused = check_coding(head)) return refused;
  const auto expect = head.fields.find("Expect");
  if (expect && !same_word(*expect, "100-continue")) return Refusal{417, "the only Expect taken is '100-continue'"};
  return std::nullopt;
}

bool keeps_alive(const Head& head) {
  if (head.version == 10) return false;
  return std::none_of(head.fields.all().begin(), head.fields.all().end(),
                      [](const auto& one) { return same_word(one.first, "Connection") && lists(one.second, "close"); });
}

bool packed(const Head& head) {
  const auto coding = head.fields.find("Content-Encoding");
  return coding && same_word(trimmed(*coding), "zstd");
}

bool has_body(const Head& head) {
  if (head.fields.find("Transfer-Encoding")) return true;
  const auto length = head.fields.find("Content-Length");
  return length && length->find_first_not_of('0') != std::string_view::npos;
}

}  // namespace meshgate::net
