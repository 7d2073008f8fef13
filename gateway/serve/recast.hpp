#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/blocking.hpp"
#include "gateway/net/message.hpp"
#include "gateway/serve/content.hpp"
#include "gateway/serve/format.hpp"
#include "mesh/lines.hpp"

namespace meshgate::serve {

/// Makes CSV of change lines: a header, then a row for each line, so that marks keep their place among the entries.
class LinesAsCsv {
 public:
  /// Appends whole lines. False when a schema with other fields comes: rows under the header end before it, at a mark.
  bool append(std::string& out, std::string_view lines);

 private:
  bool append_line(std::string& out, std::string_view line);
  bool begin(std::string& out, const Schema& schema);
  void append_put(std::string& out, const PutLine& put);
  void append_mark(std::string& out, const Mark& mark);
  void append_seqs(std::string& out, std::string_view op, std::string_view seq, std::string_view id, std::string_view through);

  LineParser parser_;
  std::unique_ptr<ContentReader> reader_;
};

/// A reply to which change lines are sent and that passes them on as CSV or as one JSON array. The work is done on the pool.
class Recast final : public net::Reply {
 public:
  Recast(net::Reply& inner, base::BlockingPool& pool, Format format) : inner_(inner), pool_(pool), format_(format) {}

  boost::asio::awaitable<Status> async_send(net::Response response) override;
  /// As it is: a file is not of change lines that this was asked to recast.
  boost::asio::awaitable<Status> async_send_file(net::Response head, std::shared_ptr<const net::File> file, base::BlockingPool& pool) override;
  boost::asio::awaitable<Status> async_start(unsigned status, net::Fields fields) override;
  boost::asio::awaitable<Status> async_write(std::string_view bytes, bool flush) override;
  /// As it is: endless streams, which share what they send, are lines only.
  boost::asio::awaitable<Status> async_start_shared(unsigned status, net::Fields fields) override;
  boost::asio::awaitable<Status> async_write_shared(const net::Broadcast& broadcast) override;
  boost::asio::awaitable<Status> async_finish() override;
  [[nodiscard]] bool draining() const override { return inner_.draining(); }
  void asked_by(std::string person) override { inner_.asked_by(std::move(person)); }

 private:
  [[nodiscard]] net::Fields typed(const net::Fields& fields) const;
  boost::asio::awaitable<std::string> async_convert(std::string_view lines);
  void convert(std::string& out, std::string_view lines);

  net::Reply& inner_;
  base::BlockingPool& pool_;
  const Format format_;
  LinesAsCsv csv_;
  bool begun_ = false;  ///< the array
  bool ended_ = false;  ///< what comes has other fields than the header says
};

}  // namespace meshgate::serve
