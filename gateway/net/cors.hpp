#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/message.hpp"

namespace meshgate::net {

/// Which web pages may read this node (the Fetch standard, "CORS protocol").
class Cors {
 public:
  Cors() = default;
  /// Origins as browsers write them ("https://app.corp", "http://localhost:8080"), or "*" for any page.
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  /// Whether a text is such an origin.
  static bool well_formed(std::string_view origin);

  /// What every answer to this request carries.
  void add_to(const Request& request, Fields& answer) const;
  /// Whether the request asks what a page may do; then `methods` is what the path takes, and the answer is complete with these fields.
  [[nodiscard]] bool is_preflight(const Request& request) const;
  void add_preflight(std::string_view methods, Fields& answer) const;

 private:
  /// The origin to allow, or empty.
  [[nodiscard]] std::string allowed(const Request& request) const;

  std::vector<std::string> origins_;
};

}  // namespace meshgate::net
