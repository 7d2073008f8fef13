#include "connectors/kafka/format/json_tree.hpp"

#include "connectors/kafka/format/json_text.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr size_t kDeepest = 512;
constexpr const char* kNoJson = "not JSON";

void append_utf8(std::string& out, uint32_t code) {
  const auto byte = [&out](uint32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | code >> 6U);
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

}  // namespace

const char* JsonTree::parse(std::string_view text) {
  text_ = text;
  at_ = 0;
  values_.clear();
  texts_.clear();
  if (!valid_utf8(text)) return "not UTF-8";
  if (const char* why = value(0)) return why;
  space();
  return at_ == text_.size() ? nullptr : "text stands behind the JSON value";
}

void JsonTree::space() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
}

const char* JsonTree::value(size_t depth) {
  space();
  const size_t from = at_;
  const size_t index = values_.size();
  values_.emplace_back();
  const char* why = nullptr;
  Json::Form form = Json::Form::null;
  if (at('{')) {
    form = Json::Form::object;
    why = container(depth, '}');
  } else if (at('[')) {
    form = Json::Form::list;
    why = container(depth, ']');
  } else if (at('"')) {
    form = Json::Form::string;
    std::string_view unescaped;
    why = string(unescaped);
    values_[index].text = unescaped;
  } else if (at('-') || (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9')) {
    form = Json::Form::number;
    if (!number()) why = kNoJson;
  } else {
    const std::string_view rest = text_.substr(at_);
    form = rest.starts_with("null") ? Json::Form::null : Json::Form::boolean;
    if (!rest.starts_with("null") && !rest.starts_with("true") && !rest.starts_with("false")) return kNoJson;
    at_ += rest.starts_with("false") ? 5 : 4;
  }
  values_[index].form = form;
  values_[index].token = text_.substr(from, at_ - from);
  values_[index].size = static_cast<uint32_t>(values_.size() - index);
  return why;
}

const char* JsonTree::container(size_t depth, char end) {
  if (depth >= kDeepest) return "JSON of more than 512 levels";
  ++at_;
  space();
  if (at(end)) {
    ++at_;
    return nullptr;
  }
  while (true) {
    std::string_view name;
    if (end == '}') {
      space();
      if (!at('"')) return kNoJson;
      if (const char* why = string(name)) return why;
      space();
      if (!at(':')) return kNoJson;
      ++at_;
    }
    const size_t index = values_.size();
    if (const char* why = value(depth + 1)) return why;
    values_[index].name = name;
    space();
    if (at(end)) break;
    if (!at(',')) return kNoJson;
    ++at_;
  }
  ++at_;
  return nullptr;
}

const char* JsonTree::string(std::string_view& out) {
  const size_t from = ++at_;
  const auto plain = [this] { return at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20; };
  while (plain()) ++at_;
  if (at('"')) {
    out = text_.substr(from, at_++ - from);
    return nullptr;
  }
  std::string& made = texts_.next();
  made.assign(text_, from, at_ - from);
  while (!at('"')) {
    if (!at('\\')) return kNoJson;
    ++at_;
    if (const char* why = escaped(made)) return why;
    const size_t run = at_;
    while (plain()) ++at_;
    made.append(text_, run, at_ - run);
  }
  ++at_;
  out = made;
  return nullptr;
}

const char* JsonTree::escaped(std::string& out) {
  if (at_ >= text_.size()) return kNoJson;
  const char c = text_[at_++];
  switch (c) {
    case '"':
    case '\\':
    case '/': out += c; return nullptr;
    case 'b': out += '\b'; return nullptr;
    case 'f': out += '\f'; return nullptr;
    case 'n': out += '\n'; return nullptr;
    case 'r': out += '\r'; return nullptr;
    case 't': out += '\t'; return nullptr;
    case 'u': break;
    default: return kNoJson;
  }
  uint32_t code = 0;
  if (!hex(code)) return kNoJson;
  if (code >= 0xD800 && code < 0xE000) {
    uint32_t low = 0;
    if (code >= 0xDC00 || text_.substr(at_, 2) != "\\u") return "half a surrogate pair";
    at_ += 2;
    if (!hex(low)) return kNoJson;
    if (low < 0xDC00 || low >= 0xE000) return "half a surrogate pair";
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  append_utf8(out, code);
  return nullptr;
}

bool JsonTree::hex(uint32_t& out) {
  if (text_.size() - at_ < 4) return false;
  out = 0;
  for (size_t i = 0; i < 4; ++i) {
    const char c = text_[at_++];
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<uint32_t>((c | 0x20) - 'a') + 10;
    } else {
      return false;
    }
    out = out << 4U | digit;
  }
  return true;
}

bool JsonTree::number() {
  const auto digits = [this] {
    const size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > from;
  };
  if (at('-')) ++at_;
  const size_t whole = at_;
  if (!digits() || (text_[whole] == '0' && at_ > whole + 1)) return false;
  if (at('.')) {
    ++at_;
    if (!digits()) return false;
  }
  if (!at('e') && !at('E')) return true;
  ++at_;
  if (at('+') || at('-')) ++at_;
  return digits();
}

const Json* member(const Json& object, std::string_view name) {
  if (object.form != Json::Form::object) return nullptr;
  for (const Json& each : Within(object)) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::string_view member_text(const Json& object, std::string_view name) {
  const Json* found = member(object, name);
  return found != nullptr && found->form == Json::Form::string ? found->text : std::string_view{};
}

}  // namespace meshgate::kafka::format
