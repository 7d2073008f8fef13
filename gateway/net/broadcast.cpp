#include "gateway/net/broadcast.hpp"

#include "gateway/net/wire.hpp"

namespace meshgate::net {

FramedBytes::FramedBytes(std::string_view bytes) : chunk_(chunk_head(bytes.size())), head_(chunk_.size()), size_(bytes.size()) {
  chunk_.reserve(head_ + size_ + 2);
  chunk_.append(bytes).append("\r\n");
}

const FramedBytes& Broadcast::gzip() const {
  std::call_once(deflated_, [this] {
    std::string piece;
    if (append_gzip_piece(piece, plain_.bytes())) gzip_ = FramedBytes(piece);
  });
  return gzip_;
}

}  // namespace meshgate::net
