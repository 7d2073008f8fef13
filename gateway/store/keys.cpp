#include "gateway/store/keys.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/store/packing.hpp"

namespace meshgate::store {

namespace {

constexpr std::size_t kMostDigits = 19;
constexpr char kWholeNumber = 1;
constexpr char kOther = 2;

bool digit(char c) { return c >= '0' && c <= '9'; }

bool whole_number(std::string_view id) {
  if (id.empty() || id.size() > kMostDigits) return false;
  if (id.front() == '0' && id.size() > 1) return false;
  return std::all_of(id.begin(), id.end(), digit);
}

/// Keeps the order of texts when something follows: 00 becomes 00 FF, the end is 00 01.
void append_ended(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c;
    if (c == '\0') out += '\xff';
  }
  out.append("\0\1", 2);
}

}  // namespace

void append_log_key(std::string& out, const LogRange& range, Seq seq) {
  append_u32(out, plain(range.feed));
  append_u32(out, plain(range.partition));
  append_u32(out, range.generation);
  append_u64(out, number(seq));
}

Seq seq_of_log_key(std::string_view key) { return Seq{read_u64(key.data() + 12)}; }

void append_ordered_id(std::string& out, std::string_view id) {
  if (!whole_number(id)) {
    out += kOther;
    out.append(id);
    return;
  }
  std::uint64_t value = 0;
  for (const char c : id) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  out += kWholeNumber;
  append_u64(out, value);
}

std::string id_of_ordered(std::string_view ordered) {
  if (ordered.size() == 9 && ordered[0] == kWholeNumber) return std::to_string(read_u64(ordered.data() + 1));
  return std::string(ordered.substr(1));
}

void append_index_key(std::string& out, FeedNumber feed, std::string_view id) {
  append_u32(out, plain(feed));
  append_ordered_id(out, id);
}

std::string_view ordered_of_index_key(std::string_view key) { return key.substr(4); }

std::string origin_key(FeedNumber feed, StreamNumber stream, std::string_view key) {
  std::string out = feed_prefix(feed);
  append_u32(out, plain(stream));
  append_ordered_id(out, key);
  return out;
}

std::string quarantine_key(FeedNumber feed, std::string_view key, StreamNumber stream) {
  std::string out = feed_prefix(feed);
  append_ended(out, key);
  append_u32(out, plain(stream));
  return out;
}

std::string after_quarantine_key(FeedNumber feed, std::string_view key) {
  std::string out = feed_prefix(feed);
  append_ended(out, key);
  return behind(std::move(out));
}

QuarantineName name_of_quarantine_key(std::string_view key) {
  QuarantineName out;
  std::size_t at = 4;
  while (at + 6 < key.size()) {
    out.key += key[at];
    at += key[at] == '\0' ? 2 : 1;
  }
  out.stream = StreamNumber{read_u32(key.data() + key.size() - 4)};
  return out;
}

std::string meta_key(Meta kind) { return {static_cast<char>(kind)}; }

std::string meta_key(Meta kind, FeedNumber feed) {
  std::string out = meta_key(kind);
  append_u32(out, plain(feed));
  return out;
}

std::string meta_key(Meta kind, FeedNumber feed, std::uint32_t part) {
  std::string out = meta_key(kind, feed);
  append_u32(out, part);
  return out;
}

std::string time_key(FeedNumber feed, std::uint64_t micros) {
  std::string out = meta_key(Meta::time, feed);
  append_u64(out, micros);
  return out;
}

std::string feed_prefix(FeedNumber feed) {
  std::string out;
  append_u32(out, plain(feed));
  return out;
}

std::string behind(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace meshgate::store
