#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka::format {

/// One named value. Borrows: good until the decoder that gave it is asked again.
struct Field {
  std::string_view name;
  std::string_view native;   ///< what the source calls its type: "decimal(10,2)"; may be empty
  int32_t kind = MG_NULL;    ///< what the field holds; MG_NULL: only null is known of it so far, which makes no column
  bool nullable = true;      ///< whether its schema allows null; true where there is no schema
  mg_value value{};          ///< NULL or of `kind`
};

/// Texts that stay where they are until clear(); their memory is kept for the next message.
class Texts {
 public:
  /// An empty text to write into.
  std::string& next() {
    if (used_ == all_.size()) all_.emplace_back();
    std::string& text = all_[used_++];
    text.clear();
    return text;
  }
  void clear() { used_ = 0; }

 private:
  std::deque<std::string> all_;
  size_t used_ = 0;
};

/// What a message asks for.
enum class Change : uint8_t {
  put,     ///< the record with the message's key is now as `fields` say
  remove,  ///< the record with the message's key is gone; no fields
  clear,   ///< every record of the table that stood before this message is gone (TRUNCATE); no key, no fields
  nothing  ///< a message that is no record, to be read over
};

/// A key or value, decoded. Reuse one for all messages of a stream: then nothing is allocated for most of them.
struct Decoded {
  Change change = Change::put;
  int64_t source_time_us = 0;  ///< when the source says it changed, microseconds since 1970; 0: it does not say
  std::vector<Field> fields;   ///< names are unique and not empty
  Texts texts;                 ///< what the fields borrow from, beside the message and the schema

  void begin() {
    change = Change::put;
    source_time_us = 0;
    fields.clear();
    texts.clear();
  }
};

}  // namespace meshgate::kafka::format
