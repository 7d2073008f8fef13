#include "gateway/device/mirror.hpp"

#include "gateway/device/mirror_run.hpp"

namespace meshgate::device {

bool MirrorSummary::verified() const {
  for (const Part& part : parts) {
    if (!part.verified) return false;
  }
  return true;
}

std::string MirrorSummary::text() const {
  std::string out;
  for (const Part& part : parts) {
    out.append(part.feed);
    if (!part.partition.empty()) out.append(" [").append(part.partition).append("]");
    out.append(": ").append(std::to_string(part.items)).append(" items, digest ").append(part.digest);
    out.append(part.verified ? " equal to the gateway's" : " not yet compared with the gateway's");
    if (!part.error.empty()) out.append(" (").append(part.error).append(")");
    out += '\n';
  }
  return out;
}

class Mirror::State {
 public:
  State(MirrorOptions options, MirrorListener listener, std::unique_ptr<MirrorFile> file)
      : run(std::move(options), std::move(listener), std::move(file)) {}
  MirrorRun run;
};

Result<std::unique_ptr<Mirror>> Mirror::open(MirrorOptions options, MirrorListener listener) {
  while (!options.url.empty() && options.url.back() == '/') options.url.pop_back();
  if (options.url.empty()) return Error{Code::config, "no URL of a node to mirror from; give one such as http://host:7443"};
  if (options.file.empty()) return Error{Code::config, "no file to mirror into; give one with --into FILE.db"};
  auto file = MirrorFile::open(options.file);
  if (!file) return std::move(file).error();
  return std::unique_ptr<Mirror>(new Mirror(std::make_unique<State>(std::move(options), std::move(listener), std::move(*file))));
}

Mirror::Mirror(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mirror::~Mirror() = default;

Status Mirror::take(const MirrorPage& page) { return state_->run.take(page); }

Result<MirrorSummary> Mirror::run() { return state_->run.run(); }

void Mirror::cancel() { state_->run.cancel(); }

}  // namespace meshgate::device
