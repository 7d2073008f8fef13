#pragma once

#include <map>
#include <string>
#include <utility>

#include "gateway/device/mirror.hpp"
#include "gateway/device/mirror_file.hpp"

namespace meshgate::device {

/// Writes pages that were received elsewhere into a mirror's file, each where it goes on from what is there. One thread.
class PageTaker {
 public:
  PageTaker(MirrorFile& file, bool replace) : file_(file), replace_(replace) {}

  /// Nothing is done with a page that begins where the file does not stand. Code::gone, corrupt: it does not fit. Blocks.
  Status take(const MirrorPage& page);

 private:
  Result<Place*> place_of(const MirrorPage& page);

  MirrorFile& file_;
  const bool replace_;
  std::map<std::pair<std::string, std::string>, Place*> places_;  ///< by feed and partition
};

}  // namespace meshgate::device
