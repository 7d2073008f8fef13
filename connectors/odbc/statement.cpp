#include "connectors/odbc/statement.hpp"

#include <algorithm>
#include <array>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::array<std::string_view, 3> kBegins = {"select", "with", "values"};

bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80U; }
bool of_word(char c) { return letter(c) || (c >= '0' && c <= '9') || c == '$'; }

sdk::Status wrong(const std::string& what) { return sdk::failure(MG_CONFIG, "`query`: " + what); }

/// Reads a text piece by piece. A length of 0: no such piece stands here; npos: it has no end.
class Pieces {
 public:
  Pieces(Engine engine, std::string_view text) : engine_(engine), text_(text) {}

  [[nodiscard]] std::size_t comment(std::size_t at) const {
    const std::string_view rest = text_.substr(at);
    const bool dashes = rest.starts_with("--") && (engine_ != Engine::mariadb || rest.size() == 2 || blank(rest[2]));
    if (dashes || (engine_ == Engine::mariadb && rest.starts_with('#'))) return std::min(rest.find('\n'), rest.size());
    if (!rest.starts_with("/*")) return 0;
    return engine_ == Engine::postgresql ? nested(rest) : behind(rest, "*/", 2);
  }

  [[nodiscard]] std::size_t quoted(std::size_t at) const {
    const std::string_view rest = text_.substr(at);
    switch (rest[0]) {
      case '\'': return until(rest, '\'', escapes(at));
      case '"': return until(rest, '"', false);
      case '`': return engine_ == Engine::postgresql ? 0 : until(rest, '`', false);
      case '[': return engine_ == Engine::sqlite ? behind(rest, "]", 1) : 0;
      case '$': return engine_ == Engine::postgresql ? in_dollars(at) : 0;
      default: return 0;
    }
  }

 private:
  static std::size_t behind(std::string_view rest, std::string_view end, std::size_t from) {
    const std::size_t at = rest.find(end, from);
    return at == rest.npos ? at : at + end.size();
  }
  static std::size_t nested(std::string_view rest) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i + 1 < rest.size(); ++i) {
      const std::string_view two = rest.substr(i, 2);
      if (two == "/*") ++depth, ++i;
      if (two == "*/") --depth, ++i;
      if (depth == 0) return i + 1;
    }
    return rest.npos;
  }
  /// A doubled quote is read as two texts, one behind the other.
  static std::size_t until(std::string_view rest, char quote, bool escapes) {
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == quote) return i + 1;
      if (escapes && rest[i] == '\\') ++i;
    }
    return rest.npos;
  }
  [[nodiscard]] bool begins_word(std::size_t at) const { return at == 0 || !of_word(text_[at - 1]); }
  /// E'…' of PostgreSQL: the sessions of the others have none.
  [[nodiscard]] bool escapes(std::size_t at) const {
    return engine_ == Engine::postgresql && at > 0 && (text_[at - 1] == 'e' || text_[at - 1] == 'E') && begins_word(at - 1);
  }
  [[nodiscard]] std::size_t in_dollars(std::size_t at) const {
    std::size_t end = at + 1;
    while (end < text_.size() && text_[end] != '$' && of_word(text_[end])) ++end;
    const bool mark = end < text_.size() && text_[end] == '$' && begins_word(at) && (end == at + 1 || letter(text_[at + 1]));
    if (!mark) return 0;
    const std::string_view tag = text_.substr(at, end + 1 - at);
    return behind(text_.substr(at), tag, tag.size());
  }

  Engine engine_;
  std::string_view text_;
};

sdk::Status check_beginning(std::string_view statement) {
  const std::size_t first = std::min(statement.find_first_not_of("( \t\r\n"), statement.size());
  std::size_t end = first;
  while (end < statement.size() && of_word(statement[end])) ++end;
  const std::string_view word = statement.substr(first, end - first);
  if (std::ranges::any_of(kBegins, [&](std::string_view one) { return same_word(word, one); })) return {};
  return wrong("it begins with '" + std::string(word.substr(0, 40)) + "': write one SELECT (or WITH … SELECT, or VALUES)");
}

}  // namespace

sdk::Status read_statement(Engine engine, std::string_view text, std::string& out) {
  const Pieces pieces(engine, text);
  std::size_t begin = text.npos;
  std::size_t end = 0;
  std::size_t depth = 0;
  bool over = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t comment = pieces.comment(at);
    if (comment == text.npos) return wrong("a comment has no end: close it with */");
    if (blank(c) || comment > 0) {
      at += std::max<std::size_t>(comment, 1);
      continue;
    }
    if (c == ';') {
      over = true;
      ++at;
      continue;
    }
    if (over) return wrong("there is more than one statement: write one SELECT");
    const std::size_t quoted = pieces.quoted(at);
    if (quoted == text.npos) return wrong("a text or name that begins with " + std::string(1, c) + " has no end: close its quotes");
    if (c == '?') return wrong("a `?` stands outside of quotes, and nobody gives it a value; for an operator with that name use its function (jsonb_exists)");
    if (c == ')' && depth == 0) return wrong("a bracket is closed that was not opened");
    depth += c == '(' ? 1 : 0;
    depth -= c == ')' ? 1 : 0;
    begin = std::min(begin, at);
    end = at += std::max<std::size_t>(quoted, 1);
  }
  if (end == 0) return wrong("it is empty: write one SELECT");
  if (depth > 0) return wrong("a bracket is opened and not closed");
  out = text.substr(begin, end - begin);
  return check_beginning(out);
}

}  // namespace meshgate::odbc
