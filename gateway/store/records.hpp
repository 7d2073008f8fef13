#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/keys.hpp"
#include "gateway/store/origin.hpp"
#include "mesh/cursor.hpp"
#include "mesh/item.hpp"
#include "mesh/schema.hpp"
#include "mesh/time.hpp"

namespace meshgate::store {

/// One item in one copy of one partition: its latest entry there.
struct Membership {
  PartitionNumber partition{};
  Generation generation = 1;
  Seq seq{0};
  bool live = false;
  ContentHash hash;  ///< of a live one; at a replica partitions may be at different revisions
  bool operator==(const Membership&) const = default;
};

/// The value of the index: what is known of one id. An entry whose memberships are all gone remembers n and number until they are purged.
struct IndexEntry {
  ContentHash hash;
  std::uint64_t n = 0;
  std::uint64_t number = 0;  ///< for Seen
  StreamNumber stream{};     ///< owner
  std::string key;           ///< the owner's key where it is not the id
  std::vector<Membership> memberships;
};
void encode(std::string& out, const IndexEntry& entry);
/// Reuses the memory of `entry`.
bool decode(std::string_view in, IndexEntry& entry);

/// What changes only when a feed is defined.
struct FeedRecord {
  std::string name;
  FeedUid uid;
  Epoch epoch;
  Schema schema;
  std::string rules;
  bool divided = false;
};
void encode(std::string& out, const FeedRecord& record);
bool decode(std::string_view in, FeedRecord& record);

/// Which node is the origin, and whose order counts, as far as it is known here; absent for a feed that never had another.
struct OriginRecord {
  Claim claim;                      ///< the greatest that was met, or this node's own
  std::optional<Claim> superseded;  ///< by whose claim this node has stepped down
  std::vector<Epoch> left;          ///< epochs that this copy has gone over from to another, the latest last
};
void encode(std::string& out, const OriginRecord& record);
bool decode(std::string_view in, OriginRecord& record);

/// What changes with every commit.
struct ProgressRecord {
  Seq seq{0};
  bool loading = true;
  Micros as_of{0};
  std::string held;
  std::uint64_t next_number = 1;
  std::uint64_t items = 0;        ///< live ones, each once
  std::uint64_t quarantined = 0;  ///< entries kept
  std::uint64_t beyond = 0;       ///< records in quarantine without an entry of their own
  std::uint64_t expired = 0;      ///< items that went by trims, ever
  bool operator==(const ProgressRecord&) const = default;
};
void encode(std::string& out, const ProgressRecord& record);
bool decode(std::string_view in, ProgressRecord& record);

/// One copy of a partition's log.
struct Copy {
  Generation generation = 0;  ///< 0: there is none
  Epoch epoch;
  Seq head{0};
  Seq floor{0};
  std::uint64_t count = 0;
  Digest digest;
  Seq trim_seq{0};  ///< where the one trim line is; 0: none
  Seq trim_through{0};
  Cursor cursor;  ///< at a replica: what it reads on with
};
struct PartitionRecord {
  std::string name;
  Copy served;    ///< generation 0: nothing to serve yet (a replica's first copy is under way)
  Copy building;  ///< a replica's next copy
  Generation last_generation = 1;
  bool replica = false;
  bool loading = true;  ///< at a replica
  Micros as_of{0};      ///< at a replica
  bool stale = false;   ///< the index may still name generations that are no more
  Micros expired{0};    ///< at an origin: the latest time that an item had which went by a trim; 0: none did
};
void encode(std::string& out, const PartitionRecord& record);
bool decode(std::string_view in, PartitionRecord& record);

/// Which kinds of items a stream ever gave; decides which look-ups can be spared.
struct StreamRecord {
  std::string name;
  bool own_ids = false;    ///< some item's id is not its key: it is in `origins`
  bool key_is_id = false;  ///< some item's id is its key
};
void encode(std::string& out, const StreamRecord& record);
bool decode(std::string_view in, StreamRecord& record);

struct QuarantineRecord {
  std::string reason;
  std::string raw;
  Micros first{0};
  Micros last{0};
  std::uint64_t times = 0;
};
void encode(std::string& out, const QuarantineRecord& record);
bool decode(std::string_view in, QuarantineRecord& record);

}  // namespace meshgate::store
