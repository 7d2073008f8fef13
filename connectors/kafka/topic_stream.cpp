#include "connectors/kafka/topic_stream.hpp"

#include <algorithm>
#include <charconv>
#include <utility>


namespace meshgate::kafka {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// While nothing comes: how often the brokers are asked where the topic ends, how many partitions it has, and whether it is still the same one.
constexpr seconds kAskEnds{1};
constexpr seconds kCountPartitions{5};
constexpr seconds kProveAgain{60};
/// How exactly the Position says when the end was last seen.
constexpr std::int64_t kSeenWithin_ms = 60000;
/// What Kafka keeps tombstones for where a topic does not say otherwise.
constexpr std::int64_t kUsualRetention_ms = std::int64_t{24} * 3600 * 1000;

std::int64_t now_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

sdk::Status TopicStream::open(const Site& site, Choice choice, std::unique_ptr<sdk::Stream>& out) {
  std::unique_ptr<MessageTable> table;
  std::unique_ptr<Client> client;
  Counts topics;
  if (sdk::Status made = MessageTable::make(choice, site.registry.get(), table); !made.ok()) return made;
  if (sdk::Status opened = Client::open(site, client); !opened.ok()) return opened;
  if (sdk::Status found = find_topics(*client, choice, {}, topics); !found.ok()) return found;
  out = std::unique_ptr<sdk::Stream>(new TopicStream(site, std::move(choice), std::move(table), std::move(client)));
  return {};
}

sdk::Status TopicStream::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  std::optional<Position> from;
  if (!position.empty()) {
    from = Position::parse(position);
    if (!from) return gone("the Position is not one of this connector");
  }
  if ((limits.flags & MG_LIGHT) != 0 && (!from || from->scanning)) {
    out.flags = MG_IDLE | MG_SCAN_WAITS;
    out.position = position;
    return {};
  }
  sdk::Budget budget(limits);
  if (has_to_be_placed(position)) {
    given_.clear();
    if (sdk::Status placed = place(from ? &*from : nullptr); !placed.ok()) return placed;
  }
  given_.clear();  // whatever fails from here on, the next read places anew
  out.flags = at_.scanning ? MG_SCANNING : MG_LISTENS;
  if (position.empty()) out.flags |= MG_SCAN_BEGAN;
  out.total = at_.scanning ? total_ : 0;
  Turn turn{sink, budget, out};
  if (sdk::Status ran = run(turn); !ran.ok()) return ran;
  out.position = at_.text();
  if (!turn.waiting && (limits.flags & MG_LET_GO) == 0) given_ = out.position;
  return {};
}

bool TopicStream::has_to_be_placed(std::string_view position) const {
  if (position.empty() || position != given_) return true;
  return !at_.scanning && all_ended() && Client::Clock::now() - placed_ >= kProveAgain;
}

/// Asks where the topic begins and ends, and reads from there or from where it was.
sdk::Status TopicStream::place(const Position* from) {
  std::string cluster;
  Counts topics;
  Edges begins;
  Edges ends;
  if (from != nullptr) at_ = *from;
  if (sdk::Status asked = find_topics(*client_, choice_, from == nullptr ? Counts() : counts(), topics); !asked.ok()) return asked;
  if (sdk::Status asked = client_->cluster(cluster); !asked.ok()) return asked;
  if (sdk::Status asked = find_edges(*client_, choice_, topics, Client::Edge::begin, begins); !asked.ok()) return asked;
  asked_us_ = now_us();
  if (sdk::Status asked = find_edges(*client_, choice_, topics, Client::Edge::end, ends); !asked.ok()) return asked;
  wards_.clear();
  if (sdk::Status set = from == nullptr ? begin(begins, cluster) : resume(*from, begins, ends, cluster); !set.ok()) return set;

  Edges first;
  total_ = 0;
  for (const auto& [place, reached] : at_.partitions) {
    Ward& ward = wards_[place];
    ward.target = ends[place];
    ward.unproved = reached.last >= begins[place];
    ward.ended = !ward.unproved && reached.next >= ward.target;
    first[place] = ward.unproved ? reached.last : reached.next;
    total_ += static_cast<std::uint64_t>(std::max<std::int64_t>(ward.target - begins[place], 0));
  }
  rested_ = false;
  placed_ = heard_ = counted_ = Client::Clock::now();
  return assign(*client_, choice_, first);
}

sdk::Status TopicStream::begin(const Edges& begins, const std::string& cluster) {
  at_ = {.scanning = true, .end_seen_ms = now_us() / 1000, .cluster = cluster, .partitions = {}, .columns = table_->known()};
  for (const auto& [place, offset] : begins) at_.partitions[place].next = offset;
  return {};
}

sdk::Status TopicStream::resume(const Position& from, const Edges& begins, const Edges& ends, const std::string& cluster) {
  if (from.cluster != cluster) return gone("these brokers are another cluster");
  at_ = from;
  for (auto& [place, reached] : at_.partitions) {
    const auto begin = begins.find(place);
    const auto end = ends.find(place);
    if (begin == begins.end() && !begins.contains(Place{place.topic, 0})) return gone("topic '" + place.topic + "' is not there any more");
    if (begin == begins.end() || end == ends.end()) return gone("it has fewer partitions than before, so it was made anew");
    if (reached.next > end->second) return gone(named(place) + " ends before what was read of it, so it was made anew, or a broker lost what it had");
    if (reached.next >= begin->second) continue;
    const std::string passed = named(place) + " begins at offset " + std::to_string(begin->second) + ", and " + std::to_string(reached.next) + " was to be read next: retention has passed it";
    if (choice_.shape == Shape::state) return gone(passed);
    site_.host.warning("topic '" + choice_.topic + "': " + passed + ". The events between are lost; read more often, or keep them longer");
    reached = {.next = begin->second};
  }
  for (const auto& [place, offset] : begins) {
    if (!at_.partitions.contains(place)) at_.partitions[place].next = offset;
  }
  table_->recall(at_.columns);
  return judge_absence();
}

/// Who was away for longer than tombstones are kept may have missed some.
sdk::Status TopicStream::judge_absence() {
  const std::int64_t away = now_us() / 1000 - at_.end_seen_ms;
  if (choice_.shape == Shape::events || at_.scanning || away <= kSeenWithin_ms) return {};
  for (const auto& [topic, count] : counts()) {
    if (sdk::Status judged = judge_absence(choice_.name_of(topic), away); !judged.ok()) return judged;
  }
  return {};
}

sdk::Status TopicStream::judge_absence(const std::string& topic, std::int64_t away) {
  std::map<std::string, std::string> settings;
  if (sdk::Status asked = client_->settings(topic, settings); !asked.ok()) return asked;
  if (settings.contains("cleanup.policy") && settings["cleanup.policy"].find("compact") == std::string::npos) return {};
  std::int64_t kept = kUsualRetention_ms;
  if (const auto found = settings.find("delete.retention.ms"); found != settings.end()) std::from_chars(found->second.data(), found->second.data() + found->second.size(), kept);
  if (away < kept) return {};
  return gone("nothing was read for " + std::to_string(away / 1000) + " s, and deletes are told for " + std::to_string(kept / 1000) + " s only (delete.retention.ms)");
}

sdk::Status TopicStream::run(Turn& turn) {
  while (turn.more && !turn.waiting && turn.budget.left() && !site_.cancelled()) {
    if (at_.scanning && scan_done()) {
      finish_scan(turn);
      return {};
    }
    MessageHandle message;
    if (sdk::Status came = client_->next(patience(turn), message); !came.ok()) return came;
    if (message == nullptr && !at_.scanning && all_ended()) return rest(turn);
    if (message == nullptr && !at_.scanning && turn.budget.records() > 0) return {};
    if (message == nullptr) {
      if (Client::Clock::now() - heard_ >= site_.access.timeout) return sdk::failure(MG_RETRY, "topic '" + choice_.topic + "' at " + site_.access.servers + ": no messages come, though there are some; it is tried again");
      if (turn.budget.time_left() == milliseconds(0)) return {};
      continue;
    }
    heard_ = Client::Clock::now();
    if (sdk::Status taken = take(*message, turn); !taken.ok()) return taken;
  }
  return {};
}

sdk::Status TopicStream::take(const rd_kafka_message_t& raw, Turn& turn) {
  const ByPlace::View place(choice_.several ? rd_kafka_topic_name(raw.rkt) : "", raw.partition);
  const auto found = at_.partitions.find(place);
  if (found == at_.partitions.end()) return {};
  Reached& reached = found->second;
  Ward& ward = wards_.find(place)->second;
  if (raw.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    ward.ended = true;
    ward.unproved = false;
    reached.next = std::max(reached.next, raw.offset);
    return {};
  }
  const Message message = view_of(raw);
  const std::uint64_t print = fingerprint(message);
  if (std::exchange(ward.unproved, false) && message.offset == reached.last && print != reached.fingerprint) {
    return gone("offset " + std::to_string(message.offset) + " of " + named(found->first) + " is another message than before, so it was made anew");
  }
  if (message.offset < reached.next) return {};
  Meaning meaning = Meaning::nothing;
  if (sdk::Status filled = table_->fill(message, meaning); !filled.ok()) {
    turn.waiting = turn.budget.records() > 0;
    return turn.waiting ? sdk::Status{} : filled;
  }
  ward.ended = rested_ = false;
  reached = {.next = message.offset + 1, .last = message.offset, .fingerprint = print};
  emit(message, meaning, turn);
  return {};
}

void TopicStream::emit(const Message& message, Meaning meaning, Turn& turn) {
  turn.budget.spend(meaning == Meaning::nothing ? std::span<const mg_value>() : table_->values());
  if (table_->grown()) at_.columns = table_->known();
  if (meaning == Meaning::nothing) return;
  if (!table_->has_key()) {
    site_.host.warning(table_->fault() + ". It is read over: no message before it has told what a key is");
    return;
  }
  if (!turn.announced || table_->grown()) turn.more = turn.sink.columns(table_->columns());
  turn.announced = true;
  if (!turn.more) return;
  switch (meaning) {
    case Meaning::put: turn.more = turn.sink.upsert(table_->values(), table_->source_time_us()); break;
    case Meaning::remove: turn.more = turn.sink.remove(table_->values(), table_->source_time_us()); break;
    case Meaning::fault: turn.more = turn.sink.fault(table_->values(), table_->fault(), shown(message.value)); break;
    case Meaning::nothing: break;
  }
}

/// What has come is not kept waiting for more, nor that it was all; otherwise a read waits for what comes.
milliseconds TopicStream::patience(const Turn& turn) const {
  const bool news = turn.budget.records() > 0 || (all_ended() && !rested_);
  return !at_.scanning && news ? milliseconds(0) : turn.budget.time_left();
}

void TopicStream::finish_scan(Turn& turn) {
  at_.scanning = false;
  at_.end_seen_ms = asked_us_ / 1000;
  turn.out.flags |= MG_SCAN_ENDED;
  turn.out.as_of_us = asked_us_;
}

/// Everything that came was read. Now and then the brokers are asked whether that is all.
sdk::Status TopicStream::rest(Turn& turn) {
  turn.out.flags |= MG_IDLE;
  rested_ = true;
  const std::int64_t now = now_us();
  if (now - asked_us_ < std::chrono::microseconds(kAskEnds).count()) return {};
  Edges ends;
  if (sdk::Status asked = find_edges(*client_, choice_, counts(), Client::Edge::end, ends); !asked.ok()) return asked;
  asked_us_ = now;
  bool all = true;
  for (const auto& [place, reached] : at_.partitions) {
    if (reached.next > ends[place]) return gone(named(place) + " ends before what was read of it, so it was made anew");
    all = all && reached.next >= ends[place];
  }
  if (all) turn.out.as_of_us = now;
  if (all && now / 1000 - at_.end_seen_ms >= kSeenWithin_ms) at_.end_seen_ms = now / 1000;
  return welcome_partitions();
}

/// Partitions that were added, and topics that patterns choose, are read from their beginning, once all that the others had was read.
sdk::Status TopicStream::welcome_partitions() {
  if (Client::Clock::now() - counted_ < kCountPartitions) return {};
  counted_ = Client::Clock::now();
  const Counts before = counts();
  Counts now;
  if (sdk::Status asked = find_topics(*client_, choice_, before, now); !asked.ok()) return asked;
  for (const auto& [topic, count] : before) {
    const auto found = now.find(topic);
    if (found == now.end()) return gone("topic '" + topic + "' is not there any more");
    if (found->second < count) return gone("it has fewer partitions than before, so it was made anew");
  }
  if (now == before) return {};
  for (const auto& [topic, count] : now) {
    const auto found = before.find(topic);
    say_grown(topic, found == before.end() ? 0 : found->second, count);
  }
  const Position so_far = at_;
  return place(&so_far);
}

void TopicStream::say_grown(const std::string& topic, std::int32_t before, std::int32_t now) const {
  if (now == before) return;
  const std::string name = "topic '" + choice_.name_of(topic) + "'";
  if (before == 0) return site_.host.warning(name + " is there now; it is read from its beginning");
  site_.host.warning(name + " has " + std::to_string(now) + " partitions now, " + std::to_string(before) + " before; the new ones are read from their beginning." +
                     (choice_.shape == Shape::state ? " A key may have moved to another partition: of what was written while they were added the order is not known" : ""));
}

/// As far as they are read.
Counts TopicStream::counts() const {
  Counts out;
  for (const auto& [place, reached] : at_.partitions) ++out[place.topic];
  return out;
}

std::string TopicStream::named(const Place& place) const {
  return "partition " + std::to_string(place.partition) + (choice_.several ? " of topic '" + place.topic + "'" : "");
}

bool TopicStream::all_ended() const {
  return std::ranges::all_of(wards_, [](const auto& one) { return one.second.ended; });
}

bool TopicStream::scan_done() const {
  return std::ranges::all_of(wards_, [&](const auto& one) { return one.second.ended || at_.partitions.at(one.first).next >= one.second.target; });
}

sdk::Status TopicStream::settled(std::string_view position) {
  const auto reached = site_.access.group.empty() ? std::nullopt : Position::parse(position);
  if (!reached) return {};
  std::map<std::string, Offsets> next;
  for (const auto& [place, one] : reached->partitions) next[choice_.name_of(place.topic)][place.partition] = one.next;
  for (const auto& [topic, offsets] : next) client_->commit(topic, offsets);
  return {};
}

sdk::Status TopicStream::gone(std::string_view why) const {
  return sdk::failure(MG_GONE, "topic '" + choice_.topic + "': " + std::string(why) + ". It is read from its beginning; nobody's items are deleted but by the guard's leave");
}

}  // namespace meshgate::kafka
