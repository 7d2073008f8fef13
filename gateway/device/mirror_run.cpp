#include "gateway/device/mirror_run.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::device {

namespace {

constexpr std::chrono::milliseconds kWatch{250};
constexpr std::uint32_t kMostMismatches = 3;  ///< with `once`: passes that end with another digest before it is given up

net::ClientOptions client_options(const MirrorOptions& options) {
  net::ClientOptions out;
  out.silence = options.silence;
  out.unix_socket = options.unix_socket;
  out.ca = options.ca;
  out.certificate = options.certificate;
  out.key = options.key;
  out.authorization = options.authorization;
  return out;
}

}  // namespace

MirrorRun::MirrorRun(MirrorOptions options, MirrorListener listener, std::unique_ptr<MirrorFile> file)
    : options_(std::move(options)), listener_(std::move(listener)), file_(std::move(file)), taker_(*file_, options_.replace), asker_(client_options(options_)) {
  for (unsigned i = 0; i < std::max(1U, options_.connections); ++i) clients_.emplace_back(client_options(options_));
  for (unsigned i = 0; i + 1 < options_.connections; ++i) helpers_.emplace_back(client_options(options_));
}

MirrorRun::~MirrorRun() = default;

Result<MirrorSummary> MirrorRun::run() {
  if (auto found = discover_patiently(); !found) {
    if (found.error().code == Code::cancelled) return summary();
    return std::move(found).error();
  }
  for (net::HttpClient& client : clients_) workers_.emplace_back([this, &client] { work(client); });
  watch();
  {
    const Lock lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (net::HttpClient& client : clients_) client.cancel();
  for (net::HttpClient& client : helpers_) client.cancel();
  for (std::thread& worker : workers_) worker.join();
  auto committed = file_->commit();
  if (fatal_) return std::move(*fatal_);
  if (!committed) return std::move(committed).error();
  return summary();
}

void MirrorRun::cancel() {
  {
    const Lock lock(mutex_);
    stop_ = cancelled_ = true;
  }
  wake_.notify_all();
  asker_.cancel();
  for (net::HttpClient& client : clients_) client.cancel();
  for (net::HttpClient& client : helpers_) client.cancel();
}

bool MirrorRun::wait_for(std::chrono::milliseconds time) {
  Lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return stop_ || (options_.once && all_done()); });
  return !stop_;
}

void MirrorRun::give_up(Error error) {
  {
    const Lock lock(mutex_);
    if (!fatal_) fatal_ = std::move(error);
    stop_ = true;
  }
  wake_.notify_all();
}

// ---- the calling thread while workers read ----

void MirrorRun::watch() {
  std::chrono::milliseconds pause = options_.look_again;
  Clock::time_point look = Clock::now() + pause;
  while (wait_for(kWatch)) {
    if (auto done = file_->commit_due(); !done) say(base::Level::warning, done.error().message);
    if (options_.once && nothing_more()) return;
    // Whose rights changed may have been given others in a moment: looks at once, and then at twice the pause each time.
    if (other_rights_.exchange(false)) {
      pause = kWatch;
      look = Clock::now();
    }
    if (options_.more && options_.more()) look = Clock::now();
    if (options_.once || Clock::now() < look) continue;
    look_for_more();
    look = Clock::now() + pause;
    pause = std::min(2 * pause, options_.look_again);
  }
}

void MirrorRun::look_for_more() {
  auto found = discover();
  if (found) not_found_more_.clear();
  if (found || found.error().code == Code::cancelled) return;
  if (found.error().code == Code::conflict) {
    give_up(std::move(found).error());
  } else {
    say_once(not_found_more_, found.error().message);
  }
}

bool MirrorRun::nothing_more() {
  std::size_t before = 0;
  {
    const Lock lock(mutex_);
    if (!all_done()) return false;
    before = tasks_.size();
  }
  if (auto found = discover(); !found) say(base::Level::warning, found.error().message);
  const Lock lock(mutex_);
  return tasks_.size() == before && !more_to_come_;
}

bool MirrorRun::all_done() const {
  return std::all_of(tasks_.begin(), tasks_.end(), [](const Task& task) { return task.done || task.denied; });
}

// ---- workers ----

void MirrorRun::work(net::HttpClient& client) {
  Lock lock(mutex_);
  while (Task* task = next_due(lock)) {
    task->busy = true;
    lock.unlock();
    read(client, *task);
    lock.lock();
    task->busy = false;
    wake_.notify_all();
  }
}

MirrorRun::Task* MirrorRun::next_due(Lock& lock) {
  for (;;) {
    if (stop_) return nullptr;
    Task* first = nullptr;
    for (Task& task : tasks_) {
      if (!task.busy && !task.done && !task.denied && (first == nullptr || task.due < first->due)) first = &task;
    }
    if (first != nullptr && first->due <= Clock::now()) return first;
    if (first == nullptr) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, first->due);
    }
  }
}

void MirrorRun::read(net::HttpClient& client, Task& task) {
  Manner manner;
  std::uint64_t count = 0;
  {
    const Lock lock(mutex_);
    manner.live = streaming();
    manner.rights = rights_;
    manner.goes_on = [this] {
      const Lock asking(mutex_);
      return !stop_;
    };
    count = task.count;
  }
  // One partition at a time has all helpers; any other reads its ranges one after the other.
  const std::unique_lock helping(helping_, std::try_to_lock);
  std::vector<net::HttpClient*> helpers{&client};
  if (helping.owns_lock()) {
    for (net::HttpClient& one : helpers_) helpers.push_back(&one);
  }
  if (count >= options_.large) manner.helpers = helpers;
  const Outcome outcome =
      follow(client, options_.url, *file_, *task.place, manner, [&](const Applied& applied) { return on_applied(task, applied); });
  settle(task, outcome);
}

bool MirrorRun::on_applied(Task& task, const Applied& applied) {
  bool go_on = true;
  bool recovered = false;
  {
    const Lock lock(mutex_);
    task.lines += applied.lines;
    task.verified = applied.verified || (task.verified && applied.lines == 0 && !applied.mismatch);
    last_progress_ = Clock::now();
    if (applied.lines > 0) task.backoff.succeeded();
    recovered = applied.verified && !task.error.empty();
    if (recovered) task.error.clear();
    go_on = !stop_ && !(options_.once && applied.verified) && (streaming() || !applied.verified);
  }
  if (applied.removed > 0) {
    say(base::Level::info,
        task.place->title() + ": " + std::to_string(applied.removed) + " rows are no longer at the node and were removed");
  }
  if (applied.repaired > 0) say(base::Level::info, task.place->title() + ": repaired by what differs, with " + std::to_string(applied.repaired) + " bytes");
  if (recovered) say(base::Level::info, task.place->title() + ": caught up again");
  if (applied.lines > 0 || applied.caught_up) {
    report(task, applied.verified ? MirrorProgress::Stage::caught_up : MirrorProgress::Stage::reading);
  }
  return go_on;
}

void MirrorRun::put_off(Task& task, std::chrono::milliseconds wait) {
  const Lock lock(mutex_);
  task.due = Clock::now() + wait;
}

void MirrorRun::settle(Task& task, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::failed) return settle_failure(task, outcome);
  if (outcome.kind == Outcome::Kind::denied) return settle_denied(task, outcome);
  if (outcome.kind == Outcome::Kind::mismatch) {
    const std::uint32_t times = file_->standing(*task.place).mismatches;
    const std::string sentence = task.place->title() + ": what is stored is not what the node says it should be (count or digest differ, " +
                                 std::to_string(times) + " times in a row)";
    if (options_.once && times >= kMostMismatches) {
      return give_up({Code::corrupt, sentence + "; the node's own data may be damaged, run `meshgate check --deep` there"});
    }
    say(base::Level::warning, sentence + "; it is compared from the beginning");
    return put_off(task, options_.first_backoff * (1U << std::min(times, 10U)));
  }
  if (outcome.kind == Outcome::Kind::new_pass) {
    say(base::Level::warning, outcome.error.message + "; the rows stay, and are compared with the node from the beginning");
    return put_off(task, options_.first_backoff);
  }
  if (outcome.other_rights) other_rights_ = true;
  std::chrono::milliseconds wait{0};
  {
    const Lock lock(mutex_);
    task.done = options_.once && outcome.caught_up;
    // Caught up and taking turns: a pause. An answer that brought nothing and ended: a short one, or this would spin.
    if (outcome.lines == 0) wait = options_.first_backoff;
    if (outcome.caught_up && !streaming()) wait = options_.turn;
  }
  put_off(task, wait);
}

void MirrorRun::settle_denied(Task& task, const Outcome& outcome) {
  {
    const Lock lock(mutex_);
    task.denied = true;
    task.verified = false;
    task.error.clear();
  }
  other_rights_ = true;
  say(base::Level::warning, task.place->title() + ": not allowed any more; its " + std::to_string(outcome.dropped) + " items were removed");
}

void MirrorRun::settle_failure(Task& task, const Outcome& outcome) {
  if (outcome.error.code == Code::cancelled) return;
  if (outcome.error.code == Code::conflict) {  // another program changed the table while it was written
    auto checked = check_stored(*task.place->feed);
    return checked ? put_off(task, options_.first_backoff) : give_up(std::move(checked).error());
  }
  bool hopeless = false;
  std::chrono::milliseconds wait{0};
  std::string said;
  {
    const Lock lock(mutex_);
    said = std::exchange(task.error, outcome.error.message);
    const bool passing = retryable(outcome.error.code) || outcome.error.code == Code::corrupt;
    hopeless = options_.once && (!passing || Clock::now() - last_progress_ > options_.patience);
    wait = task.backoff.failed(outcome.wait);
    if (!passing) wait = std::max(wait, options_.longest_backoff);
  }
  if (hopeless) return give_up(outcome.error);
  say_once(said, outcome.error.message);
  put_off(task, wait);
}

// ---- telling ----

void MirrorRun::report(const Task& task, MirrorProgress::Stage stage) {
  MirrorProgress out;
  out.feed = task.place->feed->name;
  out.partition = task.place->partition;
  out.stage = stage;
  const ReaderState state = file_->standing(*task.place);
  out.held = state.count;
  if (stage == MirrorProgress::Stage::caught_up) out.digest = state.digest.text();
  {
    const Lock lock(mutex_);
    out.lines = task.lines;
    out.count = task.count;
  }
  const std::lock_guard telling(telling_);
  if (listener_.progress) listener_.progress(out);
}

void MirrorRun::say(base::Level level, const std::string& sentence) {
  const std::lock_guard telling(telling_);
  if (listener_.say) listener_.say(level, sentence);
}

void MirrorRun::say_once(std::string& said, const std::string& failure) {
  const bool news = said != failure;
  said = failure;
  say(news ? base::Level::warning : base::Level::debug, failure + "; trying again");
}

MirrorSummary MirrorRun::summary() {
  MirrorSummary out;
  std::vector<const Place*> places;
  {
    const Lock lock(mutex_);
    for (const Task& task : tasks_) {
      if (task.denied) continue;
      out.parts.push_back({task.place->feed->name, task.place->partition, 0, {}, task.verified, task.lines, task.error});
      places.push_back(task.place);
    }
  }
  // The file's lock is taken without ours: its recount asks us, under its own, whether to go on.
  for (std::size_t i = 0; i < places.size(); ++i) {
    const ReaderState state = file_->standing(*places[i]);
    out.parts[i].items = state.count;
    out.parts[i].digest = state.digest.text();
  }
  return out;
}

}  // namespace meshgate::device
