#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "gateway/store/batch.hpp"
#include "mesh/lines.hpp"

namespace meshgate::store {

/// id → content and partitions.
struct ScriptItem {
  std::string content;
  std::vector<std::string> partitions;
  bool operator==(const ScriptItem&) const = default;
};
using ScriptItems = std::map<std::string, ScriptItem>;

/// So many batches of a first scan are at most kept back by its writer.
inline constexpr std::uint64_t kFinished = 20;

/// The n-th batch of an endless first scan: ids ascend. Its Position is n.
inline Batch scan_batch(std::uint64_t n) {
  constexpr std::uint64_t kRows = 100;
  Batch out("rows");
  const std::vector<std::string> place{n % 3 == 0 ? "a" : "b"};
  for (std::uint64_t i = 0; i < kRows; ++i) {
    const std::string id = std::to_string(n * kRows + i);
    out.put(id, id, "{\"n\":" + id + ",\"pad\":\"" + std::string(200 + i % 100, 'x') + "\"}", place);
  }
  out.set_position({std::to_string(n)});
  return out;
}

/// The n-th page of an endless first copy, read behind the mark of the one before, and that mark. Items have moved up to it: of every page but the
/// first, one is of an earlier page.
struct CopyPage {
  std::string lines;
  Mark mark;
};
inline Mark copy_mark(std::uint64_t pages) {
  constexpr std::uint64_t kHigh = 1'000'000'000;
  Mark out;
  if (pages > 0) out.cursor = {.epoch = Epoch{*Bits128::from_hex(std::string(32, 'c'))}, .seq = Seq{pages * 1000}, .low = Seq{kHigh}, .high = Seq{kHigh}};
  return out;
}
inline CopyPage copy_page(std::uint64_t n) {
  constexpr std::uint64_t kRows = 300;
  CopyPage out;
  out.mark = copy_mark(n);
  for (std::uint64_t i = 0; i < kRows; ++i) {
    const std::uint64_t seq = (n - 1) * 1000 + i + 1;
    const bool moved = n > 1 && i == kRows - 1;
    const std::string id = std::to_string(moved ? (n - 2) * kRows : (n - 1) * kRows + i);
    const std::string content = "{\"n\":" + std::to_string(n) + ",\"pad\":\"" + std::string(200 + i % 100, 'x') + "\"}";
    if (i % 50 == 49 && !moved) append_gone(out.lines, Seq{seq}, id);
    else append_put(out.lines, Seq{seq}, id, {n, content_hash(id, content)}, Micros{0}, content);
  }
  return out;
}

/// The n-th batch of an endless script that writer and checker both know. Plays it on `items` too. Its Position is n.
inline Batch script_batch(std::uint64_t n, ScriptItems& items) {
  std::mt19937_64 random(n);
  Batch out("rows");
  const std::vector<std::vector<std::string>> places{{"a"}, {"b"}, {"a", "b"}};
  for (int i = 0; i < 40; ++i) {
    const std::string id = std::to_string(random() % 500);
    if (random() % 4 == 0) {
      out.remove(id);
      items.erase(id);
      continue;
    }
    const ScriptItem item{"{\"n\":" + std::to_string(random() % 5) + ",\"pad\":\"" + std::string(random() % 300, 'x') + "\"}",
                          places[random() % places.size()]};
    out.put(id, id, item.content, item.partitions);
    items[id] = item;
  }
  out.set_position({std::to_string(n)});
  return out;
}

}  // namespace meshgate::store
