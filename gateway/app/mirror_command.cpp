#include <atomic>
#include <cstdio>
#include <thread>

#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/progress_line.hpp"
#include "gateway/app/signals.hpp"
#include "gateway/device/mirror.hpp"

namespace meshgate::app {

namespace {

device::MirrorOptions options_of(const MirrorArguments& arguments) {
  device::MirrorOptions options;
  options.url = arguments.url;
  options.feeds = arguments.feeds;
  options.partitions = arguments.partitions;
  options.file = arguments.into;
  options.ca = arguments.ca;
  options.certificate = arguments.certificate;
  options.key = arguments.key;
  options.once = arguments.once;
  options.replace = arguments.replace;
  return options;
}

int exit_of(Code code) {
  const bool wrong = code == Code::config || code == Code::unsupported || code == Code::not_found;  // --feed, --partition, the URL's path
  if (wrong) return kWrongUsage;
  return retryable(code) ? kUnreachable : kFailed;
}

}  // namespace

int mirror(const MirrorArguments& arguments) {
  const EndSignals signals;
  ProgressLine line;
  device::MirrorListener listener;
  if (!arguments.quiet) listener.progress = [&](const device::MirrorProgress& progress) { line.show(progress); };
  listener.say = [&](base::Level level, const std::string& text) {
    if (level < base::Level::info || (arguments.quiet && level < base::Level::warning)) return;
    line.end();
    std::fprintf(stderr, "%s\n", text.c_str());
  };
  auto opened = device::Mirror::open(options_of(arguments), listener);
  if (!opened) {
    std::fprintf(stderr, "meshgate: %s\n", opened.error().message.c_str());
    return exit_of(opened.error().code);
  }
  std::atomic<bool> over{false};
  std::thread watch([&] {
    if (signals.wait_unless(over)) (*opened)->cancel();
  });
  auto summary = (*opened)->run();
  over = true;
  watch.join();
  line.end();
  if (!summary) {
    std::fprintf(stderr, "meshgate: %s\n", summary.error().message.c_str());
    return exit_of(summary.error().code);
  }
  std::printf("%s", summary->text().c_str());
  return !arguments.once || summary->verified() ? kDone : kFailed;
}

}  // namespace meshgate::app
