#include "gateway/device/recount.hpp"

#include <vector>

namespace meshgate::device {

namespace {

constexpr std::int64_t kChunk = 5000;

/// A row whose _rev does not name what the row holds.
struct Altered {
  std::string id;
  ContentHash hash;
};

/// Adds up the memberships of one item; a lagging one counts with its own hash. False when the item has none.
Result<bool> add_members(Statement& members, std::string_view id, const ContentHash& said, const ContentHash& held,
                         const std::map<std::int64_t, Place*>& places, std::map<Place*, Recounted>& out) {
  members.bind(2, id);
  bool any = false;
  for (;;) {
    auto row = members.step();
    if (!row) return std::move(row).error();
    if (!*row) return any;
    const auto place = places.find(members.integer(0));
    const auto hash = Bits128::from_hex(members.text(1));
    if (place == places.end()) continue;
    any = true;
    const ContentHash own{hash.value_or(Bits128{})};
    ++out[place->second].count;
    out[place->second].digest.add(own == said ? held : own);
  }
}

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
    members_.bind(1, feed_.number);
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
    auto any = add_members(members_, row.id, said ? said->hash : held, held, places_, out_);
    if (!any) failed_ = std::move(any).error();
    if (any && !*any) orphans_.emplace_back(row.id);
  }

  Status put_right() {
    for (const Altered& row : altered_) {
      if (auto done = feed_.table.set_rev(row.id, Revision{1, row.hash}.text()); !done) return done;
    }
    for (const std::string& id : orphans_) {
      if (auto done = feed_.table.remove(id); !done) return done;
    }
    altered_.clear();
    orphans_.clear();
    return {};
  }

  Database& database_;
  MirroredFeed& feed_;
  std::map<std::int64_t, Place*> places_;
  std::map<Place*, Recounted> out_;
  Statement members_;
  std::vector<Altered> altered_;
  std::vector<std::string> orphans_;
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
