#include "gateway/store/records.hpp"

#include "gateway/store/packing.hpp"

namespace meshgate::store {

namespace {

constexpr std::uint64_t kLive = 1;
constexpr std::uint64_t kOwnHash = 2;
constexpr std::uint64_t kLaterGeneration = 4;
constexpr unsigned kFlagBits = 3;

std::uint64_t micros(Micros at) { return static_cast<std::uint64_t>(at.count); }
Micros as_micros(std::uint64_t at) { return Micros{static_cast<std::int64_t>(at)}; }

void encode(Packer& to, const Membership& one, const ContentHash& shared) {
  const bool own = one.live && one.hash != shared;
  const bool later = one.generation != 1;
  to.number(std::uint64_t{plain(one.partition)} << kFlagBits | (one.live ? kLive : 0) | (own ? kOwnHash : 0) | (later ? kLaterGeneration : 0));
  if (later) to.number(one.generation);
  to.number(number(one.seq));
  if (own) to.bits(one.hash.bits);
}

Membership decode_membership(Unpacker& from, const ContentHash& shared) {
  Membership out;
  const std::uint64_t tag = from.number();
  out.partition = PartitionNumber{static_cast<std::uint32_t>(tag >> kFlagBits)};
  out.live = (tag & kLive) != 0;
  if ((tag & kLaterGeneration) != 0) out.generation = static_cast<Generation>(from.number());
  out.seq = Seq{from.number()};
  if ((tag & kOwnHash) != 0) {
    out.hash.bits = from.bits();
  } else if (out.live) {
    out.hash = shared;
  }
  return out;
}

void encode(Packer& to, const Cursor& cursor) {
  to.bits(cursor.epoch.bits).number(number(cursor.seq)).number(number(cursor.low)).number(number(cursor.high));
}

Cursor decode_cursor(Unpacker& from) {
  Cursor out;
  out.epoch.bits = from.bits();
  out.seq = Seq{from.number()};
  out.low = Seq{from.number()};
  out.high = Seq{from.number()};
  return out;
}

void encode(Packer& to, const Copy& copy) {
  to.number(copy.generation);
  if (copy.generation == 0) return;
  to.bits(copy.epoch.bits).number(number(copy.head)).number(number(copy.floor)).number(copy.count).bits(copy.digest.sum());
  to.number(number(copy.trim_seq)).number(number(copy.trim_through));
  encode(to, copy.cursor);
}

Copy decode_copy(Unpacker& from) {
  Copy out;
  out.generation = static_cast<Generation>(from.number());
  if (out.generation == 0) return out;
  out.epoch.bits = from.bits();
  out.head = Seq{from.number()};
  out.floor = Seq{from.number()};
  out.count = from.number();
  out.digest = Digest(from.bits());
  out.trim_seq = Seq{from.number()};
  out.trim_through = Seq{from.number()};
  out.cursor = decode_cursor(from);
  return out;
}

}  // namespace

void encode(std::string& out, const IndexEntry& entry) {
  Packer to(out);
  to.bits(entry.hash.bits).number(entry.n).number(entry.number).number(plain(entry.stream)).text(entry.key);
  for (const Membership& one : entry.memberships) encode(to, one, entry.hash);
}

bool decode(std::string_view in, IndexEntry& entry) {
  Unpacker from(in);
  entry.hash.bits = from.bits();
  entry.n = from.number();
  entry.number = from.number();
  entry.stream = StreamNumber{static_cast<std::uint32_t>(from.number())};
  entry.key.assign(from.text());
  entry.memberships.clear();
  while (!from.end()) entry.memberships.push_back(decode_membership(from, entry.hash));
  return from.fine();
}

void encode(std::string& out, const FeedRecord& record) {
  std::string schema;
  append_json(schema, record.schema);
  Packer(out).text(record.name).bits(record.uid.bits).bits(record.epoch.bits).text(schema).text(record.rules).number(record.divided ? 1 : 0);
}

bool decode(std::string_view in, FeedRecord& record) {
  Unpacker from(in);
  record.name = from.text();
  record.uid.bits = from.bits();
  record.epoch.bits = from.bits();
  auto schema = parse_schema(from.text());
  record.rules = from.text();
  record.divided = from.flag();
  if (schema) record.schema = std::move(*schema);
  return from.fine() && from.end() && schema.has_value();
}

void encode(std::string& out, const OriginRecord& record) {
  const Claim& other = record.superseded ? *record.superseded : Claim{};
  Packer(out).number(record.claim.term).bits(record.claim.epoch.bits).number(record.superseded ? 1 : 0).number(other.term).bits(other.epoch.bits);
  for (const Epoch& epoch : record.left) Packer(out).bits(epoch.bits);
}

bool decode(std::string_view in, OriginRecord& record) {
  Unpacker from(in);
  record.claim.term = from.number();
  record.claim.epoch.bits = from.bits();
  const bool superseded = from.flag();
  Claim other;
  other.term = from.number();
  other.epoch.bits = from.bits();
  if (superseded) record.superseded = other;
  while (from.fine() && !from.end()) record.left.push_back({from.bits()});
  return from.fine() && from.end();
}

void encode(std::string& out, const ProgressRecord& record) {
  Packer to(out);
  to.number(number(record.seq)).number(record.loading ? 1 : 0).number(micros(record.as_of)).text(record.held);
  to.number(record.next_number).number(record.items).number(record.quarantined).number(record.beyond).number(record.expired);
}

bool decode(std::string_view in, ProgressRecord& record) {
  Unpacker from(in);
  record.seq = Seq{from.number()};
  record.loading = from.flag();
  record.as_of = as_micros(from.number());
  record.held = from.text();
  record.next_number = from.number();
  record.items = from.number();
  record.quarantined = from.number();
  record.beyond = from.number();
  record.expired = from.number();
  return from.fine() && from.end();
}

void encode(std::string& out, const PartitionRecord& record) {
  Packer to(out);
  to.text(record.name);
  encode(to, record.served);
  encode(to, record.building);
  to.number(record.last_generation).number(record.replica ? 1 : 0).number(record.loading ? 1 : 0);
  to.number(micros(record.as_of)).number(record.stale ? 1 : 0);
  if (record.expired.count != 0) to.number(micros(record.expired));
}

bool decode(std::string_view in, PartitionRecord& record) {
  Unpacker from(in);
  record.name = from.text();
  record.served = decode_copy(from);
  record.building = decode_copy(from);
  record.last_generation = static_cast<Generation>(from.number());
  record.replica = from.flag();
  record.loading = from.flag();
  record.as_of = as_micros(from.number());
  record.stale = from.flag();
  record.expired = from.end() ? Micros{} : as_micros(from.number());
  return from.fine() && from.end();
}

void encode(std::string& out, const StreamRecord& record) {
  Packer(out).text(record.name).number(record.own_ids ? 1 : 0).number(record.key_is_id ? 1 : 0);
}

bool decode(std::string_view in, StreamRecord& record) {
  Unpacker from(in);
  record.name = from.text();
  record.own_ids = from.flag();
  record.key_is_id = from.flag();
  return from.fine() && from.end();
}

void encode(std::string& out, const QuarantineRecord& record) {
  Packer(out).text(record.reason).text(record.raw).number(micros(record.first)).number(micros(record.last)).number(record.times);
}

bool decode(std::string_view in, QuarantineRecord& record) {
  Unpacker from(in);
  record.reason = from.text();
  record.raw = from.text();
  record.first = as_micros(from.number());
  record.last = as_micros(from.number());
  record.times = from.number();
  return from.fine() && from.end();
}

}  // namespace meshgate::store
