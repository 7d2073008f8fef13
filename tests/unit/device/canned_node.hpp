#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "mesh/lines.hpp"
#include "tests/unit/device/scripted_server.hpp"

namespace meshgate::test {

/// A small origin that serves /feeds and /changes from memory and can be told to lie. Stands in for the real node where that one
/// cannot be made to do what is tested: wrong digests and hashes, lines out of order, answers cut in the middle, purges at will.
class CannedNode {
 public:
  explicit CannedNode(Schema schema, std::string feed = "orders")
      : feed_(std::move(feed)), schema_(std::move(schema)), server_([this](const std::string& head, Wire& wire) { answer(head, wire); }) {
    parts_[""];
  }
  /// After everything that the server thread may touch: streams are woken first.
  ~CannedNode() {
    const std::lock_guard guard(mutex_);
    ending_ = true;
    changed_.notify_all();
  }

  [[nodiscard]] std::string url() const { return server_.url(); }

  void divide(const std::set<std::string>& partitions) {
    const std::lock_guard guard(mutex_);
    divided_ = true;
    parts_.clear();
    for (const std::string& name : partitions) parts_[name];
  }
  void add_partition(const std::string& name) {
    const std::lock_guard guard(mutex_);
    parts_[name];
  }
  void put(const std::string& id, const std::string& content, const std::string& partition = "") {
    const std::lock_guard guard(mutex_);
    Part& part = parts_[partition];
    forget(part, id);
    Entry entry{id, content, true, {++n_, content_hash(id, content)}};
    part.digest.add(entry.rev.hash);
    ++part.count;
    part.at[id] = ++seq_;
    part.log[seq_] = std::move(entry);
    changed_.notify_all();
  }
  void remove(const std::string& id, const std::string& partition = "") {
    const std::lock_guard guard(mutex_);
    Part& part = parts_[partition];
    forget(part, id);
    part.at[id] = ++seq_;
    part.log[seq_] = {id, {}, false, {}};
    changed_.notify_all();
  }
  void trim(std::uint64_t through, const std::string& partition = "") {
    const std::lock_guard guard(mutex_);
    Part& part = parts_[partition];
    std::vector<std::string> ids;
    for (const auto& [seq, entry] : part.log) {
      if (seq <= through && entry.put) ids.push_back(entry.id);
    }
    for (const std::string& id : ids) forget(part, id);
    part.trim_seq = ++seq_;
    part.trim_through = through;
    changed_.notify_all();
  }
  /// Drops all gone entries and raises the floor.
  void purge(const std::string& partition = "") {
    const std::lock_guard guard(mutex_);
    Part& part = parts_[partition];
    std::erase_if(part.log, [](const auto& one) { return !one.second.put; });
    part.floor = part.head(seq_);
  }
  /// As after a restore: another epoch, seqs begin anew.
  void new_epoch() {
    const std::lock_guard guard(mutex_);
    epoch_.bits.lo += 1;
    seq_ = 0;
    for (auto& [name, part] : parts_) {
      Part fresh;
      for (const auto& [seq, entry] : part.log) {
        if (!entry.put) continue;
        fresh.at[entry.id] = ++seq_;
        fresh.log[seq_] = entry;
        fresh.digest.add(entry.rev.hash);
        ++fresh.count;
      }
      part = std::move(fresh);
    }
    changed_.notify_all();
  }
  void set_uid(std::uint64_t lo) {
    const std::lock_guard guard(mutex_);
    uid_.lo = lo;
  }
  void set_schema(Schema schema) {
    const std::lock_guard guard(mutex_);
    schema_ = std::move(schema);
  }
  void set_loading(bool loading) {
    const std::lock_guard guard(mutex_);
    loading_ = loading;
    changed_.notify_all();
  }
  /// As a copy of a divided feed is while partitions come: what is there is whole.
  void set_incomplete(bool incomplete) {
    const std::lock_guard guard(mutex_);
    incomplete_ = incomplete;
  }
  void set_page(std::uint64_t entries) {
    const std::lock_guard guard(mutex_);
    page_ = entries;
  }

  /// Lies, each for so many answers.
  struct Lies {
    int wrong_digests = 0;  ///< marks with another digest
    int wrong_hashes = 0;   ///< a put whose content is not what its revision says
    int reversed = 0;       ///< pages with their lines turned round
    int cut = 0;            ///< answers cut in the middle of a line
    int busy = 0;           ///< 503
    int gone = 0;           ///< 410
  };
  void lie(const Lies& lies) {
    const std::lock_guard guard(mutex_);
    lies_ = lies;
  }

  /// Answers everything so, from now on; 0: no more.
  void refuse(int status, const std::string& body) {
    const std::lock_guard guard(mutex_);
    refusal_ = {status, body};
  }

  [[nodiscard]] Digest digest(const std::string& partition = "") {
    const std::lock_guard guard(mutex_);
    return parts_[partition].digest;
  }
  [[nodiscard]] std::uint64_t requests() {
    const std::lock_guard guard(mutex_);
    return requests_;
  }
  /// id → content of everything that is in any partition.
  [[nodiscard]] std::map<std::string, std::string> contents() {
    const std::lock_guard guard(mutex_);
    std::map<std::string, std::string> out;
    for (const auto& [name, part] : parts_) {
      for (const auto& [seq, entry] : part.log) {
        if (entry.put) out[entry.id] = entry.content;
      }
    }
    return out;
  }

 private:
  struct Entry {
    std::string id;
    std::string content;
    bool put = true;
    Revision rev;
  };
  struct Part {
    std::map<std::uint64_t, Entry> log;
    std::map<std::string, std::uint64_t> at;
    std::uint64_t count = 0;
    std::uint64_t floor = 0;
    std::uint64_t trim_seq = 0;
    std::uint64_t trim_through = 0;
    std::uint64_t kept_head = 0;
    Digest digest;

    std::uint64_t head(std::uint64_t) {
      if (!log.empty()) kept_head = std::max(kept_head, log.rbegin()->first);
      kept_head = std::max(kept_head, trim_seq);
      return kept_head;
    }
  };

  void forget(Part& part, const std::string& id) {
    const auto old = part.at.find(id);
    if (old == part.at.end()) return;
    part.head(seq_);
    const auto entry = part.log.find(old->second);
    if (entry != part.log.end() && entry->second.put) {
      part.digest.remove(entry->second.rev.hash);
      --part.count;
    }
    if (entry != part.log.end()) part.log.erase(entry);
    part.at.erase(old);
  }

  static std::string parameter(const std::string& target, const std::string& name) {
    const std::size_t at = target.find(name + "=");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 1;
    return target.substr(from, target.find('&', from) - from);
  }
  static bool use(int& lie) { return lie > 0 && lie-- > 0; }

  std::string description() {
    std::string out = "{\"feed\":\"" + feed_ + "\",\"uid\":\"" + uid_.hex() + "\",\"divided\":" + (divided_ ? "true" : "false") +
                      ",\"loading\":" + (loading_ || incomplete_ ? "true" : "false") + ",\"schema\":";
    append_json(out, schema_);
    out += ",\"partitions\":[";
    const char* comma = "";
    for (const auto& [name, part] : parts_) {
      out.append(comma).append("{\"partition\":");
      append_json_string(out, name);
      out.append(",\"count\":" + std::to_string(part.count) + "}");
      comma = ",";
    }
    return out + "]}";
  }

  void answer(const std::string& head, Wire& wire) {
    const std::string target = head.substr(4, head.find(' ', 4) - 4);
    std::unique_lock lock(mutex_);
    ++requests_;
    if (refusal_.first != 0) {
      const auto [status, body] = refusal_;
      lock.unlock();
      wire.whole(status, body);
      return;
    }
    if (target.find("/changes") != std::string::npos) return changes(target, wire, lock);
    const std::string body = target == "/feeds" ? "{\"feeds\":[" + description() + "]}" : description();
    const bool known = target == "/feeds" || target == "/feeds/" + feed_;
    lock.unlock();
    wire.whole(known ? 200 : 404, known ? body : "{\"title\":\"no such feed\"}");
  }

  void changes(const std::string& target, Wire& wire, std::unique_lock<std::mutex>& lock) {
    Part& part = parts_[parameter(target, "partition")];
    Cursor cursor = Cursor::parse(parameter(target, "after")).value_or(Cursor{});
    const bool busy = use(lies_.busy);
    const bool gone = use(lies_.gone) || judge(cursor, standing(part)) != Answer::read;
    if (busy || (gone && !cursor.start())) {
      lock.unlock();
      wire.whole(busy ? 503 : 410, "{\"detail\":\"scripted\"}", busy ? "Retry-After: 1\r\n" : "");
      return;
    }
    std::string schema;
    if (parameter(target, "schema") != std::to_string(schema_.version)) append_schema(schema, schema_);
    const bool live = target.find("live=stream") != std::string::npos;
    wire.chunked(200);
    if (!schema.empty()) wire.chunk(schema);
    std::uint32_t version = schema_.version;
    const Epoch epoch = epoch_;
    for (bool first = true;; first = false) {
      if (!first && (ending_ || epoch != epoch_)) break;
      std::string lines;
      if (version != schema_.version) append_schema(lines, schema_);
      version = schema_.version;
      const bool cut = use(lies_.cut);
      const Progress progress = page(part, cursor, lines);
      cursor = progress.cursor;
      if (cut) lines.resize(lines.size() / 2);
      lock.unlock();
      const bool sent = wire.chunk(lines);
      if (!sent || cut) return wire.close();
      lock.lock();
      if (!live) break;
      const std::uint64_t seen = number(cursor.seq);
      if (!progress.caught_up || part.head(seq_) != seen) {
        if (part.head(seq_) == seen && !progress.caught_up) changed_.wait_for(lock, std::chrono::milliseconds(20));
        continue;
      }
      changed_.wait(lock, [&] { return ending_ || part.head(seq_) != seen || epoch != epoch_; });
    }
    lock.unlock();
    wire.last_chunk();
  }

  Standing standing(Part& part) {
    Standing out;
    out.epoch = epoch_;
    out.head = Seq{part.head(seq_)};
    out.floor = Seq{part.floor};
    out.loading = loading_;
    return out;
  }

  /// Appends a page's lines and its mark; gives how far it came.
  Progress page(Part& part, const Cursor& cursor, std::string& lines) {
    std::vector<std::string> all;
    std::uint64_t last = part.head(seq_);
    for (auto at = part.log.upper_bound(number(cursor.seq)); at != part.log.end(); ++at) {
      const Entry& entry = at->second;
      std::string& line = all.emplace_back();
      if (entry.put) {
        const bool wrong = use(lies_.wrong_hashes);
        append_put(line, Seq{at->first}, entry.id, entry.rev, Micros{1}, wrong ? "{\"lie\":1}" : entry.content);
      } else {
        append_gone(line, Seq{at->first}, entry.id);
      }
      if (all.size() == page_ && std::next(at) != part.log.end()) {
        last = at->first;
        break;
      }
    }
    if (part.trim_seq > number(cursor.seq) && last >= part.trim_seq)
      append_trim(all.emplace_back(), Seq{part.trim_seq}, Seq{part.trim_through});
    if (all.size() > 1 && use(lies_.reversed)) std::reverse(all.begin(), all.end());
    for (const std::string& line : all) lines += line;
    const Progress progress = advance(cursor, Seq{last}, standing(part));
    Mark mark;
    mark.cursor = progress.cursor;
    mark.caught_up = progress.caught_up;
    mark.floor = Seq{part.floor};
    mark.count = part.count;
    mark.digest = part.digest;
    mark.loading = loading_;
    if (mark.caught_up && use(lies_.wrong_digests)) mark.digest.add(ContentHash{{0, 1}});
    append_mark(lines, mark);
    return progress;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string feed_;
  Schema schema_;
  Bits128 uid_{1, 1};
  Epoch epoch_{{7, 7}};
  std::uint64_t seq_ = 0;
  std::uint64_t n_ = 0;
  std::uint64_t page_ = 1000;
  std::uint64_t requests_ = 0;
  bool divided_ = false;
  bool loading_ = false;
  bool incomplete_ = false;
  bool ending_ = false;
  std::map<std::string, Part> parts_;
  Lies lies_;
  std::pair<int, std::string> refusal_;
  ScriptedServer server_;
};

}  // namespace meshgate::test
