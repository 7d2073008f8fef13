#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/serve/open_feeds.hpp"
#include "gateway/serve/question.hpp"

namespace meshgate::serve {

/// Where a reader stands: all that is kept of it between two reads.
struct Place {
  std::shared_ptr<OpenFeed> open;
  std::string partition;
  Cursor at;
  std::uint64_t left = Question::kNoLimit;  ///< entries it may still get
  std::uint32_t schema = 0;                 ///< the version it has
  bool events = false;                      ///< lines go out as Server-Sent Events
};

/// About a mebibyte of lines ready to be sent.
struct Chunk {
  std::string bytes;  ///< schema, entries and marks; ends with a mark
  Place next;         ///< where the reader stands when it has them
  std::uint64_t entries = 0;
  bool end = false;        ///< nothing more to read for now: the head or the limit was reached
  bool caught_up = false;  ///< as the last mark says
  std::uint64_t rings = 0;              ///< of the bell, before anything was read
  std::optional<Standing> standing;     ///< of the partition, before anything was read
  Answer answer = Answer::read;         ///< another one than read and ahead: the cursor cannot be continued, and there are no bytes
  std::optional<Error> error;           ///< the store failed, and there are no bytes

  [[nodiscard]] bool fine() const { return !error && (answer == Answer::read || answer == Answer::ahead); }
};

/// Reads on from a place: a mebibyte, or less. Marks stand behind at most 1,000 entries each. Blocks.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
Chunk read_chunk(const Place& from, std::size_t bytes = kChunkBytes);

/// Reads at most 1,000 entries and about so many bytes from a place of plain lines, with one mark, at the end. Blocks.
Chunk read_page(const Place& from, std::size_t bytes);

/// Whether a commit may have brought something to who read the partition at this standing. Never blocks.
bool moved(const Place& place, const std::optional<Standing>& then);

/// Appends a line (with its '\n') for a reader of plain lines or of events.
void append_line(std::string& out, std::string_view line, bool events);
/// Appends lines that are not marks as events.
void append_events(std::string& out, std::string_view lines);

}  // namespace meshgate::serve
