#include "gateway/federation/line.hpp"

#include <utility>

#include "gateway/federation/batch_cutter.hpp"
#include "gateway/federation/brought.hpp"

namespace meshgate::federation {

Result<net::HttpClient::Answer> Line::turn(std::string_view batch) {
  if (!http_.is_open()) {
    net::Fields fields;
    fields.add("Content-Type", "application/x-ndjson");
    fields.add("Content-Encoding", "zstd");
    auto opened = http_.open(url_, fields);
    if (!opened || opened->status != 200) return opened;
    packer_ = net::Compressor::make(net::Encoding::zstd);
  }
  std::string packed;
  if (!packer_ || !packer_->add(batch, net::Flush::block, packed)) return Error{Code::internal, "compression failed"};
  auto line = http_.take_turn(packed);
  if (!line) return std::move(line).error();
  return net::HttpClient::Answer{parse_status_of(*line), {}, std::move(*line)};
}

Result<net::HttpClient::Answer> Line::bring(const Part& part, const Cursor& after, std::string_view page) {
  std::string batch = batch_head(part, after);
  batch += page;
  const bool open = http_.is_open();
  auto answer = turn(batch);
  // One that was open may have ended long ago. That the page may have been taken does no harm.
  if (open && !answer && answer.error().code == Code::retry) return turn(batch);
  return answer;
}

}  // namespace meshgate::federation
