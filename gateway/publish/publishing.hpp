#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/publish/publisher.hpp"

namespace meshgate::publish {

/// All feeds that this node publishes. Made after the store; its destructor stops and joins every thread.
class Publishing {
 public:
  Publishing(const std::vector<Publication>& publications, store::Store& store, base::Log& log, base::Metrics& metrics);
  ~Publishing();
  Publishing(const Publishing&) = delete;
  Publishing& operator=(const Publishing&) = delete;

  /// Tells every thread to stop; does not wait for it.
  void stop();
  /// Nothing for a feed that is not published.
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;

 private:
  std::vector<std::unique_ptr<Publisher>> publishers_;
};

}  // namespace meshgate::publish
