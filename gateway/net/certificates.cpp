#include "gateway/net/certificates.hpp"

#include <sys/stat.h>

#include <array>
#include <tuple>

namespace meshgate::net {

namespace {

using FileStamp = std::tuple<std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

/// Changes when the file at this path does, also when a link to it is turned.
FileStamp stamp_of(const std::string& path) {
  struct stat found {};
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

}  // namespace

struct Certificates::Stamp {
  explicit Stamp(const TlsOptions& options) : files{stamp_of(options.certificate), stamp_of(options.key), stamp_of(options.client_ca)} {}
  bool operator==(const Stamp&) const = default;
  std::array<FileStamp, 3> files;
};

Certificates::Certificates(TlsOptions options, base::Log& log, base::Metrics& metrics)
    : options_(std::move(options)),
      tickets_(make_ticket_keys()),
      log_(log),
      refused_(metrics.counter("meshgate_certificate_refused", "Changed certificate files that could not be used, so that the old ones stayed.")),
      tried_(std::make_unique<Stamp>(options_)),
      seen_(std::make_unique<Stamp>(options_)) {
  metrics.ask("meshgate_certificate_expires_seconds", "Time until the certificate that is shown to readers expires.", {},
              [this] { return static_cast<double>(current()->expires().count - now().count) / 1e6; });
}

Certificates::~Certificates() = default;

Result<std::unique_ptr<Certificates>> Certificates::open(const TlsOptions& options, base::Log& log, base::Metrics& metrics) {
  std::unique_ptr<Certificates> out(new Certificates(options, log, metrics));
  auto credentials = Credentials::load(out->options_, out->tickets_);
  if (!credentials) return std::move(credentials).error();
  out->use(std::move(*credentials));
  return out;
}

std::shared_ptr<const Credentials> Certificates::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Certificates::use(std::shared_ptr<const Credentials> credentials) {
  for (const auto& warning : credentials->warnings()) log_.warning("tls", warning);
  const std::lock_guard lock(mutex_);
  current_ = std::move(credentials);
}

void Certificates::reload() {
  *tried_ = *seen_ = Stamp(options_);
  auto credentials = Credentials::load(options_, tickets_);
  if (credentials) {
    log_.info("tls", "certificate '" + options_.certificate + "' is in use, good until " + utc_text((*credentials)->expires()));
    return use(std::move(*credentials));
  }
  refused_.add();
  log_.error("tls", credentials.error().message + "; the certificate from before stays in use, good until " + utc_text(current()->expires()));
}

void Certificates::look() {
  const Stamp found(options_);
  const bool settled = found == *seen_;
  *seen_ = found;
  if (settled && found != *tried_) reload();
}

}  // namespace meshgate::net
