#include "gateway/device/member_table.hpp"

#include <algorithm>

namespace meshgate::device {

Result<MemberTable> MemberTable::open(Database& database, Ledger& ledger) {
  MemberTable out;
  out.ledger_ = &ledger;
  const struct {
    Statement MemberTable::*into;
    const char* sql;
  } all[] = {
      {&MemberTable::find_, "SELECT place,seq,hash FROM _meshgate_members WHERE feed=?1 AND id=?2"},
      {&MemberTable::put_, "INSERT OR REPLACE INTO _meshgate_members(feed,id,place,seq,hash) VALUES(?1,?2,?3,?4,?5)"},
      {&MemberTable::drop_, "DELETE FROM _meshgate_members WHERE feed=?1 AND id=?2 AND place=?3"},
      {&MemberTable::met_, "SELECT 1 FROM _meshgate_met WHERE place=?1 AND id=?2"},
  };
  for (const auto& [into, sql] : all) {
    auto statement = database.prepare(sql);
    if (!statement) return std::move(statement).error();
    out.*into = std::move(*statement);
  }
  return out;
}

Result<bool> MemberTable::stands(const Place& place, std::string_view id) {
  if (place.now.cursor.start() || !place.now.comparing) return !place.now.cursor.start();
  met_.bind(1, place.number);
  met_.bind(2, id);
  auto met = met_.step();
  if (met && *met) met_.reset();
  return met;
}

Result<Memberships> MemberTable::of(const Place& place, std::string_view id) {
  Memberships out;
  find_.bind(1, place.feed->number);
  find_.bind(2, id);
  for (;;) {
    auto row = find_.step();
    if (!row) return std::move(row).error();
    if (!*row) return out;
    const ContentHash hash{Bits128::from_hex(find_.text(2)).value_or(Bits128{})};
    if (find_.integer(0) == place.number) {
      out.own = hash;
      continue;
    }
    Place* other = ledger_->place(find_.integer(0));
    if (other == nullptr) continue;
    const Seq seq{static_cast<std::uint64_t>(find_.integer(1))};
    out.others = true;
    out.last_of_all = std::max(out.last_of_all, seq);
    auto standing = stands(*other, id);
    if (!standing) return std::move(standing).error();
    if (*standing) {
      out.last = std::max(out.last, seq);
    } else {
      out.unread.push_back({other, seq, hash});
    }
  }
}

Status MemberTable::put(const Place& place, std::string_view id, Seq seq, const ContentHash& hash) {
  const std::string text = hash.bits.hex();
  put_.bind(1, place.feed->number);
  put_.bind(2, id);
  put_.bind(3, place.number);
  put_.bind(4, static_cast<std::int64_t>(number(seq)));
  put_.bind(5, text);
  return put_.run();
}

Status MemberTable::drop(const Place& place, std::string_view id) {
  drop_.bind(1, place.feed->number);
  drop_.bind(2, id);
  drop_.bind(3, place.number);
  return drop_.run();
}

}  // namespace meshgate::device
