#pragma once

#include <memory>
#include <string>

#include "connectors/ldap/paged_search.hpp"
#include "connectors/ldap/stream.hpp"

namespace meshgate::ldap {

/// Reads where the server does not tell what changes. With `poll`: once everything, then at each interval what was changed of late, by the time that the
/// server keeps with each entry, and now and then the keys of all. With `scan`: everything, each time.
///
/// Servers give no way to go on in the middle of a search on another connection. So a scan that is taken up again asks anew and passes over what the Position
/// says was shown, as long as that is the same to the last byte; otherwise the scan begins again.
class PolledStream : public EntryStream {
 public:
  PolledStream(Site& site, Choice choice, EntryTable table, bool paged, std::unique_ptr<Link> link, Capture capture)
      : EntryStream(site, std::move(choice), std::move(table), paged, std::move(link)), capture_(capture) {}

  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override;

 private:
  enum class Task : std::uint8_t { none, scan, poll, sweep };

  sdk::Status place(std::string_view position, bool light, sdk::Progress& out);
  sdk::Status begin(Task task, Query query);
  sdk::Status begin_scan(sdk::Progress& out);
  sdk::Status begin_poll();
  sdk::Status begin_sweep(sdk::Progress& out);
  sdk::Status run(const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out);
  sdk::Status step(LDAPMessage* entry, sdk::Sink& sink, sdk::Budget& budget, sdk::Progress& out, bool& more);
  sdk::Status end_task(bool light, sdk::Progress& out);
  [[nodiscard]] bool sweep_due() const;
  void stop();

  const Capture capture_;
  Task task_ = Task::none;
  std::unique_ptr<PagedSearch> search_;  ///< uses link_
  Position at_;
  std::string given_;         ///< the Position of the last read, while what follows it is at hand
  Trail walked_;              ///< of the scan under way
  bool passing_ = false;      ///< over what at_.trail says was shown
  bool polled_ = false;       ///< in this round
  std::int64_t began_us_ = 0;  ///< the task under way
};

}  // namespace meshgate::ldap
