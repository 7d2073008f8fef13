#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/device/piece.hpp"

namespace meshgate::device {

/// Where a Cutter's findings go.
struct CutterSink {
  std::function<bool(std::unique_ptr<Piece>)> piece;  ///< false: no more is wanted
  /// A new schema; gives the columns to split by from now on.
  std::function<Result<std::shared_ptr<const Columns>>(const Schema&)> schema;
};

/// Cuts a stream of bytes into lines and these into pieces that end with a mark. Logic apart from waiting: knows no socket and no file.
class Cutter {
 public:
  /// `place` names feed and partition in errors.
  /// `beyond`: lines up to this seq, and the marks there, are left out.
  Cutter(std::string place, std::shared_ptr<const Columns> columns, CutterSink sink, Seq beyond = Seq{0});

  /// False: the stream is to be left.
  bool take(std::string_view bytes);
  /// What was wrong with the stream; Error::corrupt when an item is not what its revision says.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// The stream ended because the reader may not read the partition any more.
  [[nodiscard]] bool denied() const { return denied_; }

 private:
  bool take_line(std::string_view line);
  bool take_put(const PutLine& put);
  bool take_gone(const GoneLine& gone);
  bool take_schema(const Schema& schema);
  bool take_mark(const Mark& mark);
  bool take_range(const RangeLine& range);
  void begin_piece();
  bool fail(Error error);

  const std::string place_;
  const CutterSink sink_;
  const Seq beyond_;
  std::shared_ptr<const Columns> columns_;
  LineParser parser_;
  std::string rev_;
  std::string unfinished_;  ///< a line whose end has not come
  std::unique_ptr<Piece> piece_;
  std::optional<Error> error_;
  bool denied_ = false;
};

}  // namespace meshgate::device
