#include <csignal>
#include <cstdio>

#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/node.hpp"

namespace meshgate::app {

namespace {

/// Blocks the signals that end the program in this and all threads made from here on; wait() takes them one by one.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void wait() const {
    int taken = 0;
    sigwait(&set_, &taken);
  }

 private:
  sigset_t set_{};
};

}  // namespace

int run_node(const std::string& config) {
  const EndSignals signals;
  Reading reading = read_configuration(config);
  if (!reading.diagnostics.all().empty()) std::fprintf(stderr, "%s", reading.secrets->redact(reading.diagnostics.text()).c_str());
  if (!reading.diagnostics.empty()) return kWrongUsage;
  auto node = Node::start(std::move(reading.configuration), reading.secrets);
  if (!node) {
    std::fprintf(stderr, "meshgate: %s\n", reading.secrets->redact(node.error().message).c_str());
    return kFailed;
  }
  (*node)->log().info("node", "serving at " + (*node)->url());
  signals.wait();
  (*node)->log().info("node", "stopping");
  (*node)->drain();
  return kDone;
}

}  // namespace meshgate::app
