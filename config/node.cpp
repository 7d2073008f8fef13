#include "config/node.hpp"

#include <algorithm>

#include "config/node_data.hpp"

namespace meshgate::config {

Node::Kind Node::kind() const { return data_ ? data_->kind : Kind::absent; }

const Place& Node::place() const {
  static const Place kNowhere;
  return data_ ? data_->place : kNowhere;
}

const std::string& Node::scalar() const {
  static const std::string kNothing;
  return data_ ? data_->scalar : kNothing;
}

bool Node::quoted() const { return data_ && data_->quoted; }

const std::vector<Node>& Node::elements() const {
  static const std::vector<Node> kNone;
  return data_ ? data_->elements : kNone;
}

const std::vector<Node::Entry>& Node::entries() const {
  static const std::vector<Entry> kNone;
  return data_ ? data_->entries : kNone;
}

Node Node::operator[](std::string_view key) const {
  const auto& all = entries();
  const auto at = std::find_if(all.begin(), all.end(), [&](const Entry& entry) { return entry.key == key; });
  return at == all.end() ? Node() : at->value;
}

}  // namespace meshgate::config
