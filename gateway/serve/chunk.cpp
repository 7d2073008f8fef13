#include "gateway/serve/chunk.hpp"

#include <algorithm>

#include "mesh/lines.hpp"

namespace meshgate::serve {

namespace {

constexpr std::uint64_t kEntriesPerMark = 1000;

/// The schema is read after the lines, but sent before them: it is at least as new as what they need.
std::string schema_if_new(Place& place) {
  std::string out;
  const Schema schema = place.open->feed->state().schema;
  if (schema.version == place.schema) return out;
  place.schema = schema.version;
  std::string line;
  append_schema(line, schema);
  append_line(out, line, place.events);
  return out;
}

void append_mark_line(std::string& out, const Mark& mark, bool events) {
  if (events) out.append("id: ").append(mark.cursor.text()).append("\n");
  std::string line;
  append_mark(line, mark);
  append_line(out, line, events);
}

/// Lines that are sent as they are kept become the chunk, without a copy.
void take_lines(std::string& out, std::string lines, const std::string& schema, bool events) {
  if (!events && out.empty()) {
    out = std::move(lines);
    if (!schema.empty()) out.insert(0, schema);
    return;
  }
  out.append(schema);
  if (events) {
    append_events(out, lines);
  } else {
    out.append(lines);
  }
}

void take_page(Chunk& chunk, store::Page& page) {
  Place& place = chunk.next;
  const std::string schema = schema_if_new(place);
  take_lines(chunk.bytes, std::move(page.lines), schema, place.events);
  append_mark_line(chunk.bytes, page.mark, place.events);
  place.at = page.mark.cursor;
  place.left -= place.left == Question::kNoLimit ? 0 : std::min(place.left, page.entries);
  chunk.entries += page.entries;
  chunk.caught_up = page.mark.caught_up;
  chunk.end = page.end || page.answer == Answer::ahead || place.left == 0;
}

/// Among plain lines the store puts the marks itself. An event's mark carries the cursor as its id, so there each page ends with one.
store::PageLimits limits_of(const Place& place, std::size_t bytes) {
  store::PageLimits out;
  out.bytes = bytes;
  out.entries = place.events ? std::min(kEntriesPerMark, place.left) : place.left;
  out.mark_every = kEntriesPerMark;
  return out;
}

}  // namespace

void append_line(std::string& out, std::string_view line, bool events) {
  if (events) out.append("data: ");
  out.append(line);
  if (events) out += '\n';
}

void append_events(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    append_line(out, lines.substr(0, end), true);
    lines.remove_prefix(end);
  }
}

namespace {

Chunk nothing_read(const Place& from) {
  Chunk out;
  out.next = from;
  out.rings = from.open->bell->rings();
  out.standing = from.open->feed->standing(from.partition);
  return out;
}

/// False: nothing was read.
bool read_on(Chunk& chunk, const store::PageLimits& limits) {
  auto page = chunk.next.open->feed->changes(chunk.next.partition, chunk.next.at, limits);
  if (page && (page->answer == Answer::read || page->answer == Answer::ahead)) {
    take_page(chunk, *page);
    return true;
  }
  // What was read before stands; the next read meets the fault again.
  if (!chunk.bytes.empty()) return false;
  if (page) {
    chunk.answer = page->answer;
  } else {
    chunk.error = page.error();
  }
  return false;
}

}  // namespace

Chunk read_chunk(const Place& from, std::size_t bytes) {
  Chunk out = nothing_read(from);
  while (!out.end && out.bytes.size() < bytes) {
    if (!read_on(out, limits_of(out.next, bytes))) break;
  }
  return out;
}

Chunk read_page(const Place& from, std::size_t bytes) {
  Chunk out = nothing_read(from);
  store::PageLimits limits;
  limits.entries = kEntriesPerMark;
  limits.bytes = bytes;
  (void)read_on(out, limits);
  return out;
}

bool moved(const Place& place, const std::optional<Standing>& then) {
  const auto now = place.open->feed->standing(place.partition);
  if (!now || !then) return true;
  return now->epoch != then->epoch || now->head != then->head || now->loading != then->loading || now->unfinished != then->unfinished ||
         now->owed != then->owed;
}

}  // namespace meshgate::serve
