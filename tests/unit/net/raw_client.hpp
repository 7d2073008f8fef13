#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshgate::net::test {

/// An answer as it came over the wire, chunks joined.
struct RawAnswer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool whole = false;  ///< the body ended as its framing says

  [[nodiscard]] std::string field(std::string_view name) const;
};

/// A socket that says exactly what it is told. Waits at most ten seconds for anything, then gives up.
class RawClient {
 public:
  static RawClient tcp(std::uint16_t port);
  static RawClient local(const std::string& path);
  ~RawClient();
  RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)) {}
  RawClient& operator=(RawClient&&) = delete;

  [[nodiscard]] bool connected() const { return fd_ >= 0; }
  /// False: the peer is gone.
  bool send(std::string_view bytes);
  /// The next answer; `head_only` for answers to HEAD. Status 0: the peer closed before one began.
  RawAnswer receive(bool head_only = false);
  /// The head of an answer; the body is then read by receive_line.
  RawAnswer receive_head();
  /// The next line of a chunked body, without its end; nothing at its end.
  std::optional<std::string> receive_line();
  /// Whether the peer closes without another byte.
  bool closed();
  /// Takes up to `size` raw bytes.
  std::string take(std::size_t size);
  void shrink_receive_buffer(int bytes);
  void hang_up();

  RawAnswer get(std::string_view target, std::string_view more_fields = {});

 private:
  explicit RawClient(int fd) : fd_(fd) {}
  bool fill();
  bool fill_to(std::size_t size);
  std::optional<std::string> take_line();
  bool take_chunk(std::string& into);

  int fd_ = -1;
  std::string held_;
  std::string body_held_;
};

}  // namespace meshgate::net::test
