#pragma once

#include <lber.h>
#include <ldap.h>

#include <memory>
#include <string_view>

namespace meshgate::ldap {

struct Free {
  void operator()(LDAP* handle) const { ldap_unbind_ext(handle, nullptr, nullptr); }
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
  void operator()(BerElement* element) const { ber_free(element, 1); }
  void operator()(berval* value) const { ber_bvfree(value); }
  void operator()(LDAPControl* control) const { ldap_control_free(control); }
  void operator()(LDAPURLDesc* url) const { ldap_free_urldesc(url); }
  void operator()(char* text) const { ldap_memfree(text); }
};

using Handle = std::unique_ptr<LDAP, Free>;
using Message = std::unique_ptr<LDAPMessage, Free>;
using Element = std::unique_ptr<BerElement, Free>;
using OwnedValue = std::unique_ptr<berval, Free>;
using Control = std::unique_ptr<LDAPControl, Free>;
using Text = std::unique_ptr<char, Free>;

/// A walk over the attributes of a message, which keeps the bytes.
struct FreeWalk {
  void operator()(BerElement* element) const { ber_free(element, 0); }
};
using Walk = std::unique_ptr<BerElement, FreeWalk>;

/// What the library gave as an array of pointers.
struct FreeControls {
  using pointer = LDAPControl**;
  void operator()(LDAPControl** controls) const { ldap_controls_free(controls); }
};
using Controls = std::unique_ptr<LDAPControl*, FreeControls>;

inline std::string_view view(const berval& value) { return {value.bv_val, value.bv_len}; }
inline berval borrow(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

}  // namespace meshgate::ldap
