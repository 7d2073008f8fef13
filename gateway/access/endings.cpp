#include <algorithm>

#include "gateway/access/sign_in.hpp"

namespace meshgate::access {

/// The time of a device stands still while the directory does not have its person: it could not be refreshed.
bool SignIn::ended(const Device& device, Micros at) const { return device.until <= at && (device.browser || !absences_->holds(device.user)); }

void SignIn::tend() {
  const Micros at = place_.clock();
  const Issuer before = issuer();
  if (auto tended = revocations_->tend(at); !tended) log_.warning("sign-in", tended.error().message);
  if (auto tended = keys_->tend(at); !tended) log_.error("sign-in", "the next key could not be made, the one before goes on: " + tended.error().message);
  look_who_is_there(book_->list(std::nullopt), at);
  std::vector<std::string> over;
  for (const auto& device : book_->list(std::nullopt)) {
    if (ended(device, at)) over.push_back(device.id);
  }
  if (auto removed = book_->remove(over); !removed) log_.warning("sign-in", removed.error().message);
  if (!over.empty() || issuer() != before) tell();
}

/// Only a look that sees everybody counts. Whoever is disabled is there.
void SignIn::look_who_is_there(const std::vector<Device>& devices, Micros at) {
  std::set<std::string> gone;
  std::set<std::string> there;
  for (const auto& device : devices) {
    if (gone.contains(device.user) || there.contains(device.user)) continue;
    const auto person = people_.anchored(device.user);
    if (!person && person.error().code != Code::not_found) return absences_->look_away();
    (person ? there : gone).insert(device.user);
  }
  take_back(devices, gone, at);
  tell_gone(devices, gone);
  if (auto looked = absences_->look(gone, at); !looked) log_.warning("sign-in", "who is gone cannot be written down: " + looked.error().message);
  purge(devices);
}

/// Devices of those who were gone and are there again live as if just refreshed. Before it is forgotten that they were gone: a crash between does no harm.
void SignIn::take_back(const std::vector<Device>& devices, const std::set<std::string>& gone, Micros at) {
  const Micros until{at.count + std::chrono::microseconds(options_.refresh_token).count()};
  for (const auto& device : devices) {
    if (device.browser || gone.contains(device.user) || !absences_->holds(device.user)) continue;
    const auto renewed = book_->change(device.id, [&](Device& one) {
      one.until = std::max(one.until, until);
      return Status();
    });
    if (!renewed) log_.warning("sign-in", renewed.error().message);
    else log_.info("sign-in", named(device) + " goes on: the directory has that person again");
  }
}

void SignIn::tell_gone(const std::vector<Device>& devices, const std::set<std::string>& gone) const {
  for (const auto& device : devices) {
    if (!gone.contains(device.user) || absences_->holds(device.user)) continue;
    log_.info("sign-in", named(device) + " is refused, and kept for a while: the directory does not have that person any more");
  }
}

void SignIn::purge(const std::vector<Device>& devices) {
  const auto away = absences_->longer_than(options_.grace);
  std::vector<std::string> ids;
  for (const auto& device : devices) {
    if (std::ranges::binary_search(away, device.user)) ids.push_back(device.id);
  }
  if (ids.empty()) return;
  if (auto removed = take_out(ids); !removed) return log_.warning("sign-in", removed.error().message);
  for (const auto& device : devices) {
    if (!std::ranges::binary_search(away, device.user)) continue;
    log_.audit({"the node", {}, named(device) + " purged", "that person (" + device.user + ") has not been in the directory for the time of grace", {}});
  }
  tell();
}

}  // namespace meshgate::access
