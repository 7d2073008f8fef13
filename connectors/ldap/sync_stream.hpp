#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/ldap/stream.hpp"
#include "connectors/ldap/sync_controls.hpp"

namespace meshgate::ldap {

/// Lets the server tell what changes (RFC 4533, refreshAndPersist). Without a cookie it gives everything: a scan. With one it either tells every change
/// and delete since (refreshDelete), or every change and the names of all that is there (refreshPresent): then this is a scan too, and what was not named
/// is the host's to judge. After that refresh changes come as they are made. Now and then the whole is read anew and compared.
///
/// Within a refresh no cookie counts. A scan of everything that was given up in the middle is asked for anew, and what the Position says was shown is passed
/// over as long as it is the same to the last byte. In a later scan the Position keeps the cookie from before it.
///
/// ```
///   no cookie ──► refresh, a scan ─┐
///   cookie ─┬──► refresh ──────────┼──► persist ──(sweep is due)──► no cookie
///           └──► refresh, a scan ──┘
/// ```
class SyncStream : public EntryStream {
 public:
  /// `context` is the entry where the server notes how far it is.
  SyncStream(Site& site, Choice choice, EntryTable table, bool paged, std::unique_ptr<Link> link, std::string context)
      : EntryStream(site, std::move(choice), std::move(table), paged, std::move(link)), context_(std::move(context)) {}
  ~SyncStream() override { stop(); }

  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override;

 private:
  /// One read under way.
  struct Turn {
    sdk::Sink& sink;
    sdk::Budget& budget;
    sdk::Progress& out;
    bool light = false;
    bool more = true;      ///< the host takes more
    bool ended = false;    ///< the refresh came to its end
    bool refused = false;  ///< a scan would have to begin, and is not wanted now
  };

  sdk::Status place(std::string_view position, const Position* at, Turn& turn);
  sdk::Status begin(Position at, Turn& turn);
  sdk::Status begin_anew(Turn& turn);
  sdk::Status must_not_lag(std::string_view cookie);
  sdk::Status run(Turn& turn);
  sdk::Status take_message(LDAPMessage* message, Turn& turn);
  sdk::Status take_entry(LDAPMessage* message, Turn& turn);
  sdk::Status take_note(LDAPMessage* message, Turn& turn);
  sdk::Status take_result(LDAPMessage* message, Turn& turn);
  void note_walked();
  sdk::Status pass_over(Turn& turn);
  sdk::Status take_ids(std::vector<Uuid> ids, bool removed, Turn& turn);
  void emit_id(Turn& turn);
  void take_cookie(const std::optional<std::string>& cookie);
  void enter_scan(Turn& turn);
  sdk::Status end_refresh(bool present_was_told, Turn& turn);
  void finish_refresh(Turn& turn);
  void rest(Turn& turn);
  [[nodiscard]] bool sweep_due() const;
  sdk::Status feel();
  void stop();
  sdk::Status wrong(std::string_view what) const;

  const std::string context_;
  Position at_;
  std::string given_;      ///< the Position of the last read, while what follows it is at hand
  int request_ = -1;       ///< the search, below 0: none
  bool refreshing_ = false;
  bool whole_ = false;         ///< the refresh shows everything
  bool scans_here_ = false;    ///< the scan that the Position speaks of was begun on this link
  bool passing_ = false;       ///< over what at_.trail says was shown
  Trail walked_;               ///< of the search, since its beginning or its last cookie
  bool present_told_ = false;  ///< what is not named by now is gone
  bool ending_ = false;        ///< the server said that it was all; ids may wait
  bool scan_waits_ = false;    ///< for a read that is not light
  std::string cookie_;         ///< the last one of the refresh
  std::int64_t began_us_ = 0;  ///< the refresh
  std::uint64_t met_references_ = 0;
  std::vector<Uuid> met_;      ///< shown by the refresh in reads before this one, before it turned out to be a scan
  std::vector<Uuid> shown_;    ///< the same in this read

  std::vector<Uuid> ids_;  ///< named by the server and not yet emitted, last one first
  bool ids_removed_ = false;

  // Whether the server is still there: a small question now and then.
  int probe_ = -1;
  std::int64_t probe_us_ = 0;    ///< when it was sent
  std::int64_t alive_us_ = 0;    ///< when the last one was that was answered
  std::int64_t known_us_ = 0;    ///< the one before: what was committed until then has come
};

}  // namespace meshgate::ldap
