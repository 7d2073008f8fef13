#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "tests/unit/serve/sign_in_node.hpp"

namespace meshgate::serve::test {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::vector<double>;

/// How far the ranks of `a` lie from where they would be by chance, in standard deviations (Mann and Whitney's test).
double rank_distance(const Seconds& a, const Seconds& b) {
  double wins = 0;
  for (const double x : a) {
    for (const double y : b) wins += x > y ? 1 : x == y ? 0.5 : 0;
  }
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  return std::abs(wins - n * m / 2) / std::sqrt(n * m * (n + m + 1) / 12);
}

/// The source takes its time over people it knows and none over others: the worst that it can do.
class AuthTiming : public SignInNode {
 protected:
  static constexpr int kPeople = 60;
  static constexpr std::int64_t kMostMicros = 8000;

  AuthTiming() { options_.refusal_step = std::chrono::milliseconds(50); }

  void SetUp() override {
    const char* given = std::getenv("MESHGATE_TEST_SEED");
    const std::uint32_t seed = given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device()();
    std::printf("seed %u\n", seed);
    SignInNode::SetUp();
    people_.take_time(kMostMicros, seed);
    for (int i = 0; i < kPeople; ++i) people_.add("person" + std::to_string(i), "secret");
  }

  /// `ask` is called for somebody known and somebody unknown in turn.
  template <class Ask>
  static std::pair<Seconds, Seconds> measure(Ask ask) {
    std::pair<Seconds, Seconds> out;
    const auto time = [&](const std::string& name) {
      const auto begin = Clock::now();
      ask(name);
      return std::chrono::duration<double>(Clock::now() - begin).count();
    };
    for (int i = 0; i < kPeople; ++i) {
      out.first.push_back(time("person" + std::to_string(i)));
      out.second.push_back(time("nobody" + std::to_string(i)));
    }
    return out;
  }
};

TEST_F(AuthTiming, OfTheSourceWouldTellWhoExists) {
  const auto [known, unknown] = measure([&](const std::string& name) {
    access::Attempt attempt;
    attempt.name = name;
    attempt.password = "wrong";
    attempt.device = "d";
    EXPECT_FALSE(opened_->sign_in(attempt));
  });
  EXPECT_GT(rank_distance(known, unknown), 5.0) << "the comparison sees nothing";
}

TEST_F(AuthTiming, OfTheAnswerTellsNothing) {
  const auto [known, unknown] = measure([&](const std::string& name) { EXPECT_EQ(password(name, "wrong").status, 401U); });
  const double distance = rank_distance(known, unknown);
  std::printf("%.2f standard deviations apart\n", distance);
  EXPECT_LT(distance, 4.5);
}

}  // namespace
}  // namespace meshgate::serve::test
