#include "gateway/access/directory_feed.hpp"

#include <algorithm>

namespace meshgate::access {

Result<DirectoryFeed::Step> DirectoryFeed::step() {
  const bool was_sure = sure_;
  auto page = feed_->changes("", cursor_, {});
  if (!page) {
    sure_ = false;
    return std::move(page).error();
  }
  if (page->answer != Answer::read) {
    sure_ = false;
    if (page->answer == Answer::ahead) return Step{false, was_sure};
    start_over();
    return Step{true, true};
  }
  if (auto taken = take(page->lines); !taken) {
    sure_ = false;
    return std::move(taken).error();
  }
  cursor_ = page->mark.cursor;
  if (page->end) sure_ = page->mark.caught_up;
  return Step{!page->end, page->entries > 0 || sure_ != was_sure};
}

void DirectoryFeed::start_over() {
  cursor_ = {};
  sure_ = false;
  items_.forget();
}

Status DirectoryFeed::take(std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    auto line = parser_.parse(lines.substr(0, end));
    if (!line) return std::move(line).error();
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (const auto* put = std::get_if<PutLine>(&*line)) items_.put(put->id, put->content, put->at);
    if (const auto* gone = std::get_if<GoneLine>(&*line)) items_.gone(gone->id);
  }
  return {};
}

}  // namespace meshgate::access
