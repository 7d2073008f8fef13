#include "gateway/federation/pull.hpp"

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/federation/claims.hpp"
#include "gateway/federation/mender.hpp"
#include "gateway/federation/page_queue.hpp"
#include "mesh/offered_feed.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::federation {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstWait{250};
constexpr milliseconds kLongestWait{15000};
constexpr std::chrono::seconds kLookAgain{30};  ///< for a feed that the peer did not give
constexpr std::chrono::seconds kBlamed{60};     ///< that gave what cannot be, while another may do better
constexpr int kMostRepairs = 3;
constexpr unsigned kNotThere = 404;
constexpr milliseconds kIdle{5000};             ///< between looks at a peer from which nothing is followed; half of `lag` where that is less
constexpr const char* kOlder = "what this peer knows of who may read it is older than that it may not be read here";

bool wanted(const Held& held, const std::string& partition) { return held.partitions.empty() || std::ranges::find(held.partitions, partition) != held.partitions.end(); }

/// Of the partitions that are wanted, or else held, those that the peer does not give. Where that is all of them it is asked for all, and says why.
std::vector<std::string> not_offered(const FollowedFeed& wanted, const store::FeedState& own, const OfferedFeed& offered) {
  auto out = wanted.partitions;
  for (const auto& part : own.partitions) {
    if (wanted.partitions.empty()) out.push_back(part.name);
  }
  const bool some = std::erase_if(out, [&](const std::string& name) { return std::ranges::find(offered.partitions, name, &OfferedFeed::Part::name) != offered.partitions.end(); }) > 0;
  return some ? out : std::vector<std::string>();
}

std::string without(const std::vector<std::string>& lacking) {
  std::string out;
  for (const auto& one : lacking) out.append(out.empty() ? "the peer does not give " : ", ").append(one);
  return lacking.empty() ? out : out + ": it has no such partition, or this node may not read it; the others are followed";
}

}  // namespace

/// One answer to POST /sync on its way into the store. Pages are written on the queue's thread; what else is told waits until they are.
struct Pull::Session {
  Pull& pull;
  std::vector<Copy> copies;
  std::map<Part, Cursor> at;  ///< where each partition's next page begins
  std::chrono::steady_clock::time_point until{};
  std::optional<Error> error;

  Copy* copy_of(const Part& part) {
    const auto found = std::ranges::find_if(copies, [&](const Copy& one) { return one.held.feed == part.feed; });
    return found == copies.end() ? nullptr : &*found;
  }

  /// What the peer gave cannot be: for a while it is not asked for this feed. A full disk here is no fault of the peer's.
  bool fail(const Copy& copy, Error why) {
    if (why.code != Code::no_space) pull.blamed_[copy.number] = std::chrono::steady_clock::now() + kBlamed;
    pull.house_.routes.fails(pull.number_, copy.number, why.message);
    error = std::move(why);
    return false;
  }

  bool page(const PageQueue::Page& page) {
    Copy* copy = copy_of(page.part);
    if (copy == nullptr) return true;
    if (std::ranges::find(copy->lacking, page.part.partition) != copy->lacking.end()) return given_again(page.part);
    Cursor& from = at[page.part];
    if (auto followed = copy->feed->follow(page.part.partition, from, page.lines, page.mark); !followed) return fail(*copy, std::move(followed).error());
    if (pull.house_.taken) pull.house_.taken(*copy->feed, page.part.partition, from, page.lines, page.mark);
    from = page.mark.cursor;
    pull.anew_.erase(page.part);
    if (page.mark.caught_up) pull.mended_.erase(page.part);
    pull.complaints_.clear();
    pull.pages_.add();
    pull.bytes_.add(page.lines.size());
    pull.house_.routes.follows(pull.number_, copy->number);
    pull.house_.routes.gave(pull.number_, copy->number, {page.mark.cursor.epoch, page.mark.cursor.seq, page.mark.as_of}, page.mark.caught_up);
    pull.link_.answered();
    return true;
  }

  /// It is asked for from where this node stands, at once.
  bool given_again(const Part& part) {
    error = Error{Code::cancelled, part.text() + " is given again"};
    const std::lock_guard lock(pull.mutex_);
    pull.client_->cancel();
    return false;
  }

  /// The other partitions are followed on. False: there are none.
  bool goes_without(Copy& copy, const std::string& partition) {
    const auto lacks = [&](const std::string& name) { return std::ranges::find(copy.lacking, name) != copy.lacking.end(); };
    if (!lacks(partition)) copy.lacking.push_back(partition);
    const auto state = copy.feed->state();
    const bool some = copy.held.partitions.empty() ? !std::ranges::all_of(state.partitions, lacks, &store::PartitionState::name) : !std::ranges::all_of(copy.held.partitions, lacks);
    if (!some) return false;
    until = std::min(until, std::chrono::steady_clock::now() + kLookAgain);
    pull.say_lacking(copy);
    return true;
  }

  /// What was kept back counts too.
  void finish() {
    for (const Copy& copy : copies) {
      if (auto done = copy.feed->finish(); !done && !error) fail(copy, std::move(done).error());
    }
  }

  bool schema(const Part& part, const Schema& schema) {
    Copy* copy = copy_of(part);
    if (copy == nullptr) return true;
    const auto state = copy->feed->state();
    auto adopted = copy->feed->adopt({state.uid, schema, state.divided});
    return adopted ? true : fail(*copy, std::move(adopted).error());
  }

  /// What was too old is read from 0 in the next question. The others go on.
  bool not_given(const Part& part, const NotGiven& told) {
    Copy* copy = copy_of(part);
    if (copy == nullptr) return true;
    // Only an origin says so.
    if (told.reason == "beyond-head") {
      return fail(*copy, {Code::conflict, part.text() + ": the peer holds less of its own order than this node does: its folder, or its disk, was put back to what it was before. "
                                                        "`meshgate backup` and `meshgate restore` there give it a new order, and only what differs is read"});
    }
    if (told.status == 410) {
      pull.anew_.insert(part);
      error = Error{Code::gone, part.text() + ": " + told.why};
      return false;
    }
    if (told.denied && pull.house_.denied) {
      at.erase(part);
      pull.house_.denied(part.feed, part.partition);
      return true;
    }
    const bool of_partition = !part.partition.empty() && (told.denied || told.status == kNotThere);
    if (of_partition && goes_without(*copy, part.partition)) return true;
    const std::string why = part.text() + ": the peer does not give it" + (told.why.empty() ? std::string() : " (" + told.why + ")");
    pull.complain(pull.peer().name + ": " + why);
    pull.house_.routes.fails(pull.number_, copy->number, why);
    return true;
  }
};

Pull::Pull(House house, std::size_t peer)
    : house_(house),
      number_(peer),
      pages_(house.metrics.counter("meshgate_peer_pages", "Pages of changes that were taken from a peer.", {{"peer", this->peer().name}})),
      bytes_(house.metrics.counter("meshgate_peer_bytes", "Bytes of lines that were taken from a peer, not compressed.", {{"peer", this->peer().name}})),
      backoff_(kFirstWait, kLongestWait),
      thread_([this] { run(); }) {}

Pull::~Pull() { join(); }

void Pull::join() {
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<net::HttpClient> Pull::new_client() {
  auto client = std::make_shared<net::HttpClient>(peer().client);
  const std::lock_guard lock(mutex_);
  client_ = client;
  following_.clear();
  link_.dials();
  return client;
}

void Pull::look_again() {
  const std::lock_guard lock(mutex_);
  const auto leaves = [&] { return !following_.empty() && (house_.routes.chosen(number_) != following_ || house_.routes.doubts(number_)); };
  if (client_ && (house_.routes.stopped() || leaves())) client_->cancel();
}

/// A peer whose origin is not the newest is told so.
Error Pull::newer_here(net::HttpClient& client, const std::string& feed, const StatedClaim& theirs, const Error& why) {
  auto own = house_.store.feed(feed);
  if (own && own_claim(**own).claim > theirs.claim) (void)tell_claim(client, peer().url, feed, house_.bindings.own(**own));
  return why;
}

void Pull::say_lacking(const Copy& copy) {
  const std::string why = without(copy.lacking);
  const bool news = house_.routes.lacks(number_, copy.number, why);
  if (news && !why.empty()) house_.log.warning("federation", peer().name + ": feed " + copy.held.feed + ": " + why);
}

Status Pull::admit(const OfferedFeed& offered, Held& held) const {
  std::vector<std::string> admitted;
  for (const auto& part : offered.partitions) {
    if (!house_.admits || house_.admits(offered, part.name)) admitted.push_back(part.name);
  }
  if (admitted.size() == offered.partitions.size()) return {};
  if (!held.partitions.empty()) std::erase_if(admitted, [&](const std::string& one) { return !wanted(held, one); });
  if (admitted.empty()) return Error{Code::auth, kOlder};
  held.partitions = std::move(admitted);
  return {};
}

Status Pull::take_over(net::HttpClient& client, std::size_t feed, Copy& out) {
  const FollowedFeed& wanted = house_.options.feeds[feed];
  auto answer = client.send("GET", peer().url + "/feeds/" + percent_encoded(wanted.name));
  if (!answer) return std::move(answer).error();
  link_.answered(std::string(answer->fields.find("Meshgate-Protocol").value_or("")));
  if (auto good = check_protocol(*answer); !good) return good;
  if (answer->status != 200) return refused(*answer);
  auto offered = parse_feed(answer->body);
  if (!offered) return std::move(offered).error();
  const auto uid = Bits128::from_hex(offered->uid);
  if (!uid) return not_a_node("a feed without an identity");
  auto stated = ask_claim(client, peer().url, wanted.name);
  if (!stated) return std::move(stated).error();
  if (stated->uid.empty()) stated->uid = offered->uid;
  if (stated->uid != offered->uid) return not_a_node("a feed with two identities");
  if (auto met = house_.bindings.admit(peer(), wanted.name, *stated); !met) return newer_here(client, wanted.name, *stated, met.error());
  auto own = house_.store.copy(wanted.name, {FeedUid{*uid}, offered->schema, offered->divided});
  if (!own) return std::move(own).error();
  if (auto kept = house_.bindings.admit(peer(), wanted.name, *stated); !kept) return kept;
  if (auto may = store::may_take(**own, offered->epoch, offered->as_of, offered->loading); !may) return may;
  house_.routes.tells(number_, feed, *offered);
  out = {feed, *own, {wanted.name, offered->uid, offered->schema.version, {}, wanted.partitions}};
  if (auto admitted = admit(*offered, out.held); !admitted) return admitted;
  if (out.held.partitions != wanted.partitions) complain(peer().name + ": feed " + wanted.name + ": not all of it is taken; " + kOlder);
  // Who lets go of what is denied asks for it, to be told.
  if (!house_.denied) out.lacking = not_offered(wanted, (*own)->state(), *offered);
  const auto lacks = [&](const std::string& partition) { return std::ranges::find(out.lacking, partition) != out.lacking.end(); };
  std::erase_if(out.held.partitions, lacks);
  say_lacking(out);
  const auto hold = [&](const std::string& partition) {
    if (lacks(partition) || anew_.contains({wanted.name, partition})) return;
    if (const Cursor at = (*own)->followed(partition); !at.start()) out.held.cursors.emplace(partition, at);
  };
  for (const auto& part : (*own)->state().partitions) hold(part.name);
  for (const auto& part : offered->partitions) hold(part.name);
  return {};
}

/// A repair that breaks off is tried again a few times; one after which the copy still differs is followed by a new copy.
Status Pull::mend(net::HttpClient& client, Copy& copy) {
  for (const auto& one : copy.feed->state().partitions) {
    const Part part{copy.held.feed, one.name};
    if (copy.held.cursors.contains(one.name) || one.standing.head == Seq{0} || !wanted(copy.held, one.name)) continue;
    if (std::ranges::find(copy.lacking, one.name) != copy.lacking.end()) continue;
    int& tries = mended_[part];
    if (tries >= kMostRepairs) continue;
    auto mended = mend_from(client, peer().url, copy.feed, one.name, house_.options.aside);
    const bool passing = !mended && (mended.error().code == Code::cancelled || retryable(mended.error().code));
    tries = passing ? tries + 1 : kMostRepairs;
    if (passing) return std::move(mended).error();
    if (!mended) {
      house_.log.info("federation", peer().name + ": " + part.text() + ": not repaired (" + mended.error().message + "); it is read from 0");
      continue;
    }
    anew_.erase(part);
    copy.held.cursors[one.name] = copy.feed->followed(one.name);
    tell(house_.log, peer().name, part.text(), *mended);
  }
  return {};
}

Status Pull::follow(const std::shared_ptr<net::HttpClient>& client, std::vector<Copy> copies) {
  std::vector<Held> held;
  Session session{*this, std::move(copies), {}, std::chrono::steady_clock::time_point::max(), std::nullopt};
  for (const Copy& copy : session.copies) {
    held.push_back(copy.held);
    for (const auto& [partition, cursor] : copy.held.cursors) session.at[{copy.held.feed, partition}] = cursor;
  }
  {
    const std::lock_guard lock(mutex_);
    for (const Copy& copy : session.copies) following_.push_back(copy.number);
  }
  look_again();
  // What was not given, or not taken, is asked for again before long.
  const auto whole = [&](const Copy& one) { return one.lacking.empty() && one.held.partitions == house_.options.feeds[one.number].partitions; };
  const bool all = std::ranges::all_of(session.copies, whole);
  if (!all || house_.routes.candidates(number_).size() > session.copies.size()) session.until = std::chrono::steady_clock::now() + kLookAgain;
  PageQueue queue([&](const PageQueue::Page& page) { return session.page(page); });
  SyncCutter cutter({[&](const Part& part, std::string lines, const Mark& mark) { return queue.put({part, std::move(lines), mark}); },
                     [&](const Part& part, const Schema& schema) { return queue.drain() && session.schema(part, schema); },
                     [&](const Part& part, const NotGiven& told) { return queue.drain() && session.not_given(part, told); }});
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  fields.add("Prefer", "compact");
  if (!house_.options.node.empty()) fields.add("Meshgate-Node", house_.options.node);
  const auto take = [&](std::string_view bytes) { return cutter.take(bytes) && std::chrono::steady_clock::now() < session.until; };
  auto answer = client->stream(peer().url + "/sync", sync_question(held), fields, take);
  // What came whole counts, however the answer ended.
  queue.drain();
  session.finish();
  if (session.error) return *session.error;
  if (cutter.error()) return *cutter.error();
  if (!answer) return std::move(answer).error();
  return answer->status == 200 ? Status{} : Status{refused(*answer)};
}

/// Once, until something has come again.
bool Pull::complain(const std::string& why) {
  const bool news = complaints_.insert(why).second;
  if (news) house_.log.warning("federation", why);
  return news;
}

/// Asks the peer what it gives. An error: it cannot be asked.
Status Pull::take_over_all(net::HttpClient& client, std::vector<Copy>& out) {
  const Status who = house_.bindings.meet_node(client, peer());
  for (const std::size_t feed : house_.routes.candidates(number_)) {
    if (const auto blamed = blamed_.find(feed); blamed != blamed_.end() && std::chrono::steady_clock::now() < blamed->second) continue;
    Copy copy;
    auto taken = who ? take_over(client, feed, copy) : who;
    if (taken) {
      house_.routes.gives(number_, feed);
      out.push_back(std::move(copy));
      continue;
    }
    const Error& why = taken.error();
    if (why.code == Code::cancelled || retryable(why.code)) return taken;
    const std::string& name = house_.options.feeds[feed].name;
    const bool news = complain(peer().name + ": feed " + name + ": " + why.message);
    if (news && why.code == Code::not_found && house_.denied) house_.denied(name, std::nullopt);
    house_.routes.fails(number_, feed, why.message);
  }
  const auto chosen = house_.routes.chosen(number_);
  std::erase_if(out, [&](const Copy& one) { return std::ranges::find(chosen, one.number) == chosen.end(); });
  return {};
}

Pull::Next Pull::attempt() {
  // Nothing was followed over it: it goes on being asked over the connection that is there.
  const auto client = resting_ ? client_ : new_client();
  std::vector<Copy> copies;
  auto done = take_over_all(*client, copies);
  const bool idle = copies.empty();
  resting_ = done && idle;
  for (auto copy = copies.begin(); done && copy != copies.end(); ++copy) done = mend(*client, *copy);
  if (done && !idle) done = follow(client, std::move(copies));
  if (done) {
    backoff_.succeeded();
    return idle ? Next::idle : Next::again;
  }
  if (done.error().code == Code::cancelled) return Next::again;
  if (done.error().code == Code::gone) {
    house_.log.info("federation", peer().name + ": " + done.error().message + "; it is read again from 0");
    return Next::again;
  }
  complain(blame(peer().name, done.error()));
  link_.fails(done.error().message);
  const bool all = retryable(done.error().code);
  for (const std::size_t feed : all ? house_.routes.candidates(number_) : std::vector<std::size_t>()) house_.routes.fails(number_, feed, done.error().message);
  return Next::failed;
}

void Pull::run() {
  const milliseconds idle = std::min(kIdle, house_.options.lag / 2);
  while (!house_.routes.stopped()) {
    const auto version = house_.routes.version();
    switch (attempt()) {
      case Next::again: house_.routes.wait(house_.routes.version(), kFirstWait); break;
      case Next::idle: house_.routes.wait(version, idle); break;
      case Next::failed: house_.routes.wait(house_.routes.version(), backoff_.failed()); break;
    }
  }
}

}  // namespace meshgate::federation
