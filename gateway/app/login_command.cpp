#include <unistd.h>

#include <array>
#include <cstdio>
#include <optional>

#include "config/read_file.hpp"
#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/app/exit_codes.hpp"
#include "gateway/app/login.hpp"
#include "gateway/app/terminal.hpp"
#include "gateway/device/sign_in.hpp"
#include "gateway/net/address.hpp"

namespace meshgate::app {

namespace {

constexpr std::size_t kMostPassword = 4096;

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

/// What a person says once, wherever it is shown.
struct Said {
  std::string user;
  std::string password;
};

/// Signs in and writes the file, or says why not.
Status sign_in_to(const SignInPlace& place, const Said& said, const LoginArguments& arguments) {
  net::ClientOptions options;
  options.ca = arguments.ca;
  options.certificate = arguments.certificate;
  options.key = arguments.key;
  net::HttpClient client(std::move(options));
  auto signed_in = device::sign_in(client, place.url, said.user, said.password, arguments.device.empty() ? machine_name() : arguments.device);
  if (!signed_in) return std::move(signed_in).error();
  if (auto written = device::write_sign_in(place.file, *signed_in); !written) return written;
  std::printf("%s is signed in at %s as device %s; %s keeps that\n", said.user.c_str(), place.url.c_str(), signed_in->device.c_str(), place.file.c_str());
  return {};
}

Status check_place(const SignInPlace& place, const LoginArguments& arguments) {
  if (!place.url.starts_with("http://") && !place.url.starts_with("https://")) return Error{Code::config, "'" + place.url + "' is no URL of a node: write http:// or https:// before it"};
  if (!is_private(place.url) && !arguments.insecure) {
    return Error{Code::config, "to " + place.url + " the password would go in clear over the network: write https://, or say --insecure where that is meant"};
  }
  return place.file.empty() ? Status(Error{Code::config, "there is no home folder to keep the sign-in in; name a file with --into"}) : Status();
}

}  // namespace

std::string machine_name() {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "device";
  return name.data();
}

Result<std::size_t> sign_in_at_one(const std::vector<SignInPlace>& places, const LoginArguments& arguments) {
  if (auto fine = check_place(places.front(), arguments); !fine) return std::move(fine).error();
  auto user = arguments.user.empty() ? ask_person("User name") : Result<std::string>(arguments.user);
  if (!user) return std::move(user).error();
  auto password = password_of(arguments, *user);
  if (!password) return std::move(password).error();
  const Said said{std::move(*user), std::move(*password)};
  std::optional<Error> first;
  for (std::size_t number = 0; number < places.size(); ++number) {
    Status done = check_place(places[number], arguments);
    if (done) done = sign_in_to(places[number], said, arguments);
    if (done) return number;
    if (!first) first = done.error();
    if (!retryable(done.error().code)) return std::move(done).error();
  }
  return std::move(*first);
}

int login(const LoginArguments& arguments) {
  const std::string url = device::plain_url(arguments.url);
  auto done = sign_in_at_one({{url, arguments.into.empty() ? device::sign_in_path(url) : arguments.into}}, arguments);
  return done ? kDone : fail(done.error());
}

}  // namespace meshgate::app
