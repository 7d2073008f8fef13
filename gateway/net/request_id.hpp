#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::net {

/// Names a request in its answer, in problem documents, in the logs. What the reader (or a proxy) calls it is taken if it is 1 to 64 letters,
/// digits and marks of "-._"; otherwise it gets a name that no other request of this or an earlier process has. Thread safe.
class RequestIds {
 public:
  RequestIds();
  std::string of(std::optional<std::string_view> given);

 private:
  const std::string process_;
  std::atomic<std::uint64_t> made_{0};
};

}  // namespace meshgate::net
