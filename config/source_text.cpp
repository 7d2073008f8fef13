#include "config/source_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mesh/value.hpp"

namespace meshgate::config {

namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

bool forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

struct Wording {
  std::string_view parser;  ///< part of yaml-cpp's message
  std::string_view message;
  std::string_view hint;
};

constexpr std::array<Wording, 18> kWordings = {{
    {"end of map flow", "a '{' is not closed before this place", "add the missing '}' or ','"},
    {"end of sequence flow", "a '[' is not closed before this place", "add the missing ']' or ','"},
    {"illegal flow end", "a ']' or '}' closes something that was not opened", "take it away, or add the opening '[' or '{'"},
    {"end of map not found", "this line does not fit the lines above it",
     "write 'key: value', and indent keys of one level by the same number of spaces"},
    {"end of sequence not found", "this line does not fit the list above it", "begin each entry with '- ' at the same indentation"},
    {"illegal block entry", "a list entry '- ' cannot stand here", "put the list on its own lines below its key"},
    {"illegal map key", "a key cannot stand here", "put it on its own line, indented like its neighbours"},
    {"illegal map value", "a second ': ' cannot stand in one line", "put a value that contains ': ' in quotes, or the key on its own line"},
    {"illegal tab", "a tab is used for indentation", "use spaces"},
    {"illegal EOF in scalar", "a quote is opened but not closed", "add the closing quote"},
    {"illegal document indicator", "a quote is opened but not closed before the next document", "add the closing quote"},
    {"unknown escape", "an unknown escape in double quotes",
     "write \\\\ for a backslash, or use single quotes, in which a backslash stands for itself"},
    {"bad character found while scanning hex", "an escape in double quotes has a character that is not a hex digit",
     "use single quotes, in which a backslash stands for itself"},
    {"invalid unicode", "an escape in double quotes names no character", "use single quotes, in which a backslash stands for itself"},
    {"unknown token", "a value cannot begin with this character", "put the value in quotes"},
    {"referenced anchor", "an alias names an anchor that is not defined above it", "put a text that begins with '*' in quotes"},
    {"alias", "an alias is malformed", "put a text that begins with '*' in quotes"},
    {"anchor", "an anchor is malformed", "put a text that begins with '&' in quotes"},
}};

}  // namespace

SourceText::SourceText(std::string_view text, const std::string& file) : text_(text), file_(file), starts_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) starts_.push_back(at + 1);
}

std::string_view SourceText::line(std::size_t index) const {
  if (index >= starts_.size()) return {};
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  return text_.substr(starts_[index], end - starts_[index]);
}

Place SourceText::place(int line_index, int column) const {
  if (line_index < 0 || column < 0) return {file_, 0, 0};
  const auto index = static_cast<std::size_t>(line_index);
  const std::string_view before = line(index).substr(0, static_cast<std::size_t>(column));
  const auto characters = std::count_if(before.begin(), before.end(), starts_character);
  const std::size_t beyond = static_cast<std::size_t>(column) - before.size();
  return {file_, index + 1, static_cast<std::size_t>(characters) + beyond + 1};
}

bool SourceText::acceptable(Diagnostics& out) const {
  if (text_.size() > kMaxDocument) {
    out.add({file_, 0, 0}, "the file has " + std::to_string(text_.size()) + " bytes, more than a configuration may have (1 MiB)",
            "is it the right file?");
    return false;
  }
  if (text_.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    out.add({file_, 0, 0}, "there is nothing in it", "is it the right file?");
    return false;
  }
  const bool utf8 = valid_utf8(text_);
  for (std::size_t i = 0; i < starts_.size(); ++i) {
    const std::string_view one = line(i);
    if (!utf8 && !valid_utf8(one)) {
      out.add({file_, i + 1, 1}, "this line is not UTF-8", "save the file as UTF-8");
      return false;
    }
    if (one.size() > kMaxLine) {
      out.add({file_, i + 1, 1}, "this line has more than " + std::to_string(kMaxLine) + " bytes", "write it as several lines");
      return false;
    }
    const auto bad = std::find_if(one.begin(), one.end(), forbidden);
    if (bad == one.end()) continue;
    out.add(place(static_cast<int>(i), static_cast<int>(bad - one.begin())), "a control character stands here",
            "take it away; in double quotes it can be written as \\x..");
    return false;
  }
  return true;
}

bool SourceText::explain_indentation(std::size_t near, Diagnostics& out) const {
  for (std::size_t i = near + 1; i + 1 > 0; --i) {
    const std::string_view one = line(i);
    const std::size_t content = one.find_first_not_of(" \t");
    const std::size_t tab = one.find('\t');
    if (tab != std::string_view::npos && content != std::string_view::npos && tab < content) {
      out.add(place(static_cast<int>(i), static_cast<int>(tab)), "a tab is used for indentation", "use spaces");
      return true;
    }
    if (i + 3 < near) return false;
  }
  return false;
}

bool SourceText::quote_closed(int line_index, int column) const {
  if (line_index < 0 || column < 0 || static_cast<std::size_t>(line_index) >= starts_.size()) return true;
  std::size_t at = std::min(starts_[static_cast<std::size_t>(line_index)] + static_cast<std::size_t>(column), text_.size());
  while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
    at = std::min(text_.find_first_of(" \t\r\n", at), text_.size());
    at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
  }
  if (at == text_.size() || (text_[at] != '"' && text_[at] != '\'')) return true;
  const char quote = text_[at];
  for (++at; at < text_.size(); ++at) {
    if (text_[at] == '\\' && quote == '"') {
      ++at;
    } else if (text_[at] == quote) {
      if (quote == '"' || text_.substr(at + 1, 1) != "'") return true;
      ++at;
    }
  }
  return false;
}

void SourceText::explain_second(int line_index, int column, Diagnostics& out) const {
  const bool meant = line_index >= 0 && line(static_cast<std::size_t>(line_index)).starts_with("---");
  if (meant) {
    out.add(place(line_index, column), "a second document begins here", "a configuration is one document: take the '---' line away");
  } else {
    out.add(place(line_index, column), "this does not belong to what stands above it", "indent it, or write it like the lines above");
  }
}

void SourceText::explain(int line_index, int column, std::string_view message, Diagnostics& out) const {
  if (line_index >= 0 && explain_indentation(static_cast<std::size_t>(line_index), out)) return;
  const std::string_view before =
      line_index < 0 ? "" : line(static_cast<std::size_t>(line_index)).substr(0, static_cast<std::size_t>(std::max(0, column)));
  if (message.find("illegal map value") != std::string_view::npos && before.find(": ") == std::string_view::npos) {
    out.add(place(line_index, column), "this key does not fit the line above it",
            "indent it like its neighbours, and put a space after the ':' of the line above");
    return;
  }
  for (const Wording& wording : kWordings) {
    if (message.find(wording.parser) == std::string_view::npos) continue;
    out.add(place(line_index, column), std::string(wording.message), std::string(wording.hint));
    return;
  }
  out.add(place(line_index, column), "this is not YAML: " + std::string(message));
}

}  // namespace meshgate::config
