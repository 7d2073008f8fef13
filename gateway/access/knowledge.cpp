#include "gateway/access/knowledge.hpp"

#include <simdjson.h>

#include <algorithm>

#include "gateway/base/owner_file.hpp"
#include "mesh/value.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using std::chrono::microseconds;

Error damaged() { return {Code::corrupt, "it does not hold what was written; remove it, and it is asked for again"}; }

void append_age(std::string& out, const Age& age, const Moment& at) {
  const auto kept = age.keep(at);
  out.append("\"age\":").append(std::to_string(kept.age.count())).append(",\"wall\":").append(std::to_string(kept.wall.count));
}

std::optional<Age> read_age(element from, const Moment& at) {
  std::int64_t age = 0;
  std::int64_t wall = 0;
  if (from["age"].get(age) != simdjson::SUCCESS || from["wall"].get(wall) != simdjson::SUCCESS) return std::nullopt;
  return Age::kept({microseconds(age), Micros{wall}}, at);
}

/// A number of the file's; 0 where it is not there.
std::int64_t number_of(element from, const char* name) {
  std::int64_t out = 0;
  return from[name].get(out) == simdjson::SUCCESS ? out : 0;
}

}  // namespace

Result<std::unique_ptr<Knowledge>> Knowledge::open(std::string file, Reliance reliance) {
  std::unique_ptr<Knowledge> out(new Knowledge(std::move(file), std::move(reliance)));
  const auto text = base::read_owner_file(out->file_);
  if (!text) return text.error();
  if (!*text) return out;
  if (auto read = out->read(**text); !read) return std::move(read).error().within(out->file_);
  return out;
}

Status Knowledge::read(std::string_view text) {
  simdjson::dom::parser parser;
  element root;
  object peers;
  object feeds;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["peers"].get(peers) != simdjson::SUCCESS || root["feeds"].get(feeds) != simdjson::SUCCESS) return damaged();
  const Moment at = moment();
  for (const auto [name, value] : peers) {
    Heard& own = peers_[std::string(name)];
    std::string_view version;
    element charter;
    if (value["version"].get(version) != simdjson::SUCCESS) return damaged();
    own.version = version;
    own.age = read_age(value, at);
    own.as_of = Micros{number_of(value, "as_of")};
    own.silent = value["charter"].get(charter) != simdjson::SUCCESS;
    if (own.silent) continue;
    auto parsed = parse_charter(simdjson::minify(charter));
    if (!parsed) return damaged();
    own.charter = std::move(*parsed);
  }
  for (const auto [name, value] : feeds) {
    const auto age = read_age(value, at);
    if (!age) return damaged();
    feeds_.emplace(std::string(name), Told{Micros{number_of(value, "as_of")}, *age});
  }
  return {};
}

std::string Knowledge::text() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  std::string out = "{\"peers\":{";
  for (const auto& [name, one] : peers_) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ":{\"version\":";
    append_json_string(out, one.version);
    if (one.age) {
      out.append(",\"as_of\":").append(std::to_string(one.as_of.count)).append(",");
      append_age(out, *one.age, at);
    }
    if (!one.silent) out.append(",\"charter\":").append(charter_text(one.charter));
    out += '}';
  }
  out += "},\"feeds\":{";
  for (const auto& [name, one] : feeds_) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out.append(":{\"as_of\":").append(std::to_string(one.as_of.count)).append(",");
    append_age(out, one.age, at);
    out += '}';
  }
  return out + "}}\n";
}

Status Knowledge::keep() {
  if (reliance_.none()) return {};
  const std::lock_guard writing(writing_);
  return base::write_owner_file(file_, text());
}

Result<bool> Knowledge::write_if(bool changed) {
  if (!changed) return false;
  if (auto written = keep(); !written) return std::move(written).error();
  return true;
}

Result<bool> Knowledge::take(const std::string& peer, Statement statement) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    Heard& own = peers_[peer];
    if (!statement.charter && (own.silent || own.version != statement.version)) return Error{Code::conflict, "the peer says that its rules have not changed, and gave none before"};
    if (statement.charter) {
      // What it does not give any more is held here all the same, on the terms it had.
      statement.charter->feeds.merge(own.charter.feeds);
      changed = own.silent || !own.age || own.charter != *statement.charter;
      own.charter = std::move(*statement.charter);
      own.version = std::move(statement.version);
    }
    own.silent = false;
    own.as_of = statement.as_of;
    own.age = Age::heard(statement.as_of, moment());
  }
  return write_if(changed);
}

Result<bool> Knowledge::take_silence(const std::string& peer) {
  {
    const std::lock_guard lock(mutex_);
    const auto [own, fresh] = peers_.try_emplace(peer);
    if (!fresh) return false;
    own->second.silent = true;
  }
  return write_if(true);
}

std::string Knowledge::version(std::string_view peer) const {
  const std::lock_guard lock(mutex_);
  const auto own = peers_.find(peer);
  return own == peers_.end() ? std::string() : own->second.version;
}

void Knowledge::heard(std::string_view feed, Micros as_of) {
  if (as_of.count == 0) return;
  const std::lock_guard lock(mutex_);
  const auto known = feeds_.find(feed);
  if (known != feeds_.end() && known->second.as_of == as_of) return;
  feeds_.insert_or_assign(std::string(feed), Told{as_of, Age::heard(as_of, moment())});
}

/// Of the peers that say on what terms a feed is given, the one that said it last.
const Knowledge::Heard* Knowledge::youngest(const Reliance::Feed& feed, const Moment& at) const {
  const Heard* out = nullptr;
  for (const auto& peer : feed.peers) {
    const auto own = peers_.find(peer);
    if (own == peers_.end() || !own->second.age || !own->second.charter.feeds.contains(feed.name)) continue;
    if (out == nullptr || own->second.age->at(at) < out->age->at(at)) out = &own->second;
  }
  return out;
}

Said Knowledge::said() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  const auto silent = [&](const std::string& peer) {
    const auto own = peers_.find(peer);
    return own != peers_.end() && own->second.silent;
  };
  Said out;
  for (const auto& feed : reliance_.feeds) {
    if (std::ranges::all_of(feed.peers, silent)) continue;
    const Heard* by = youngest(feed, at);
    out.emplace(feed.name, by == nullptr ? std::nullopt : std::optional(by->charter.feeds.find(feed.name)->second));
  }
  return out;
}

std::optional<Issuer> Knowledge::issuer() const {
  const std::lock_guard lock(mutex_);
  const auto own = peers_.find(reliance_.issuer);
  return own == peers_.end() ? std::nullopt : own->second.charter.issuer;
}

Micros Knowledge::issuer_time() const {
  const std::lock_guard lock(mutex_);
  const auto own = peers_.find(reliance_.issuer);
  if (own == peers_.end() || !own->second.age) return {};
  return {own->second.as_of.count + own->second.age->at(moment()).count()};
}

std::optional<microseconds> Knowledge::age() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  std::optional<microseconds> out;
  const auto count = [&](const std::optional<Age>& age) {
    if (age) out = std::max(out.value_or(microseconds(0)), age->at(at));
  };
  for (const auto& feed : reliance_.feeds) {
    if (const Heard* by = youngest(feed, at); by != nullptr) count(by->age);
    if (const auto told = feeds_.find(feed.name); told != feeds_.end()) count(told->second.age);
  }
  if (const auto issuer = peers_.find(reliance_.issuer); issuer != peers_.end()) count(issuer->second.age);
  return out;
}

bool Knowledge::stale() const {
  const auto old = age();
  return old && *old > reliance_.stale;
}

}  // namespace meshgate::access
