#include "gateway/federation/mender.hpp"

#include <unordered_set>

#include "gateway/base/owner_file.hpp"
#include "gateway/federation/answered.hpp"
#include "gateway/store/mending.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::federation {

namespace {

Result<std::string> ask(net::HttpClient& client, const std::string& url, const ReconcileQuestion& question) {
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client.send("POST", url + "/reconcile", text(question), fields);
  if (!answer) return std::move(answer).error();
  if (auto good = check_protocol(*answer); !good) return std::move(good).error();
  if (answer->status == 404 || answer->status == 405) return Error{Code::unsupported, "the peer does not compare"};
  if (answer->status != 200) return refused(*answer);
  return std::move(answer->body);
}

/// The entries that go, as a text of change lines: those that are there and nowhere else any more.
Result<std::string> alone(const store::Pin& pin, const Difference& difference, std::size_t& count) {
  std::unordered_set<std::string_view> come;
  for (std::string_view rest = difference.lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    come.insert(line);
  }
  std::string all;
  for (const Seq seq : difference.away) {
    const auto add = [&](std::string_view line) {
      if (line.empty() || come.contains(line)) return true;
      all.append(line);
      ++count;
      return true;
    };
    if (auto read = pin.extract(Seq{number(seq) - 1}, seq, add); !read) return std::move(read).error();
  }
  return all;
}

bool same(const Standing& one, const Standing& other) { return one.epoch == other.epoch && one.head == other.head && one.floor == other.floor; }

}  // namespace

void tell(base::Log& log, const std::string& peer, const std::string& part, const Mended& mended) {
  log.info("federation", peer + ": " + part + ": repaired with " + std::to_string(mended.bytes) + " bytes in " + std::to_string(mended.asked) + " answers");
  if (mended.alone == 0) return;
  log.warning("federation", part + ": " + std::to_string(mended.alone) + " entries that only this node had are not in the feed any more; they are kept in " + mended.kept);
}

Mender::Mender(std::shared_ptr<store::Feed> feed, std::string partition, const Standing& own)
    : feed_(std::move(feed)), partition_(std::move(partition)), own_(own), work_(own, Summed::lines, [this](const SeqRange& range, Seq floor, const TakeEntry& take) -> Status {
        const auto each = [&](std::string_view lines) {
          each_entry(lines, Summed::lines, floor, take);
          return true;
        };
        auto read = pin_->extract(range.after, range.to, each);
        return read ? Status() : Status(std::move(read).error());
      }) {}

Result<std::unique_ptr<Mender>> Mender::begin(std::shared_ptr<store::Feed> feed, const std::string& partition) {
  const auto own = feed->standing(partition);
  if (!own || own->head == Seq{0}) return Error{Code::not_found, "there is nothing here to compare"};
  return std::unique_ptr<Mender>(new Mender(std::move(feed), partition, *own));
}

/// The copy, as long as it is the one that is compared.
Status Mender::hold() {
  auto pin = feed_->pin(partition_);
  if (!pin) return std::move(pin).error();
  if (!same((*pin)->standing(), own_)) return Error{Code::retry, "the copy has moved while it was compared"};
  pin_ = std::move(*pin);
  return {};
}

std::optional<ReconcileQuestion> Mender::next() const {
  auto question = work_.next();
  if (!question) return std::nullopt;
  const auto state = feed_->state();
  question->feed = state.name;
  question->uid = state.uid.bits.hex();
  question->partition = partition_;
  return question;
}

Status Mender::take(std::string_view answer) {
  ++cost_.asked;
  cost_.bytes += answer.size();
  auto read = parse_reconcile_answer(answer);
  if (!read) return std::move(read).error();
  if (auto held = hold(); !held) return held;
  auto taken = work_.take(std::move(*read));
  pin_.reset();
  return taken;
}

Status Mender::keep_aside(const Difference& difference, const std::string& aside) {
  if (auto held = hold(); !held) return held;
  auto all = alone(*pin_, difference, cost_.alone);
  pin_.reset();
  if (!all) return std::move(all).error();
  if (all->empty()) return {};
  const std::string name = feed_->state().name + (partition_.empty() ? "" : "." + partition_);
  cost_.kept = aside + "/" + percent_encoded(name).substr(0, 100) + "." + content_hash(name, own_.epoch.bits.hex()).bits.hex() + ".ndjson";
  if (auto made = base::make_owner_folder(aside); !made) return made;
  return base::write_owner_file(cost_.kept, *all);
}

Result<Mended> Mender::finish(const std::string& aside) {
  auto difference = std::move(work_).result();
  if (own_.epoch != difference.mark.cursor.epoch && !aside.empty()) {
    if (auto kept = keep_aside(difference, aside); !kept) return std::move(kept).error();
  }
  const store::Mending mending{own_.epoch, own_.head, std::move(difference.away), std::move(difference.lines), difference.mark};
  if (auto done = store::mend(*feed_, partition_, mending); !done) return std::move(done).error();
  return std::move(cost_);
}

Result<Mended> mend_from(net::HttpClient& client, const std::string& url, const std::shared_ptr<store::Feed>& feed, const std::string& partition, const std::string& aside) {
  auto mender = Mender::begin(feed, partition);
  if (!mender) return std::move(mender).error();
  while (const auto question = (*mender)->next()) {
    auto answer = ask(client, url, *question);
    if (!answer) return std::move(answer).error();
    if (auto taken = (*mender)->take(*answer); !taken) return std::move(taken).error();
  }
  return (*mender)->finish(aside);
}

}  // namespace meshgate::federation
