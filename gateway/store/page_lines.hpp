#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/lines.hpp"

namespace meshgate::store {

/// A line of a page from another node.
struct PageLine {
  enum class Kind : std::uint8_t { put, gone, trim };
  Kind kind = Kind::put;
  Seq seq{0};
  std::string_view text;  ///< as received, with its '\n'
  std::string_view id;    ///< of put and gone
  Revision rev;           ///< of put
  Seq through{0};         ///< of trim
};

/// The lines of a page, read and checked: their seqs ascend and none lies behind the mark, and each item is what its revision says. Logic apart from
/// the feed they are for, so that it needs no lock of it.
class PageLines {
 public:
  /// Borrows `lines`. Code::corrupt names what is wrong.
  static Result<PageLines> read(std::string_view lines, const Mark& mark);

  [[nodiscard]] const std::vector<PageLine>& all() const { return all_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  Status add(std::string_view text, const Line& line);
  std::string_view keep(std::string_view id);

  std::vector<PageLine> all_;
  std::unique_ptr<char[]> ids_;  ///< one behind the other; they take less than the lines
  std::size_t ids_size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace meshgate::store
