#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/serve/content.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::serve {

/// One row of RFC 4180: cells one by one, then the end. NULL is an empty cell, an empty text "".
class CsvRow {
 public:
  explicit CsvRow(std::string& out) : out_(out) {}
  void cell(std::optional<std::string_view> text);
  void end() { out_.append("\r\n"); }

 private:
  std::string& out_;
  bool first_ = true;
};

/// The names of a schema's fields, and the texts of the item that the reader has read; nothing where there is none.
void append_field_names(CsvRow& row, const Schema& schema);
void append_field_texts(CsvRow& row, const ContentReader& reader);
void append_no_fields(CsvRow& row, const Schema& schema);

/// A page of items under the header _id,_rev,_at,_partitions and the fields; without _partitions where the feed is not divided.
std::string items_csv(const store::ItemPage& items, const Schema& schema, bool divided);

}  // namespace meshgate::serve
