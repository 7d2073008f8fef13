#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "connectors/odbc/choice.hpp"
#include "connectors/odbc/journal_reader.hpp"
#include "connectors/odbc/link.hpp"
#include "connectors/odbc/position.hpp"
#include "connectors/odbc/rows.hpp"
#include "connectors/odbc/scan.hpp"
#include "connectors/odbc/table.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::odbc {

/// A table, or a query in its place, read again and again: from end to end, or what changed by its tracked column or journal, with scans now and then. What
/// comes next is next_turn(); course.cpp begins and ends what it says, stream.cpp hands on rows, journal_stream.cpp what is particular to a journal. Between two of
/// them nothing is open but the connection.
class TableStream final : public sdk::Stream {
 public:
  TableStream(std::shared_ptr<const Target> target, const std::shared_ptr<Signal>& signal, TableWish wish, TrackWish track, std::string_view reader);
  ~TableStream() override;

  /// Reaches out: the table, its key and the right to read it; what it is tracked by, and the rights for that.
  sdk::Status open();
  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override;
  sdk::Status lookup(const sdk::Keys& keys, sdk::Sink& sink) override;
  sdk::Status settled(std::string_view position) override;

 private:
  // opening.cpp: the table, and what the database says of it
  using Texts = std::vector<std::vector<std::string>>;
  sdk::Status look_up_table(Texts& out, bool& lockable);
  sdk::Status look_up_query(Texts& out);
  sdk::Status refresh();
  sdk::Status refresh_if_old();
  sdk::Status why_hidden(const TableName& name);
  sdk::Status settle_track();
  sdk::Status look(bool whole, Horizon& out);
  sdk::Status look_first(Horizon& out);
  [[nodiscard]] std::uint64_t print() const;
  [[nodiscard]] std::uint64_t shape() const;

  // journal_stream.cpp: the journal of a table, and how far this reader has come in it
  sdk::Status find_journal();
  sdk::Status settle_on_journal();
  sdk::Status take_up_journal();
  sdk::Status begin_journal();
  sdk::Status begin_journal_poll();
  sdk::Status look_at_row(std::int64_t& clock, std::optional<ReaderRow>& row);
  sdk::Status emit_entry(sdk::Budget& budget, sdk::Sink& sink, bool& stop);
  sdk::Status show_entry(bool there, bool cut, std::string fault, sdk::Budget& budget, sdk::Sink& sink, bool& stop);
  bool emit_gone(sdk::Sink& sink);
  void note_settled(const Settled& out);
  [[nodiscard]] sdk::Status not_ours(bool there) const;
  Range entries_to_read();
  [[nodiscard]] bool journaling() const { return track_wish_.track == kJournalTrack; }

  // course.cpp: what is read, and how far
  sdk::Status resume(std::string_view bytes, bool light, Turn& turn);
  sdk::Status take_up(std::string_view bytes);
  sdk::Status begin(Turn turn);
  sdk::Status begin_scan(Pass pass);
  sdk::Status begin_poll();
  [[nodiscard]] std::int64_t declared_until(std::int64_t clock) const;
  sdk::Status take_moment(Moment moment, bool counts);
  sdk::Status pause_scan();
  sdk::Status let_go();
  void end_pass(bool light, sdk::Progress& out);
  void end_poll_pass(bool light, sdk::Progress& out);
  void end_scan_pass(sdk::Progress& out);
  void start_scan();
  void stop_scan();
  [[nodiscard]] bool tracking() const { return !choice_.column.empty(); }
  [[nodiscard]] bool following() const { return tracking() || journaling(); }
  [[nodiscard]] bool polling() const { return position_.tracked && position_.tracked->poll.has_value(); }
  [[nodiscard]] bool poll_due() const;
  /// How the table is read, and what stands in the way.
  [[nodiscard]] std::string note() const;
  [[nodiscard]] bool sound(const Position& position) const;

  // stream.cpp: rows
  sdk::Status pump(sdk::Budget& budget, sdk::Sink& sink, bool& ended);
  sdk::Status next_rows(const sdk::Budget& budget, bool& ready, bool& ended);
  void fetch();
  void fetch_more();
  void take_fetched();
  [[nodiscard]] const std::shared_ptr<const Table>& scanned() const;
  bool read_cells(std::string& fault);
  sdk::Status emit_row(sdk::Budget& budget, sdk::Sink& sink, bool& stop);
  sdk::Status whole_row(std::vector<Cell>& cells, std::size_t& odd, bool& there);
  bool emit_cells(const Table& of, const std::vector<Cell>& cells, std::size_t odd, std::string fault, sdk::Budget& budget, sdk::Sink& sink);
  void emit_portion(const Rows& rows, sdk::Budget& budget, sdk::Sink& sink, bool& stop);
  void note_row(const std::vector<Cell>& cells, std::size_t odd);
  bool late(const std::vector<Cell>& cells);
  [[nodiscard]] std::string fault_of(const std::vector<Cell>& cells, std::size_t odd) const;
  /// False: a value in it is NULL or cannot be had exactly.
  bool key_of(const std::vector<Cell>& cells, std::size_t odd, std::vector<std::string>& out) const;
  static std::string raw(const Table& of, const std::vector<Cell>& cells);

  std::shared_ptr<const Target> target_;
  TableWish wish_;
  TrackWish track_wish_;
  Link link_;  // the scan
  Link side_;  // single rows, beside a scan that takes a connection for itself
  Link writer_;  // settles
  std::shared_ptr<const Table> table_;
  std::shared_ptr<const Table> keys_;     // of a sweep
  std::shared_ptr<const Table> changes_;  // of a poll
  std::shared_ptr<const Table> compared_;  // of a compare beside a journal
  sdk::Columns columns_;
  Clock::time_point described_{};
  Choice choice_;
  TrackPlace place_;
  std::string held_;              // what keeps polls reading the same again, for people
  std::string replica_;           // that the server is one, for people
  bool silent_ = false;           // it does not say until when it has what was committed
  std::optional<Horizon> first_;      // seen by open(), for the first scan
  std::optional<Horizon> seen_;       // by the last complete poll that looked at transactions
  std::optional<Horizon> next_seen_;  // by the one under way

  Reader reader_;                      // of the journal
  IdSet done_;                         // entries of it that this reader has read and that are perhaps still there
  std::unordered_set<std::string> emitted_;  // keys that this snapshot has shown
  Clock::time_point settled_at_{};
  Clock::time_point counted_at_{};     // its entries
  std::uint64_t kept_ = 0;             // as many as there were then
  std::size_t unsettled_ = 0;          // entries read since
  std::optional<std::int64_t> tried_;  // the n of a settlement of which nobody knows whether it was done

  Position position_;                  // after what has been emitted
  std::optional<std::string> given_;   // what the host was given last, while position_ goes with it
  std::shared_ptr<Scan> scan_;         // null: none is open
  bool announce_scan_ = false;         // the scan under way has yet to be told of
  bool moment_due_ = false;            // the scan under way has yet to be given its moment
  bool from_the_middle_ = false;       // it was taken up where another stream had left it
  Clock::time_point slice_began_{};    // the scan's, since the last poll
  Clock::time_point scan_began_{};
  Clock::time_point looked_{};         // at the horizon, for a poll
  Lengths lengths_;                    // of the values that passes over this table met
  bool ahead_ = true;                  // rows are fetched while others are read
  bool fetch_on_ = true;               // rows are fetched at all
  const Rowset* rows_ = nullptr;       // of the scan, being read
  std::size_t row_ = 0;
  std::optional<Diagnosis> fetched_;   // how the fetch ahead ended, when that had to be waited for before its turn
  std::uint64_t total_ = 0;
  Row whole_;                          // a row with long values
  // Of the row being emitted; kept, so that a row costs no memory of its own.
  std::vector<Cell> cells_;
  std::vector<mg_value> values_;
  std::vector<std::string> key_;
  std::string track_text_;
  std::vector<std::string> cell_texts_;
  std::vector<std::string> value_texts_;
};

}  // namespace meshgate::odbc
