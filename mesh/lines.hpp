#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mesh/cursor.hpp"
#include "mesh/item.hpp"
#include "mesh/result.hpp"
#include "mesh/schema.hpp"
#include "mesh/time.hpp"

namespace meshgate {

/// The lines of /changes. Writers append one line with its '\n'; the bytes of put and gone are those kept in the store's log.

/// {"put":{"seq":17,"id":"42","rev":"2-9f0c…","at":"2026-01-05T10:15:09.123456Z","item":{…}}}
void append_put(std::string& out, Seq seq, std::string_view id, const Revision& rev, Micros at, std::string_view content);

/// {"gone":{"seq":18,"id":"43"}}
void append_gone(std::string& out, Seq seq, std::string_view id);

/// {"schema":{…}}
void append_schema(std::string& out, const Schema& schema);

/// {"trim":{"seq":901,"through":500}}: entries up to `through` have expired.
void append_trim(std::string& out, Seq seq, Seq through);

/// The end of a rendering of a part of a partition: its entries with after < seq <= to, as they stood when the partition's head and
/// floor were these. A reader takes both as the node's standing: judge() says whether the part may follow its cursor, advance() what
/// comes of it.
struct RangeLine {
  Seq after{0};
  Seq to{0};
  Seq head{0};
  Seq floor{0};
};

/// {"range":{"after":0,"to":65536,"head":70123,"floor":3}}
void append_range(std::string& out, const RangeLine& range);

struct Mark {
  Cursor cursor;
  bool caught_up = false;
  Seq floor{0};
  std::uint64_t count = 0;  ///< sent only when caught up
  Digest digest;            ///< sent only when caught up
  Micros as_of{0};          ///< until when the source is known to be read; 0: not known, not sent
  bool loading = false;     ///< sent only when true
};

/// {"mark":{"cursor":"8f3a….18","caught_up":true,"floor":3,"count":120034,"digest":"sum128:…","as_of":"…"}}
void append_mark(std::string& out, const Mark& mark);

/// The lines as a reader gets them. Text members borrow from the parser until its next parse.
struct PutLine {
  Seq seq{0};
  std::string_view id;
  Revision rev;
  Micros at{0};
  std::string_view content;  ///< the exact bytes of "item"
};
struct GoneLine {
  Seq seq{0};
  std::string_view id;
};
struct TrimLine {
  Seq seq{0};
  Seq through{0};
};
using Line = std::variant<PutLine, GoneLine, Mark, Schema, TrimLine, RangeLine>;

/// Reads change lines. One object per stream; not thread safe.
class LineParser {
 public:
  LineParser();
  ~LineParser();
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;

  /// One line without its '\n'. Unknown members are ignored; an unknown kind of line is Error::unsupported, anything that is not
  /// such a line Error::corrupt. Does not check the revision against the content: see content_hash().
  Result<Line> parse(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshgate
