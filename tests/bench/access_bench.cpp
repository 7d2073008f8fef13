#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "gateway/access/directory_access.hpp"

/// What a directory costs: `access_bench [people] [groups] [folder]`. The groups are a tree, ten in each; each person is in ten of them, named by
/// distinguished name; one more group has half of all people.
namespace meshgate::access {
namespace {

using Clock = std::chrono::steady_clock;

/// What this thread computed: on a machine that does other things too only that can be compared.
double computed() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "access_bench: %s\n", why.c_str());
  std::exit(1);
}

std::string person_dn(std::size_t i) { return "uid=person" + std::to_string(i) + ",ou=people,ou=northern branch,dc=corp,dc=example"; }
std::string group_dn(std::size_t i) { return "cn=group" + std::to_string(i) + ",ou=groups,ou=northern branch,dc=corp,dc=example"; }
std::string anchor(const char* kind, std::size_t i) {
  char out[48];
  std::snprintf(out, sizeof out, "%s-0000-4000-8000-%012zx", kind, i);
  return out;
}

std::string group_content(const std::string& name, const std::string& dn, const std::vector<std::string>& members) {
  std::string out = R"({"dn":")" + dn + R"(","members":[)";
  for (const auto& member : members) out.append(out.back() == '[' ? "\"" : ",\"").append(member).append("\"");
  return out + R"(],"name":")" + name + "\"}";
}

std::vector<std::string> half(std::size_t people, bool all) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < people / 2; ++i) {
    if (all || i != 7) out.push_back(person_dn(i));
  }
  return out;
}

void put_half(store::Feed& groups, std::size_t people, bool all) {
  store::Batch batch("main");
  const std::vector<std::string> whole{""};
  batch.put("half", "half", group_content("half", "cn=half,dc=corp", half(people, all)), whole);
  if (!groups.commit(batch, nullptr)) stop("a commit failed");
}

/// Commits many items in batches.
void fill(store::Feed& feed, std::size_t count, const std::function<std::string(std::size_t)>& id, const std::function<std::string(std::size_t)>& content) {
  const std::vector<std::string> whole{""};
  store::Batch batch("main");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = id(i);
    batch.put(name, name, content(i), whole);
    if (batch.size() < 5000 && i + 1 < count) continue;
    if (i + 1 == count) batch.set_loading(false);
    if (!feed.commit(batch, nullptr)) stop("a commit failed");
    batch.clear();
  }
}

std::unique_ptr<store::Store> open(const std::filesystem::path& folder) {
  store::Options options;
  options.folder = folder;
  auto out = store::Store::open(options);
  if (!out) stop(out.error().message);
  return std::move(*out);
}

void make(const std::filesystem::path& folder, std::size_t people, std::size_t groups) {
  const auto store = open(folder);
  const auto users = *store->feed("_users");
  const auto named = *store->feed("_groups");
  std::mt19937_64 random(1);
  std::vector<std::vector<std::string>> members(groups);
  for (std::size_t i = 1; i < groups; ++i) members[i / 10].push_back(group_dn(i));
  for (std::size_t i = 0; i < people; ++i) {
    for (int n = 0; n < 10; ++n) members[random() % groups].push_back(person_dn(i));
  }
  fill(*users, people, [](std::size_t i) { return anchor("aaaaaaaa", i); },
       [](std::size_t i) { return R"({"dn":")" + person_dn(i) + R"(","mail":"person)" + std::to_string(i) + R"(@corp.example","name":"person)" + std::to_string(i) + R"(","site":"S)" + std::to_string(i % 50) + "\"}"; });
  fill(*named, groups, [](std::size_t i) { return anchor("bbbbbbbb", i); },
       [&](std::size_t i) { return group_content("group" + std::to_string(i), group_dn(i), members[i]); });
  put_half(*named, people, true);
}

std::size_t peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) / 1024;
  }
  return 0;
}

/// Who asks, and for which partition.
using Question = std::pair<Principal, std::string>;

std::vector<Question> questions(std::size_t people, std::size_t groups) {
  std::mt19937_64 random(2);
  std::vector<Question> out;
  for (std::size_t i = 0; i < 20000; ++i) out.emplace_back(Principal{anchor("aaaaaaaa", random() % people), "", ""}, std::to_string(random() % (groups / 100)));
  return out;
}

/// Processor time of one decision, where each question is asked so often, and how many are let in.
void decide(const Access& access, const char* what, const std::vector<Question>& asked, const char* feed, std::size_t times = 25) {
  const auto count = static_cast<double>(times * asked.size());
  std::size_t allowed = 0;
  const double began = computed();
  for (std::size_t i = 0; i < times * asked.size(); ++i) {
    const auto& [who, partition] = asked[i % asked.size()];
    if (access.sight(who, feed, partition) == Sight::allowed) ++allowed;
  }
  std::printf("%-64s %8.0f ns, %.1f %% allowed\n", what, (computed() - began) * 1e9 / count, 100.0 * static_cast<double>(allowed) / count);
}

/// The same without a partition: whether they may see any of a feed.
void decide_any(const Access& access, const std::vector<Question>& asked, const char* feed) {
  const double began = computed();
  for (const auto& [who, partition] : asked) (void)access.sight(who, feed);
  std::printf("%-64s %8.0f ns\n", "whether any of it, by group:NAME{partition}", (computed() - began) * 1e9 / static_cast<double>(asked.size()));
}

int run(std::size_t people, std::size_t groups, const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  // A process of its own, so that its memory does not count.
  const pid_t child = ::fork();
  if (child == 0) {
    make(folder, people, groups);
    std::_Exit(0);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) stop("the directory could not be made");
  config::Diagnostics faults;
  config::Secrets secrets;
  const auto root = config::parse_yaml("feeds:\n  _users: {}\n  _groups: {}\n  orders: { partition: p, read: \"group:group{partition}\" }\n"
                                       "  sites: { partition: p, read: principal.site == partition }\n  menu: { read: signed-in }\n  half: { read: group:half }\n",
                                       "bench.yaml", faults);
  auto policy = read_policy(root["node"], root["feeds"], secrets, faults);
  if (!faults.empty()) stop(faults.text());
  const auto store = open(folder);
  base::Log log(base::Level::error);
  base::Metrics metrics;
  const std::size_t before = peak_megabytes();
  const auto began = Clock::now();
  const double computed_before = computed();
  auto access = DirectoryAccess::start(std::move(policy), *store, nullptr, log, metrics);
  if (!access) stop(access.error().message);
  std::printf("%zu people, %zu groups: read in %.2f s, %.2f s of processor time; peak memory of the process %zu MB, %zu MB before\n", people, groups, seconds_since(began),
              computed() - computed_before, peak_megabytes(), before);
  const auto asked = questions(people, groups);
  decide(**access, "a decision by group:NAME{partition}", asked, "orders");
  decide(**access, "a decision by principal.site == partition", asked, "sites");
  decide(**access, "a decision by signed-in", asked, "menu");
  decide(**access, "a decision by group:half", asked, "half");
  decide_any(**access, asked, "orders");

  std::mutex mutex;
  std::condition_variable rung;
  const auto subscription = (*access)->subscribe([&] {
    const std::lock_guard lock(mutex);
    rung.notify_all();
  });
  const auto feed = *store->feed("_groups");
  const Principal seventh{anchor("aaaaaaaa", 7), "", ""};
  const auto left = Clock::now();
  put_half(*feed, people, false);
  std::unique_lock lock(mutex);
  rung.wait(lock, [&] { return (*access)->sight(seventh, "half", "") == Sight::denied; });
  std::printf("one of %zu members leaves a group: committed, and decided anew, in %.0f ms; peak memory %zu MB\n", people / 2, seconds_since(left) * 1e3, peak_megabytes());
  decide(**access, "the first decision about each by group:NAME{partition} after that", asked, "orders", 1);
  decide(**access, "the first decision about each by group:half after that", asked, "half", 1);
  return 0;
}

}  // namespace
}  // namespace meshgate::access

int main(int argc, char** argv) {
  const std::size_t people = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  const std::size_t groups = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10000;
  const std::filesystem::path folder = argc > 3 ? argv[3] : std::filesystem::temp_directory_path() / "meshgate-access-bench";
  return meshgate::access::run(people, groups, folder);
}
