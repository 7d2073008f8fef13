#include "gateway/serve/content.hpp"

#include <simdjson.h>

#include <algorithm>

namespace meshgate::serve {

namespace {

using simdjson::ondemand::field;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

/// Without the space that simdjson's raw text has behind it.
std::string_view token(std::string_view raw) {
  const auto end = raw.find_last_not_of(" \t\r\n");
  return raw.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

/// The canonical text: a JSON text as it is, of others what stands in the quotes.
bool read_text(value from, Type type, std::string_view& out) {
  json_type kind{};
  if (from.type().get(kind) != simdjson::SUCCESS) return false;
  if (type != Type::json && kind == json_type::string) return from.get_string().get(out) == simdjson::SUCCESS;
  if (kind == json_type::object) {
    object nested;
    if (from.get_object().get(nested) != simdjson::SUCCESS || nested.raw_json().get(out) != simdjson::SUCCESS) return false;
    out.remove_suffix(out.size() - out.rfind('}') - 1);
    return true;
  }
  if (kind == json_type::array) {
    simdjson::ondemand::array nested;
    if (from.get_array().get(nested) != simdjson::SUCCESS || nested.raw_json().get(out) != simdjson::SUCCESS) return false;
    out.remove_suffix(out.size() - out.rfind(']') - 1);
    return true;
  }
  out = token(from.raw_json_token());
  return true;
}

}  // namespace

struct ContentReader::State {
  simdjson::ondemand::parser parser;
  std::string padded;  ///< the content, with the padding that simdjson wants behind it
};

ContentReader::ContentReader(Schema schema)
    : schema_(std::move(schema)), texts_(schema_.fields.size()), given_(schema_.fields.size()), state_(std::make_unique<State>()) {}
ContentReader::~ContentReader() = default;

bool ContentReader::read(std::string_view content) {
  given_.assign(given_.size(), false);
  if (read_fields(content)) return true;
  given_.assign(given_.size(), false);
  return false;
}

bool ContentReader::read_fields(std::string_view content) {
  state_->padded.assign(content);
  state_->padded.append(simdjson::SIMDJSON_PADDING, '\0');
  simdjson::ondemand::document document;
  object fields;
  if (state_->parser.iterate(state_->padded.data(), content.size(), state_->padded.size()).get(document) != simdjson::SUCCESS) return false;
  if (document.get_object().get(fields) != simdjson::SUCCESS) return false;
  for (auto member : fields) {
    field one;
    std::string_view name;
    if (std::move(member).get(one) != simdjson::SUCCESS || one.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    const auto at = std::find_if(schema_.fields.begin(), schema_.fields.end(), [&](const Field& field) { return field.name == name; });
    if (at == schema_.fields.end()) continue;
    std::string_view text;
    if (!read_text(one.value(), at->type, text)) return false;
    take(static_cast<std::size_t>(at - schema_.fields.begin()), text);
  }
  return true;
}

void ContentReader::take(std::size_t field, std::string_view text) {
  texts_[field].assign(text);
  given_[field] = true;
}

std::optional<std::string_view> ContentReader::text(std::size_t field) const {
  if (!given_[field]) return std::nullopt;
  return texts_[field];
}

std::optional<std::string_view> ContentReader::text(std::string_view field) const {
  for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
    if (schema_.fields[i].name == field) return text(i);
  }
  return std::nullopt;
}

}  // namespace meshgate::serve
