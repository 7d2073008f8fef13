#include "gateway/federation/line.hpp"

#include <utility>

#include "gateway/federation/batch_cutter.hpp"
#include "gateway/federation/brought.hpp"

namespace meshgate::federation {

Status Line::open() {
  net::Fields fields;
  fields.add("Content-Type", "application/x-ndjson");
  fields.add("Content-Encoding", "zstd");
  auto opened = http_.open(url_, fields);
  if (!opened) return std::move(opened).error();
  packer_ = net::Compressor::make(net::Encoding::zstd);
  refusal_.reset();
  if (!http_.is_open()) refusal_ = std::move(*opened);
  return {};
}

Status Line::send(const Part& part, const Cursor& after, std::string_view page) {
  if (!http_.is_open()) {
    if (auto opened = open(); !opened || refusal_) return opened;
  }
  std::string batch = batch_head(part, after);
  batch += page;
  std::string packed;
  if (!packer_ || !packer_->add(batch, net::Flush::block, packed)) return Error{Code::internal, "compression failed"};
  return http_.send(packed);
}

Result<net::HttpClient::Answer> Line::answer() {
  if (refusal_) return *std::exchange(refusal_, std::nullopt);
  auto line = http_.take_line();
  if (!line) return std::move(line).error();
  return net::HttpClient::Answer{parse_status_of(*line), {}, std::move(*line)};
}

}  // namespace meshgate::federation
