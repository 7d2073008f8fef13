#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/log.hpp"
#include "gateway/net/http_client.hpp"
#include "gateway/store/feed.hpp"
#include "mesh/reconciler.hpp"

namespace meshgate::federation {

/// What repairing a copy has cost.
struct Mended {
  std::size_t asked = 0;  ///< questions
  std::size_t alone = 0;  ///< entries of another epoch that only this node had
  std::string kept;       ///< the file with them
  std::size_t bytes = 0;  ///< of answers, not compressed
};
void tell(base::Log& log, const std::string& peer, const std::string& part, const Mended& mended);

/// Makes the copy of a partition that is here what another node has, answer by answer, whoever asks and whoever is asked: only what differs travels. Nothing
/// is changed before the end; between answers nothing of the store is held. One thread at a time; blocks.
class Mender {
 public:
  /// Code::not_found: nothing whole is here.
  static Result<std::unique_ptr<Mender>> begin(std::shared_ptr<store::Feed> feed, const std::string& partition);
  Mender(const Mender&) = delete;
  Mender& operator=(const Mender&) = delete;

  /// What to ask next; nothing: all is known.
  [[nodiscard]] std::optional<ReconcileQuestion> next() const;
  /// Code::unsupported: everything is to be read instead. Code::retry: the copy or the other node's order has moved meanwhile: begin anew.
  Status take(std::string_view answer);
  /// What goes because the other node's order has another epoch is kept in a file in the folder `aside`.
  Result<Mended> finish(const std::string& aside);

 private:
  Mender(std::shared_ptr<store::Feed> feed, std::string partition, const Standing& own);
  Status hold();
  Status keep_aside(const Difference& difference, const std::string& aside);

  const std::shared_ptr<store::Feed> feed_;
  const std::string partition_;
  const Standing own_;
  std::shared_ptr<const store::Pin> pin_;  ///< while something is read
  Reconciler work_;
  Mended cost_;
};

/// By POST /reconcile at `url`.
Result<Mended> mend_from(net::HttpClient& client, const std::string& url, const std::shared_ptr<store::Feed>& feed, const std::string& partition, const std::string& aside);

}  // namespace meshgate::federation
