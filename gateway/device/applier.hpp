#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/device/ledger.hpp"
#include "gateway/device/member_table.hpp"
#include "gateway/device/piece.hpp"

namespace meshgate::device {

/// Applies checked lines to the tables and keeps count and digest of a partition. Within the caller's transaction.
///
/// An undivided feed keeps no memberships: the row is the membership, its _seq and _rev say the rest. A divided feed has one
/// _meshgate_members row per (id, partition); the row dies with the last of them, and has the content of the highest seq among those that stand in
/// the feed's order.
class Applier {
 public:
  static Result<Applier> open(Database& database, Ledger& ledger);

  Status put(Place& place, const Put& put);
  Status gone(Place& place, std::string_view id);
  /// Entries up to `through` have expired.
  Status trim(Place& place, Seq through);

  /// Begins a pass at 0 that keeps what is there and notes what is met.
  Status begin_pass(Place& place);
  /// Removes what the pass did not meet. Gives how many items went.
  Result<std::uint64_t> end_pass(Place& place);
  /// A comparison ends otherwise than by a pass.
  Status end_comparing(Place& place);
  /// The feed has another order: partitions that stood in the one of before are compared.
  Status enter(MirroredFeed& feed, const Epoch& epoch);

 private:
  Status put_row(Place& place, const Put& put);
  Status put_existing(Place& place, const Put& put);
  Status put_member(Place& place, const Put& put);
  Status put_shared_row(Place& place, const Put& put, const Memberships& there);
  Status gone_row(Place& place, std::string_view id);
  Status gone_member(Place& place, std::string_view id);
  Result<Kept> kept_row(FeedTable& table, std::string_view id);
  Status drop_all(Place& place, const std::string& query, std::int64_t parameter, std::uint64_t& dropped);
  Status note(const Place& place, std::string_view id);
  Status forget(const Place& place, std::string_view id);
  static void count_in(Place& place, const ContentHash& hash);
  static void count_out(Place& place, const ContentHash& hash);

  Database* database_ = nullptr;
  Ledger* ledger_ = nullptr;
  MemberTable members_;
  Statement note_, forget_;
};

}  // namespace meshgate::device
