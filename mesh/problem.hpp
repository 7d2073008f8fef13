#pragma once

#include <string>
#include <string_view>

namespace meshgate {

/// What a problem document (RFC 9457) of a node says; empty members where it says nothing.
struct Problem {
  std::string type;  ///< urn:meshgate:problem:…
  std::string title;
  std::string detail;

  /// The detail, or else the title, cut to what a message may quote.
  [[nodiscard]] std::string sentence() const;
};

/// The body of an answer; an empty Problem where it is none.
Problem parse_problem(std::string_view body);

/// The type of the answer to a reader who may not read what it asks for, which makes it drop what it holds of it.
inline constexpr std::string_view kDeniedProblem = "urn:meshgate:problem:denied";

}  // namespace meshgate
