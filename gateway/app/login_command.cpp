#include <unistd.h>

#include <array>
#include <cstdio>

#include "config/read_file.hpp"
#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/terminal.hpp"
#include "gateway/device/sign_in.hpp"
#include "gateway/net/address.hpp"

namespace meshgate::app {

namespace {

constexpr std::size_t kMostPassword = 4096;

std::string machine_name() {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "device";
  return name.data();
}

Result<std::string> password_of(const LoginArguments& arguments, const std::string& user) {
  if (arguments.password_file.empty()) return ask_secret("Password of " + user);
  auto text = config::read_file(arguments.password_file, kMostPassword);
  if (!text) return std::move(text).error().within(arguments.password_file);
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  return text;
}

/// Whether nobody on the way can read what is sent there.
bool is_private(const std::string& url) {
  constexpr std::string_view kClear = "http://";
  if (!url.starts_with(kClear)) return true;
  const auto address = net::parse_listen(url.substr(0, url.find('/', kClear.size())));
  return address && address->loopback;
}

/// Signs in and writes the file, or says why not.
Status sign_in_to(const std::string& url, const std::string& file, const LoginArguments& arguments) {
  auto user = arguments.user.empty() ? ask_person("User name") : Result<std::string>(arguments.user);
  if (!user) return std::move(user).error();
  auto password = password_of(arguments, *user);
  if (!password) return std::move(password).error();
  net::ClientOptions options;
  options.ca = arguments.ca;
  options.certificate = arguments.certificate;
  options.key = arguments.key;
  net::HttpClient client(std::move(options));
  auto signed_in = device::sign_in(client, url, *user, *password, arguments.device.empty() ? machine_name() : arguments.device);
  if (!signed_in) return std::move(signed_in).error();
  if (auto written = device::write_sign_in(file, *signed_in); !written) return written;
  std::printf("%s is signed in at %s as device %s; %s keeps that\n", user->c_str(), url.c_str(), signed_in->device.c_str(), file.c_str());
  return {};
}

}  // namespace

int login(const LoginArguments& arguments) {
  const std::string url = device::plain_url(arguments.url);
  if (!url.starts_with("http://") && !url.starts_with("https://")) return fail({Code::config, "'" + url + "' is no URL of a node: write http:// or https:// before it"});
  if (!is_private(url) && !arguments.insecure) {
    return fail({Code::config, "to " + url + " the password would go in clear over the network: write https://, or say --insecure where that is meant"});
  }
  const std::string file = arguments.into.empty() ? device::sign_in_path(url) : arguments.into;
  if (file.empty()) return fail({Code::config, "there is no home folder to keep the sign-in in; name a file with --into"});
  auto done = sign_in_to(url, file, arguments);
  return done ? kDone : fail(done.error());
}

}  // namespace meshgate::app
