#include <cstdio>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::app {

int devices_list(const std::string& config, const std::string& user) {
  const std::string path = "/admin/devices" + (user.empty() ? std::string() : "?user=" + percent_encoded(user));
  return with_answer(config, "GET", path, [](element root, bool) {
    const auto devices = list_in(root, "devices");
    for (const element one : devices) {
      std::printf("%s\t%s\t%s\t%s\tenrolled %s\tseen %s\n", text_of(one, "device").c_str(), text_of(one, "user").c_str(), text_of(one, "name").c_str(),
                  flag_of(one, "browser") ? "browser" : flag_of(one, "own_key") ? "own key" : "no key", text_of(one, "enrolled").c_str(),
                  text_of(one, "seen").c_str());
    }
    std::printf("%zu devices are signed in\n", devices.size());
    return kDone;
  });
}

int devices_revoke(const std::string& config, const std::string& device) {
  return with_answer(config, "DELETE", "/admin/devices/" + percent_encoded(device), [&](element, bool) {
    std::printf("device %s is signed out: its tokens are refused from now on\n", device.c_str());
    return kDone;
  });
}

}  // namespace meshgate::app
