#include "gateway/base/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

namespace meshgate::base {
namespace {

TEST(Metrics, AnEmptyTextIsStillOpenMetrics) { EXPECT_EQ(Metrics().text(), "# EOF\n"); }

TEST(Metrics, CountersEndInTotalAndGaugesDoNot) {
  Metrics metrics;
  metrics.counter("meshgate_rows", "Rows read.", {{"source", "erp"}}).add(3);
  metrics.gauge("meshgate_lag_seconds", "How old the newest data is.").set(0.25);
  EXPECT_EQ(metrics.text(),
            "# TYPE meshgate_rows counter\n# HELP meshgate_rows Rows read.\nmeshgate_rows_total{source=\"erp\"} 3\n"
            "# TYPE meshgate_lag_seconds gauge\n# HELP meshgate_lag_seconds How old the newest data is.\nmeshgate_lag_seconds 0.25\n"
            "# EOF\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameNumber) {
  Metrics metrics;
  Counter& one = metrics.counter("a", "A.", {{"x", "1"}});
  EXPECT_EQ(&one, &metrics.counter("a", "A.", {{"x", "1"}}));
  EXPECT_NE(&one, &metrics.counter("a", "A.", {{"x", "2"}}));
  for (int i = 0; i < 100; ++i) metrics.counter("a", "A.", {{"x", std::to_string(i + 3)}});
  one.add();
  EXPECT_EQ(metrics.counter("a", "A.", {{"x", "1"}}).value(), 1U);
}

TEST(Metrics, SeriesOfOneNameStandTogether) {
  Metrics metrics;
  metrics.gauge("a", "A.", {{"x", "1"}});
  metrics.gauge("b", "B.");
  metrics.gauge("a", "A.", {{"x", "2"}});
  const auto text = metrics.text();
  EXPECT_LT(text.find("a{x=\"2\"}"), text.find("# TYPE b"));
}

TEST(Metrics, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.gauge("a", "A.", {{"x", "q\"b\\n\nz"}, {"y", ""}});
  EXPECT_NE(metrics.text().find("a{x=\"q\\\"b\\\\n\\nz\",y=\"\"} 0\n"), std::string::npos) << metrics.text();
}

TEST(Metrics, GaugesTakeEveryDouble) {
  Metrics metrics;
  metrics.gauge("a", "A.").set(std::nan(""));
  metrics.gauge("b", "B.").set(-std::numeric_limits<double>::infinity());
  metrics.gauge("c", "C.").set(std::numeric_limits<double>::infinity());
  const auto text = metrics.text();
  EXPECT_NE(text.find("a NaN\n"), std::string::npos);
  EXPECT_NE(text.find("b -Inf\n"), std::string::npos);
  EXPECT_NE(text.find("c +Inf\n"), std::string::npos);
}

TEST(Metrics, AsksWhenTheTextIsMade) {
  Metrics metrics;
  double value = 1;
  metrics.ask("a", "A.", {}, [&] { return value; });
  EXPECT_NE(metrics.text().find("a 1\n"), std::string::npos);
  value = 2;
  EXPECT_NE(metrics.text().find("a 2\n"), std::string::npos);
}

TEST(Metrics, ManyThreadsLoseNothing) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 1000; ++i) {
        metrics.counter("a", "A.").add();
        metrics.gauge("b", "B.").add(0.5);
        if (i % 100 != 0) continue;
        EXPECT_TRUE(metrics.text().ends_with("# EOF\n"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("a", "A.").value(), 4000U);
  EXPECT_EQ(metrics.gauge("b", "B.").value(), 2000.0);
}

}  // namespace
}  // namespace meshgate::base
