#include "connectors/ldap/paged_search.hpp"

#include "connectors/ldap/failures.hpp"

namespace meshgate::ldap {

sdk::Status PagedSearch::begin(Link& link, Query query, int page, std::unique_ptr<PagedSearch>& out) {
  std::unique_ptr<PagedSearch> search(new PagedSearch(link, std::move(query), page));
  sdk::Status asked = search->ask({});
  if (asked.ok()) out = std::move(search);
  return asked;
}

PagedSearch::~PagedSearch() {
  if (request_ >= 0) link_.abandon(request_);
}

sdk::Status PagedSearch::ask(std::string_view cookie) {
  LDAPControl* paged = nullptr;
  berval given = borrow(cookie);
  if (page_ > 0 && ldap_create_page_control(link_.handle(), page_, cookie.empty() ? nullptr : &given, 1, &paged) != LDAP_SUCCESS) return failed(LDAP_NO_MEMORY, "a page", {});
  const Control owned(paged);
  return link_.search(query_, paged == nullptr ? std::vector<LDAPControl*>{} : std::vector<LDAPControl*>{paged}, request_);
}

sdk::Status PagedSearch::next(Link::Clock::time_point until, Message& out) {
  while (!ended_) {
    if (sdk::Status came = link_.next(request_, until, Link::Answer::due, out); !came.ok()) return came;
    if (out == nullptr) return {};
    const int kind = ldap_msgtype(out.get());
    if (kind == LDAP_RES_SEARCH_ENTRY) return {};
    if (kind == LDAP_RES_SEARCH_REFERENCE) ++references_;
    if (kind != LDAP_RES_SEARCH_RESULT) continue;
    const Message result = std::move(out);
    if (sdk::Status done = end_of_page(result.get()); !done.ok()) return done;
  }
  out.reset();
  return {};
}

sdk::Status PagedSearch::end_of_page(LDAPMessage* result) {
  request_ = -1;
  int code = 0;
  if (sdk::Status done = link_.result(result, query_.base, code); !done.ok()) return done;
  LDAPControl** given = nullptr;
  ldap_parse_result(link_.handle(), result, nullptr, nullptr, nullptr, nullptr, &given, 0);
  const Controls controls(given);
  LDAPControl* paged = given == nullptr ? nullptr : ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, given, nullptr);
  ber_int_t estimate = 0;
  berval cookie{};
  if (paged != nullptr && ldap_parse_pageresponse_control(link_.handle(), paged, &estimate, &cookie) != LDAP_SUCCESS) {
    return failed(LDAP_DECODING_ERROR, "search under '" + query_.base + "' at " + link_.server(), {});
  }
  const std::string next(view(cookie));
  ber_memfree(cookie.bv_val);
  ended_ = next.empty();
  return ended_ ? sdk::Status{} : ask(next);
}

}  // namespace meshgate::ldap
