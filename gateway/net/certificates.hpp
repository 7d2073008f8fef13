#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/net/credentials.hpp"

namespace meshgate::net {

/// The credentials in use, and how new files take their place while connections go on with the old. Thread safe.
class Certificates {
 public:
  /// Blocks on the files; see Credentials::load for what is refused.
  static Result<std::unique_ptr<Certificates>> open(const TlsOptions& options, base::Log& log, base::Metrics& metrics);
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// For the next connection. Never blocks for long.
  [[nodiscard]] std::shared_ptr<const Credentials> current() const;
  /// Reads the files again; what cannot be used is logged and the old ones stay. Blocks. By one thread, as is look.
  void reload();
  /// Reloads if the files have changed and have then stayed as they are for one call: certificate and key are rarely replaced in one
  /// moment. Blocks. To be called every few seconds.
  void look();

 private:
  struct Stamp;
  Certificates(TlsOptions options, base::Log& log, base::Metrics& metrics);
  void use(std::shared_ptr<const Credentials> credentials);

  const TlsOptions options_;
  const TicketKeys tickets_;
  base::Log& log_;
  base::Counter& refused_;
  std::unique_ptr<Stamp> tried_;  ///< of the files that were last read
  std::unique_ptr<Stamp> seen_;   ///< of the last look
  mutable std::mutex mutex_;
  std::shared_ptr<const Credentials> current_;
};

}  // namespace meshgate::net
