#include "gateway/device/recount.hpp"

#include <algorithm>
#include <vector>

namespace meshgate::device {

namespace {

constexpr std::int64_t kChunk = 5000;

/// A row whose _rev does not name what the row holds.
struct Altered {
  std::string id;
  ContentHash hash;
};

/// A membership whose hash is not that of what the row holds, though the row is its.
struct Strayed {
  std::string id;
  std::int64_t place = 0;
  ContentHash hash;
};

struct Member {
  std::int64_t place = 0;
  ContentHash hash;
};

/// Works through a feed's rows chunk by chunk, so that rows can be put right between chunks.
class Recount {
 public:
  Recount(Database& database, Ledger& ledger, MirroredFeed& feed) : database_(database), feed_(feed) {
    for (Place& place : ledger.places()) {
      if (place.feed != &feed) continue;
      places_[place.number] = &place;
      out_[&place] = {};
    }
  }

  Result<std::map<Place*, Recounted>> run(const std::function<bool(std::uint64_t)>& progress) {
    if (auto ready = prepare(); !ready) return std::move(ready).error();
    std::int64_t after = INT64_MIN;
    for (;;) {
      auto last = feed_.table.each(after, kChunk, [&](const FeedTable::Seen& row) { look_at(row); });
      if (!last) return std::move(last).error();
      if (auto done = put_right(); !done) return std::move(done).error();
      if (failed_) return std::move(*failed_);
      if (rows_ == before_) return std::move(out_);
      before_ = rows_;
      after = *last;
      if (progress && !progress(rows_)) return Error{Code::cancelled, database_.path() + ": cancelled while the stored rows were checked"};
    }
  }

 private:
  Status prepare() {
    const std::string number = std::to_string(feed_.number);
    if (feed_.divided) {
      const std::string table = quoted(feed_.name);
      auto done = database_.run("DELETE FROM _meshgate_members WHERE feed=" + number + " AND NOT EXISTS(SELECT 1 FROM " + table +
                                " WHERE _id=_meshgate_members.id)");
      if (!done) return done;
    }
    auto members = database_.prepare("SELECT place,hash FROM _meshgate_members WHERE feed=?1 AND id=?2");
    if (!members) return std::move(members).error();
    members_ = std::move(*members);
    auto lead = database_.prepare("UPDATE _meshgate_members SET hash=?4 WHERE feed=?1 AND id=?2 AND place=?3");
    if (!lead) return std::move(lead).error();
    lead_ = std::move(*lead);
    return {};
  }

  void look_at(const FeedTable::Seen& row) {
    ++rows_;
    const ContentHash held = content_hash(row.id, row.content);
    const auto said = Revision::parse(row.rev);
    if (!said || said->hash != held) altered_.push_back({std::string(row.id), held});
    if (!feed_.divided) {
      Recounted& only = out_.begin()->second;
      ++only.count;
      only.digest.add(held);
      return;
    }
    auto members = members_of(row.id);
    if (!members) {
      failed_ = std::move(members).error();
    } else if (members->empty()) {
      orphans_.emplace_back(row.id);
    } else {
      add_members(row.id, said ? said->hash : held, held, *members);
    }
  }

  Result<std::vector<Member>> members_of(std::string_view id) {
    std::vector<Member> out;
    members_.bind(1, feed_.number);
    members_.bind(2, id);
    for (;;) {
      auto row = members_.step();
      if (!row) return std::move(row).error();
      if (!*row) return out;
      const Member one{members_.integer(0), {Bits128::from_hex(members_.text(1)).value_or(Bits128{})}};
      if (places_.contains(one.place)) out.push_back(one);
    }
  }

  /// A membership that lags behind the row counts with its own hash, unless the row is that of none.
  void add_members(std::string_view id, const ContentHash& said, const ContentHash& held, const std::vector<Member>& members) {
    const auto is_said = [&said](const Member& one) { return one.hash == said; };
    const bool any = std::any_of(members.begin(), members.end(), is_said);
    for (const Member& one : members) {
      const ContentHash counts = is_said(one) || !any ? held : one.hash;
      if (counts != one.hash) strayed_.push_back({std::string(id), one.place, held});
      Recounted& place = out_[places_.at(one.place)];
      ++place.count;
      place.digest.add(counts);
    }
  }

  Status put_right() {
    for (const Altered& row : altered_) {
      if (auto done = feed_.table.set_rev(row.id, Revision{1, row.hash}.text()); !done) return done;
    }
    for (const std::string& id : orphans_) {
      if (auto done = feed_.table.remove(id); !done) return done;
    }
    for (const Strayed& one : strayed_) {
      const std::string hash = one.hash.bits.hex();
      lead_.bind(1, feed_.number);
      lead_.bind(2, one.id);
      lead_.bind(3, one.place);
      lead_.bind(4, hash);
      if (auto done = lead_.run(); !done) return done;
    }
    altered_.clear();
    orphans_.clear();
    strayed_.clear();
    return {};
  }

  Database& database_;
  MirroredFeed& feed_;
  std::map<std::int64_t, Place*> places_;
  std::map<Place*, Recounted> out_;
  Statement members_, lead_;
  std::vector<Altered> altered_;
  std::vector<std::string> orphans_;
  std::vector<Strayed> strayed_;
  std::optional<Error> failed_;
  std::uint64_t rows_ = 0;
  std::uint64_t before_ = 0;
};

}  // namespace

Result<std::map<Place*, Recounted>> recount_feed(Database& database, Ledger& ledger, MirroredFeed& feed,
                                                 const std::function<bool(std::uint64_t)>& progress) {
  Recount recount(database, ledger, feed);
  return recount.run(progress);
}

}  // namespace meshgate::device
