#include "gateway/federation/mender.hpp"

#include <unordered_set>

#include "gateway/base/owner_file.hpp"
#include "gateway/federation/answered.hpp"
#include "gateway/federation/reconciler.hpp"
#include "gateway/net/text.hpp"

namespace meshgate::federation {

namespace {

Result<ReconcileAnswer> ask(net::HttpClient& client, const std::string& url, const ReconcileQuestion& question, Mended& cost) {
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client.send("POST", url + "/reconcile", text(question), fields);
  if (!answer) return std::move(answer).error();
  if (auto good = check_protocol(*answer); !good) return std::move(good).error();
  if (answer->status == 404 || answer->status == 405) return Error{Code::unsupported, "the peer does not compare"};
  if (answer->status != 200) return refused(*answer);
  ++cost.asked;
  cost.bytes += answer->body.size();
  return parse_reconcile_answer(answer->body);
}

/// The entries that go, as a text of change lines: those that are there and nowhere else any more.
Status keep_aside(const store::Pin& pin, const store::Mending& mending, const std::string& name, const std::string& aside, Mended& out) {
  std::unordered_set<std::string_view> come;
  for (std::string_view rest = mending.lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    come.insert(line);
  }
  std::string all;
  for (const Seq seq : mending.away) {
    const auto add = [&](std::string_view line) {
      if (line.empty() || come.contains(line)) return true;
      all.append(line);
      ++out.alone;
      return true;
    };
    if (auto read = pin.extract(Seq{number(seq) - 1}, seq, add); !read) return std::move(read).error();
  }
  if (out.alone == 0) return {};
  const std::string epoch = mending.epoch.bits.hex();
  out.kept = aside + "/" + net::percent_encode(name).substr(0, 100) + "." + content_hash(name, epoch).bits.hex() + ".ndjson";
  if (auto made = base::make_owner_folder(aside); !made) return made;
  return base::write_owner_file(out.kept, all);
}

}  // namespace

Result<Mended> mend_from(net::HttpClient& client, const std::string& url, store::Feed& feed, const std::string& partition, const std::string& aside) {
  auto pin = feed.pin(partition);
  if (!pin) return std::move(pin).error();
  const auto lines = [&pin](const SeqRange& range, const std::function<void(std::string_view)>& take) -> Status {
    const auto each = [&take](std::string_view some) {
      take(some);
      return true;
    };
    auto read = (*pin)->extract(range.after, range.to, each);
    return read ? Status() : Status(std::move(read).error());
  };
  Reconciler reconciler((*pin)->standing(), lines);
  const auto state = feed.state();
  Mended cost;
  while (auto question = reconciler.next()) {
    question->feed = state.name;
    question->uid = state.uid.bits.hex();
    question->partition = partition;
    auto answer = ask(client, url, *question, cost);
    if (!answer) return std::move(answer).error();
    if (auto taken = reconciler.take(std::move(*answer)); !taken) return std::move(taken).error();
  }
  const auto mending = std::move(reconciler).result();
  if (mending.epoch != mending.mark.cursor.epoch && !aside.empty()) {
    if (auto kept = keep_aside(**pin, mending, state.name + (partition.empty() ? "" : "." + partition), aside, cost); !kept) return std::move(kept).error();
  }
  pin->reset();
  if (auto done = store::mend(feed, partition, mending); !done) return std::move(done).error();
  return cost;
}

}  // namespace meshgate::federation
