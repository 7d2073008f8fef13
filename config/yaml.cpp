#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <map>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include "config/node_data.hpp"
#include "config/read_file.hpp"
#include "config/source_text.hpp"

namespace meshgate::config {

namespace {

using Data = Document::Data;
using Made = std::shared_ptr<Data>;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 200000;  ///< aliases counted as if written out
constexpr std::size_t kMaxFaults = 200;
constexpr std::string_view kTextTag = "tag:yaml.org,2002:str";

/// Builds Nodes from the parser's events, checking what yaml-cpp does not.
class Builder : public YAML::EventHandler {
 public:
  Builder(const SourceText& source, Diagnostics& out) : source_(source), out_(out) {}

  [[nodiscard]] Node root() const { return Document::wrap(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(mark, anchor, Node::Kind::null, {}, false); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    check_tag(mark, tag, "!");
    if (tag != "?" && skipping_ == 0 && !source_.quote_closed(mark.line, mark.column)) {
      fault(mark, "a quote is opened but not closed", "add the closing quote");
    }
    leaf(mark, anchor, Node::Kind::scalar, value, tag != "?");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (skipping_ > 0) return;
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      fault(mark, "an alias stands within its own anchor", "write the value out");
      return attach(nullptr, mark);
    }
    const Data& target = *known->second;
    if (stack_.size() + target.height > kMaxDepth) return too_deep(mark);
    if (!count(target.weight, mark)) return attach(nullptr, mark);
    attach(known->second, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::mapping);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Made data;
    YAML::anchor_t anchor;
    YAML::Mark mark;
    bool wants_key = true;  ///< of a mapping: whether the next node is a key
    bool key_usable = false;
    Node::Entry pending;
    std::map<std::string, Place> seen;
  };

  [[nodiscard]] Place place(const YAML::Mark& mark) const { return source_.place(mark.line, mark.column); }

  void fault(const YAML::Mark& mark, std::string message, std::string hint) {
    if (++faults_ <= kMaxFaults) out_.add(place(mark), std::move(message), std::move(hint));
    if (faults_ == kMaxFaults)
      out_.add(place(mark), "there are more faults than these " + std::to_string(kMaxFaults), "correct these first");
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag, std::string_view plain) {
    if (tag.empty() || tag == "?" || tag == plain || tag == kTextTag) return;
    fault(mark, "the tag '" + tag.substr(0, 60) + "' means nothing here", "leave it out");
  }

  bool count(std::size_t nodes, const YAML::Mark& mark) {
    const bool fits = nodes <= kMaxNodes - nodes_;
    if (fits) {
      nodes_ += nodes;
    } else if (!std::exchange(overflowed_, true)) {
      fault(mark, "more than " + std::to_string(kMaxNodes) + " values, aliases counted as often as they are used",
            "use fewer aliases, or split the configuration between several nodes");
    }
    return fits;
  }

  void too_deep(const YAML::Mark& mark) {
    fault(mark, "nested deeper than " + std::to_string(kMaxDepth) + " levels", "no key of a configuration lies so deep");
    attach(nullptr, mark);
  }

  Made make(const YAML::Mark& mark, Node::Kind kind) {
    auto data = std::make_shared<Data>();
    data->kind = kind;
    data->place = place(mark);
    return data;
  }

  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind, const std::string& value, bool quoted) {
    if (skipping_ > 0) return;
    if (!count(1, mark)) return attach(nullptr, mark);
    Made data = make(mark, kind);
    data->scalar = value;
    data->quoted = quoted;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = data;
    attach(std::move(data), mark);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (skipping_ > 0 || stack_.size() >= kMaxDepth || !count(1, mark)) {
      if (skipping_++ == 0) skipped_at_ = mark;
      return;
    }
    check_tag(mark, tag, "!");
    stack_.push_back({make(mark, kind), anchor, mark, true, false, {}, {}});
  }

  void close() {
    if (skipping_ > 0) {
      if (--skipping_ > 0) return;
      return stack_.size() >= kMaxDepth ? too_deep(skipped_at_) : attach(nullptr, skipped_at_);
    }
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != YAML::NullAnchor) anchors_[frame.anchor] = frame.data;
    attach(std::move(frame.data), frame.mark);
  }

  /// Puts a finished node where it belongs; a null pointer stands for one that was left out.
  void attach(Made node, const YAML::Mark& mark) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    if (parent.data->kind == Node::Kind::mapping && std::exchange(parent.wants_key, !parent.wants_key)) {
      parent.key_usable = node && take_key(parent, *node, mark);
      return;
    }
    if (!node) return;
    parent.data->weight += node->weight;
    parent.data->height = std::max(parent.data->height, node->height + 1);
    if (parent.data->kind == Node::Kind::sequence) {
      parent.data->elements.push_back(Document::wrap(std::move(node)));
    } else if (parent.key_usable) {
      // The parser places an empty value at whatever comes next.
      if (node->kind == Node::Kind::null && node->place.line != parent.pending.key_place.line) node->place = parent.pending.key_place;
      parent.pending.value = Document::wrap(std::move(node));
      parent.data->entries.push_back(std::move(parent.pending));
    }
  }

  bool take_key(Frame& parent, const Data& key, const YAML::Mark& mark) {
    if (key.kind == Node::Kind::null) {
      fault(mark, "a key is empty or null", "name the key, or put it in quotes");
      return false;
    }
    if (key.kind != Node::Kind::scalar) {
      fault(mark, "a key is a list or a mapping", "a key is a text; put a value that begins with '{' or '[' in quotes");
      return false;
    }
    if (key.scalar == "<<" && !key.quoted) {
      fault(mark, "merge keys ('<<') are not applied here", "write the keys out, or use an alias for the whole value");
      return false;
    }
    const auto [first, fresh] = parent.seen.emplace(key.scalar, place(mark));
    if (!fresh) {
      fault(mark, "the key '" + key.scalar.substr(0, 60) + "' stands here a second time; the first is at " + first->second.text(),
            "take one of them away");
      return false;
    }
    parent.pending = {key.scalar, place(mark), {}};
    return true;
  }

  const SourceText& source_;
  Diagnostics& out_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Made> anchors_;
  Made root_;
  std::size_t nodes_ = 0;
  std::size_t faults_ = 0;
  std::size_t skipping_ = 0;
  YAML::Mark skipped_at_;
  bool overflowed_ = false;
};

/// A second document, of which only the place matters.
class Second : public YAML::EventHandler {
 public:
  YAML::Mark mark;

  void OnDocumentStart(const YAML::Mark& at) override { mark = at; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// A stream over bytes that somebody else owns.
class Bytes : public std::streambuf {
 public:
  explicit Bytes(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's get area is not const, but is never written to
    setg(begin, begin, begin + text.size());
  }
};

Node parse(std::string_view text, const SourceText& source, Diagnostics& out) {
  Bytes bytes(text);
  std::istream stream(&bytes);
  YAML::Parser parser(stream);
  Builder builder(source, out);
  if (!parser.HandleNextDocument(builder)) {
    out.add(source.place(-1, -1), "there is nothing but comments in it", "is it the right file?");
    return {};
  }
  Second second;
  if (parser.HandleNextDocument(second)) {
    source.explain_second(second.mark.line, second.mark.column, out);
  }
  return builder.root();
}

}  // namespace

Node parse_yaml(std::string_view text, const std::string& file, Diagnostics& out) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const SourceText source(text.substr(0, kMaxDocument + 1), file);
  if (!source.acceptable(out)) return {};
  try {
    return parse(text, source, out);
  } catch (const YAML::Exception& error) {
    source.explain(error.mark.line, error.mark.column, error.msg, out);
  } catch (const std::exception& error) {
    out.add({file, 0, 0}, std::string("this cannot be read as YAML: ") + error.what());
  }
  return {};
}

Node read_yaml(const std::string& file, Diagnostics& out) {
  const auto text = read_file(file, kMaxDocument);
  if (!text) {
    out.add({file, 0, 0}, text.error().message);
    return {};
  }
  return parse_yaml(*text, file, out);
}

}  // namespace meshgate::config
