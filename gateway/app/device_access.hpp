#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "gateway/access/access.hpp"
#include "gateway/store/store.hpp"
#include "mesh/offered_feed.hpp"

namespace meshgate::app {

/// Who may see what at a device: its applications all that it holds, nobody else anything. Of what its person may not read any more it remembers the names,
/// so that applications which hold it too are told to let go of it, until it is held again.
class DeviceAccess final : public access::Access {
 public:
  /// Reads what was lost before, and lets go of what a death left of it. Blocks. The store outlives it.
  static Result<std::shared_ptr<DeviceAccess>> open(std::string file, store::Store& store);
  ~DeviceAccess() override;
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;

  /// The right to a partition (nothing: to all of the feed) was lost: applications are told so from now on, and then what is held of it goes. Gives how many
  /// items that were. Blocks.
  Result<std::uint64_t> lose(const std::string& feed, const std::optional<std::string>& partition);
  /// Whether a partition may be taken from a node that shows it: it was not lost, or the node knows who may read it as of later than that.
  [[nodiscard]] bool admits(const OfferedFeed& offered, const std::string& partition) const;
  /// What is held again was not lost. To be called now and then; blocks.
  void tend();

  [[nodiscard]] access::Sight sight(const access::Principal& who, std::string_view feed, std::string_view partition) const override;
  [[nodiscard]] access::Sight sight(const access::Principal& who, std::string_view feed) const override;
  [[nodiscard]] bool open_to_all(std::string_view) const override { return false; }
  [[nodiscard]] std::optional<access::Role> role(const access::Principal&) const override { return access::Role::none; }
  /// They are other ones whenever something was lost, or is held again.
  [[nodiscard]] std::optional<std::string> rights(const access::Principal&) const override { return std::to_string(version_); }
  [[nodiscard]] access::Explanation explain(std::string_view, std::string_view, std::optional<std::string_view>) const override { return {}; }
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()> on_change) override;

 private:
  struct Subscribers;
  struct Loss {
    Micros at{0};       ///< when, by the later of this clock and the origin's
    bool gone = false;  ///< what was held
  };
  struct Lost {
    std::shared_ptr<store::Feed> feed;
    std::map<std::string, Loss, std::less<>> partitions;
  };
  DeviceAccess(std::string file, store::Store& store);
  Status read();
  [[nodiscard]] Status write() const;
  void mark(const std::string& name, const std::shared_ptr<store::Feed>& feed, const std::optional<std::string>& partition);
  [[nodiscard]] static bool is_lost(const Lost& lost, std::string_view partition);

  const std::string file_;
  store::Store& store_;
  std::mutex writing_;
  mutable std::shared_mutex mutex_;  ///< of what is behind it
  std::map<std::string, Lost, std::less<>> lost_;
  std::atomic<std::uint64_t> version_{1};
  const std::shared_ptr<Subscribers> subscribers_;
};

}  // namespace meshgate::app
