#include <malloc.h>

#include <cstdio>

#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/node.hpp"
#include "gateway/app/open_files.hpp"
#include "gateway/app/signals.hpp"

namespace meshgate::app {

namespace {

constexpr std::chrono::seconds kTending{2};
constexpr int kMostFree = 32 << 20;
constexpr int kLargeBuffer = 2 << 20;  ///< such as a broker's answer; what goes to readers comes in smaller ones

/// Until the node is told to end.
void attend(Node& node, const EndSignals& signals) {
  for (;;) {
    const int signal = signals.wait_for(kTending);
    if (signal == SIGINT || signal == SIGTERM) return;
    if (signal == SIGHUP) {
      node.reload();
    } else {
      node.tend();
    }
  }
}

}  // namespace

int run_node(const std::string& config) {
  const EndSignals signals{SIGHUP};
  (void)raise_open_files();
  // Each is mapped by itself, and gone when it is freed; glibc would soon take them from its heaps, where they leave holes.
  mallopt(M_MMAP_THRESHOLD, kLargeBuffer);
  mallopt(M_TRIM_THRESHOLD, kMostFree);  // which would stay at 128 KiB then, and heaps shrink with every other free
  Reading reading = read_configuration(config);
  if (!reading.diagnostics.all().empty()) std::fprintf(stderr, "%s", reading.secrets->redact(reading.diagnostics.text()).c_str());
  if (!reading.diagnostics.empty()) return kWrongUsage;
  auto node = Node::start(std::move(reading.configuration), reading.secrets);
  if (!node) {
    std::fprintf(stderr, "meshgate: %s\n", reading.secrets->redact(node.error().message).c_str());
    return kFailed;
  }
  (*node)->log().info("node", "serving at " + (*node)->url());
  attend(**node, signals);
  (*node)->log().info("node", "stopping");
  (*node)->drain();
  return kDone;
}

}  // namespace meshgate::app
