#pragma once

#include <memory>
#include <string>

#include "connectors/ldap/link.hpp"

namespace meshgate::ldap {

/// A search in pages (RFC 2696), or in one piece where the server has none. Abandoned on destruction. One on a link at a time.
class PagedSearch {
 public:
  static sdk::Status begin(Link& link, Query query, int page, std::unique_ptr<PagedSearch>& out);
  ~PagedSearch();
  PagedSearch(const PagedSearch&) = delete;
  PagedSearch& operator=(const PagedSearch&) = delete;

  /// The next entry, or none by `until` or at the end. Anything but success in the end fails. Blocks.
  sdk::Status next(Link::Clock::time_point until, Message& out);
  /// The server said that this was all.
  [[nodiscard]] bool ended() const { return ended_; }
  /// Continuation references that were not followed.
  [[nodiscard]] std::uint64_t references() const { return references_; }

 private:
  PagedSearch(Link& link, Query query, int page) : link_(link), query_(std::move(query)), page_(page) {}
  sdk::Status ask(std::string_view cookie);
  sdk::Status end_of_page(LDAPMessage* result);

  Link& link_;
  const Query query_;
  const int page_;  ///< 0: in one piece
  int request_ = -1;
  bool ended_ = false;
  std::uint64_t references_ = 0;
};

}  // namespace meshgate::ldap
