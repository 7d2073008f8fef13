#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/progress_line.hpp"
#include "gateway/app/signals.hpp"
#include "gateway/device/mirror.hpp"
#include "gateway/device/sign_in.hpp"

namespace meshgate::app {

namespace {

/// How this device signs in; nothing: it does not. A file that was named must be there.
Result<std::unique_ptr<device::Authorization>> authorization_of(const MirrorArguments& arguments) {
  const std::string url = device::plain_url(arguments.url);
  const std::string file = arguments.sign_in.empty() ? device::sign_in_path(url) : arguments.sign_in;
  if (arguments.sign_in.empty() && (file.empty() || !std::filesystem::exists(file))) return std::unique_ptr<device::Authorization>();
  net::ClientOptions options;
  options.ca = arguments.ca;
  options.certificate = arguments.certificate;
  options.key = arguments.key;
  return device::Authorization::open(file, url, std::move(options));
}

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
  auto authorization = authorization_of(arguments);
  if (!authorization) {
    std::fprintf(stderr, "meshgate: %s\n", authorization.error().message.c_str());
    return exit_of(authorization.error().code);
  }
  device::Authorization* signed_in = authorization->get();
  auto options = options_of(arguments);
  if (signed_in != nullptr) options.authorization = [signed_in](std::string_view refused) { return signed_in->field(refused); };
  auto opened = device::Mirror::open(std::move(options), listener);
  if (!opened) {
    std::fprintf(stderr, "meshgate: %s\n", opened.error().message.c_str());
    return exit_of(opened.error().code);
  }
  std::atomic<bool> over{false};
  std::thread watch([&] {
    if (!signals.wait_unless(over)) return;
    (*opened)->cancel();
    if (signed_in != nullptr) signed_in->cancel();
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
