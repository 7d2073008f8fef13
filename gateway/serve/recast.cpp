#include "gateway/serve/recast.hpp"

#include <algorithm>
#include <array>

#include "gateway/net/loops.hpp"
#include "gateway/serve/csv.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::array kColumns{"_op", "_seq", "_id", "_rev", "_at", "_through", "_cursor", "_caught_up", "_count", "_digest"};

std::string text_of(Seq seq) { return std::to_string(number(seq)); }

void given(CsvRow& row, bool there, std::string_view text) {
  if (there) return row.cell(text);
  row.cell(std::nullopt);
}

/// Each line, without its line end.
template <class Take>
bool each_line(std::string_view lines, Take take) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size() - 1);
    if (!take(lines.substr(0, end))) return false;
    lines.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

bool LinesAsCsv::append(std::string& out, std::string_view lines) {
  return each_line(lines, [&](std::string_view line) { return append_line(out, line); });
}

bool LinesAsCsv::append_line(std::string& out, std::string_view text) {
  const auto line = parser_.parse(text);
  if (!line) return false;
  if (const auto* schema = std::get_if<Schema>(&*line)) return begin(out, *schema);
  if (const auto* put = std::get_if<PutLine>(&*line)) append_put(out, *put);
  if (const auto* mark = std::get_if<Mark>(&*line)) append_mark(out, *mark);
  if (const auto* gone = std::get_if<GoneLine>(&*line)) append_seqs(out, "gone", text_of(gone->seq), gone->id, "");
  if (const auto* trim = std::get_if<TrimLine>(&*line)) append_seqs(out, "trim", text_of(trim->seq), "", text_of(trim->through));
  return true;
}

bool LinesAsCsv::begin(std::string& out, const Schema& schema) {
  if (reader_) return reader_->schema().same_shape(schema);
  reader_ = std::make_unique<ContentReader>(schema);
  CsvRow header(out);
  for (const auto name : kColumns) header.cell(name);
  append_field_names(header, schema);
  header.end();
  return true;
}

void LinesAsCsv::append_put(std::string& out, const PutLine& put) {
  CsvRow row(out);
  row.cell("put");
  row.cell(text_of(put.seq));
  row.cell(put.id);
  row.cell(put.rev.text());
  row.cell(utc_text(put.at));
  for (std::size_t i = 5; i < kColumns.size(); ++i) row.cell(std::nullopt);
  reader_->read(put.content);
  append_field_texts(row, *reader_);
  row.end();
}

void LinesAsCsv::append_seqs(std::string& out, std::string_view op, std::string_view seq, std::string_view id, std::string_view through) {
  CsvRow row(out);
  row.cell(op);
  row.cell(seq);
  given(row, !id.empty(), id);
  row.cell(std::nullopt);
  row.cell(std::nullopt);
  given(row, !through.empty(), through);
  for (std::size_t i = 6; i < kColumns.size(); ++i) row.cell(std::nullopt);
  append_no_fields(row, reader_->schema());
  row.end();
}

void LinesAsCsv::append_mark(std::string& out, const Mark& mark) {
  CsvRow row(out);
  row.cell("mark");
  for (std::size_t i = 1; i < 4; ++i) row.cell(std::nullopt);
  given(row, mark.as_of.count != 0, utc_text(mark.as_of));
  row.cell(std::nullopt);
  row.cell(mark.cursor.text());
  row.cell(mark.caught_up ? "true" : "false");
  given(row, mark.caught_up, std::to_string(mark.count));
  given(row, mark.caught_up, mark.digest.text());
  append_no_fields(row, reader_->schema());
  row.end();
}

net::Fields Recast::typed(const net::Fields& fields) const {
  net::Fields out;
  out.add("Content-Type", format_ == Format::csv ? "text/csv; charset=utf-8; header=present" : std::string(media_type(format_)));
  for (const auto& [name, value] : fields.all()) {
    if (!net::same_word(name, "Content-Type")) out.add(name, value);
  }
  return out;
}

void Recast::convert(std::string& out, std::string_view lines) {
  if (format_ == Format::csv) {
    ended_ = !csv_.append(out, lines);
    return;
  }
  each_line(lines, [&](std::string_view line) {
    out.append(begun_ ? ",\n" : "[\n").append(line);
    begun_ = true;
    return true;
  });
}

asio::awaitable<std::string> Recast::async_convert(std::string_view lines) {
  std::string out;
  std::function<void()> job = [this, &out, lines] { convert(out, lines); };
  const Status ran = co_await net::async_run_blocking(pool_, job);
  if (!ran) job();  // the pool is full: better a moment of this loop than no answer
  co_return out;
}

asio::awaitable<Status> Recast::async_send(net::Response response) {
  if (response.status != 200) co_return co_await inner_.async_send(std::move(response));
  const std::string lines = std::move(response.body);
  response.body = co_await async_convert(lines);
  if (format_ == Format::json) response.body.append("\n]\n");
  response.fields = typed(response.fields);
  co_return co_await inner_.async_send(std::move(response));
}

asio::awaitable<Status> Recast::async_send_file(net::Response head, std::shared_ptr<const net::File> file, base::BlockingPool& pool) {
  return inner_.async_send_file(std::move(head), std::move(file), pool);
}

asio::awaitable<Status> Recast::async_start(unsigned status, net::Fields fields) {
  auto own = typed(fields);
  co_return co_await inner_.async_start(status, std::move(own));
}

asio::awaitable<Status> Recast::async_write(std::string_view bytes, bool flush) {
  const std::string out = co_await async_convert(bytes);
  const Status sent = co_await inner_.async_write(out, flush);
  if (!sent || !ended_) co_return sent;
  // The answer is whole: its last row is a mark, from which the reader goes on under the new header.
  (void)co_await inner_.async_finish();
  co_return Error{Code::cancelled, "the fields have changed"};
}

asio::awaitable<Status> Recast::async_start_shared(unsigned status, net::Fields fields) { return inner_.async_start_shared(status, std::move(fields)); }

asio::awaitable<Status> Recast::async_write_shared(const net::Broadcast& broadcast) { return inner_.async_write_shared(broadcast); }

asio::awaitable<Status> Recast::async_finish() {
  constexpr std::string_view kEnd = "\n]\n";
  if (format_ == Format::json) {
    const Status sent = co_await inner_.async_write(kEnd, false);
    if (!sent) co_return sent;
  }
  co_return co_await inner_.async_finish();
}

}  // namespace meshgate::serve
