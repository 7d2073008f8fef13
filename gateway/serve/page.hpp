#pragma once

#include <span>
#include <string_view>

#include "gateway/serve/context.hpp"

namespace meshgate::serve {

/// A file of the page at `/`, as it was when the program was built.
struct PageFile {
  std::string_view path;  ///< where it is served
  std::string_view media_type;
  std::string_view text;
};
std::span<const PageFile> page_files();

/// The files, and who asks: what the page shows in its head.
void add_page(Context& context, net::Router& router);

}  // namespace meshgate::serve
