// Any bytes as the texts of an item: what the writers make of them, parsers that share no code with them (expat for XML, the files connector's decoder for CSV)
// take apart into the same texts. XML has no way to carry some characters: these come back as U+FFFD.
#include <expat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/csv.hpp"
#include "gateway/serve/csv.hpp"
#include "gateway/serve/news.hpp"
#include "mesh/json_text.hpp"
#include "mesh/percent_encoding.hpp"
#include "mesh/value.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate;
using namespace meshgate::serve;

namespace {

/// What expat finds in the elements of one name.
struct Found {
  std::string name;
  bool within = false;
  std::vector<std::string> texts;
};

void on_start(void* data, const XML_Char* name, const XML_Char**) {
  auto& found = *static_cast<Found*>(data);
  found.within = found.name == name;
  if (found.within) found.texts.emplace_back();
}
void on_end(void* data, const XML_Char*) { static_cast<Found*>(data)->within = false; }
void on_text(void* data, const XML_Char* text, int size) {
  auto& found = *static_cast<Found*>(data);
  if (found.within) found.texts.back().append(text, static_cast<std::size_t>(size));
}

std::vector<std::string> texts_in(const std::string& document, std::string name) {
  Found found{std::move(name), false, {}};
  XML_Parser parser = XML_ParserCreate(nullptr);
  XML_SetUserData(parser, &found);
  XML_SetElementHandler(parser, on_start, on_end);
  XML_SetCharacterDataHandler(parser, on_text);
  const bool parsed = XML_Parse(parser, document.data(), static_cast<int>(document.size()), 1) == XML_STATUS_OK;
  XML_ParserFree(parser);
  must(parsed, "what is written is well-formed");
  return found.texts;
}

/// Said again, in other words than the writer's: character by character of valid UTF-8.
std::string carried(std::string_view text) {
  const std::string mended = mended_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < mended.size();) {
    const auto first = static_cast<unsigned char>(mended[i]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const auto one = mended.substr(i, size);
    const bool control = first < 0x20 && first != '\t' && first != '\n' && first != '\r';
    out.append(control || one == "\xEF\xBF\xBE" || one == "\xEF\xBF\xBF" ? "\xEF\xBF\xBD" : one);
    i += size;
  }
  return out;
}

void feed_documents(const std::vector<std::string>& texts) {
  News news;
  news.title = texts[0];
  news.node = texts[1];
  news.self = "http://node/feeds/x/items?format=atom&page=" + percent_encoded(texts[0]);
  for (const auto& text : texts) {
    NewsEntry entry;
    entry.urn = "urn:meshgate:0:" + percent_encoded(text);
    entry.title = text;
    entry.summary = text;
    entry.link = "https://shop.example/" + text;
    entry.text = text;
    entry.content = "{}";
    news.entries.push_back(entry);
    news.gone.push_back({entry.urn, {}});
  }
  const auto titles = texts_in(atom(news), "title");
  must(titles.size() == texts.size() + 1 && titles[0] == carried(texts[0]), "Atom has the feed's title and each entry's");
  for (std::size_t i = 0; i < texts.size(); ++i) must(titles[i + 1] == carried(texts[i]), "Atom gives the titles back");
  const auto links = texts_in(rss(news), "link");
  for (std::size_t i = 0; i < texts.size(); ++i) must(links.at(i + 1) == carried("https://shop.example/" + texts[i]), "RSS gives the links back");
  const auto described = texts_in(rss(news), "description");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto again = texts_in(described.at(i + 1), "pre");
    must(again.size() == 1 && again[0] == carried(texts[i] + "\n\n" + texts[i]), "a description is markup that shows the text");
  }
  std::string minified;
  must(append_minified(minified, json_feed(news)), "JSON Feed is JSON");
}

void csv_row(const std::vector<std::string>& texts) {
  std::string out;
  CsvRow row(out);
  row.cell(std::nullopt);
  for (const auto& text : texts) row.cell(text);
  row.end();
  out.resize(out.size() - 2);
  files::CsvDecoder decoder(',');
  std::vector<files::Cell> cells;
  must(decoder.decode(out, cells) == nullptr && cells.size() == texts.size() + 1, "a row has its cells");
  must(cells[0].form == files::Cell::Form::null, "NULL is NULL");
  for (std::size_t i = 0; i < texts.size(); ++i) must(cells[i + 1].form != files::Cell::Form::null && cells[i + 1].text == texts[i], "a text is that text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> texts(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '|') texts.emplace_back();
    else texts.back() += static_cast<char>(data[i]);
  }
  texts.resize(std::max<std::size_t>(2, std::min<std::size_t>(texts.size(), 20)));
  feed_documents(texts);
  for (auto& text : texts) text = mended_utf8(text);
  csv_row(texts);
  return 0;
}
