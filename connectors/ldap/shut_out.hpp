#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace meshgate::ldap {

// How directories say that somebody is shut out: OpenLDAP's password policies, shadow accounts, 389 Directory Server, eDirectory, Active Directory.

/// The attributes that say so.
std::span<const std::string_view> shut_out_attributes();

/// Whether this value of one of them (its name in small letters) says so at `now_s`, in seconds since 1970.
bool shuts_out(std::string_view attribute, std::string_view value, std::int64_t now_s);

/// The parts of a filter ("(…)(…)") that fit whom a date shuts out between two times, where the server knows such attributes; nothing in an entry changes then.
/// More than a month apart: whoever has such a date.
std::string shut_out_between(std::int64_t from_s, std::int64_t until_s, const std::function<bool(std::string_view)>& known);

}  // namespace meshgate::ldap
