#include "gateway/net/gzip_pieces.hpp"

#include <zlib.h>

#include <algorithm>

namespace meshgate::net {

namespace {

constexpr int kLevel = 1;
constexpr int kRawWindow = -15;  ///< negative: without header and trailer
constexpr int kMemory = 8;
constexpr std::size_t kFlushRoom = 16;  ///< for the empty block at the end, beyond deflateBound()

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

void append_little_endian(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFFU);
}

}  // namespace

GzipChecksum GzipChecksum::of(std::string_view bytes) {
  return {static_cast<std::uint32_t>(crc32_z(0, bytes_of(bytes), bytes.size())), bytes.size()};
}

void GzipChecksum::append(const GzipChecksum& next) {
  crc = static_cast<std::uint32_t>(crc32_combine(crc, next.crc, static_cast<z_off_t>(next.bytes)));
  bytes += next.bytes;
}

bool append_gzip_piece(std::string& out, std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kRawWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) return false;
  const std::size_t before = out.size();
  const std::size_t room = deflateBound(&stream, bytes.size()) + kFlushRoom;
  out.resize(before + room);
  stream.next_in = const_cast<Bytef*>(bytes_of(bytes));  // zlib only reads it; its interface predates const
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
  stream.avail_out = static_cast<uInt>(room);
  const bool good = deflate(&stream, Z_FULL_FLUSH) == Z_OK && stream.avail_in == 0 && stream.avail_out > 0;
  out.resize(good ? before + room - stream.avail_out : before);
  deflateEnd(&stream);
  return good;
}

std::string gzip_tail(const GzipChecksum& checksum) {
  std::string out("\x03\x00", 2);  // an empty last block
  append_little_endian(out, checksum.crc);
  append_little_endian(out, static_cast<std::uint32_t>(checksum.bytes));
  return out;
}

}  // namespace meshgate::net
