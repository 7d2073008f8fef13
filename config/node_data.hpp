#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/node.hpp"

namespace meshgate::config {

/// What a Node shares. Written by the parser only.
struct Node::Data {
  Kind kind = Kind::null;
  Place place;
  std::string scalar;
  bool quoted = false;
  std::vector<Node> elements;
  std::vector<Entry> entries;
  std::size_t weight = 1;  ///< nodes below and with this one, aliases counted as if written out
  std::size_t height = 1;  ///< levels below and with this one
};

/// The parser's way into Node.
class Document {
 public:
  using Data = Node::Data;
  static Node wrap(std::shared_ptr<const Data> data) {
    Node out;
    out.data_ = std::move(data);
    return out;
  }
};

}  // namespace meshgate::config
