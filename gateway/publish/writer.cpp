#include "gateway/publish/writer.hpp"

#include <string>
#include <utility>

#include "mesh/value.hpp"

namespace meshgate::publish {

using plugins::broken_promise;
using plugins::guarded;
using plugins::text_of;

namespace {

mg_str borrow(const std::string& text) { return {text.data(), text.size()}; }

Error cancelled() { return Error{Code::cancelled, "cancelled"}; }

/// What fold() calls, and the first promise it broke.
struct Taking {
  const plugins::Plugin* plugin;
  const std::function<void(const Held&)>* take;
  Status failed;

  std::int32_t held(const mg_held& from) {
    if (from.size != sizeof(mg_held)) failed = broken_promise(*plugin, "fold() told something of another size");
    else if (!valid_utf8(text_of(from.id))) failed = broken_promise(*plugin, "fold() told an id that is not UTF-8");
    if (!failed) return MG_CANCELLED;
    (*take)({from.gone != 0, from.foreign != 0, text_of(from.id), text_of(from.rev), {from.partitions, from.partition_count}});
    return MG_OK;
  }
};

}  // namespace

Result<std::unique_ptr<Writer>> Writer::connect(const Publication& publication, base::Log& log) {
  std::unique_ptr<Writer> out(new Writer(publication, log));
  const auto given = plugins::borrowed(publication.connection);
  Status opened = guarded(out->plugin_, "open", [&](mg_error* error) {
    return out->plugin_.module().open(out->host_.get(), given.data(), given.size(), &out->connection_, error);
  });
  if (!opened) out->connection_ = nullptr;
  if (!opened) return std::move(opened).error();
  if (out->connection_ == nullptr) return broken_promise(out->plugin_, "open() succeeded without a connection");
  return out;
}

Result<std::unique_ptr<Writer>> Writer::open(const Publication& publication, const store::FeedState& feed, base::Log& log) {
  auto out = connect(publication, log);
  if (!out) return std::move(out).error();
  Writer& writer = **out;
  const std::string uid = feed.uid.bits.hex();
  const std::string epoch = feed.epoch.bits.hex();
  const mg_feed named{.size = sizeof(mg_feed), .reserved = 0, .name = borrow(feed.name), .uid = borrow(uid), .epoch = borrow(epoch)};
  const auto given = plugins::borrowed(publication.settings);
  Status opened = guarded(writer.plugin_, "open_writer", [&](mg_error* error) {
    return writer.plugin_.module().open_writer(writer.connection_, given.data(), given.size(), &named, &writer.writer_, error);
  });
  if (!opened) writer.writer_ = nullptr;
  if (!opened) return std::move(opened).error();
  if (writer.writer_ == nullptr) return broken_promise(writer.plugin_, "open_writer() succeeded without a writer");
  return out;
}

Result<std::vector<std::string>> Writer::probe(const Publication& publication, base::Log& log) {
  auto out = connect(publication, log);
  if (!out) return std::move(out).error();
  Writer& writer = **out;
  const auto given = plugins::borrowed(publication.settings);
  std::vector<std::string> warnings;
  mg_text text{};
  text.size = sizeof text;
  text.ctx = &warnings;
  text.say = [](void* to, mg_str from) noexcept {
    if (valid_utf8(text_of(from))) static_cast<std::vector<std::string>*>(to)->emplace_back(text_of(from));
  };
  Status probed = guarded(writer.plugin_, "probe_writer", [&](mg_error* error) {
    return writer.plugin_.module().probe_writer(writer.connection_, given.data(), given.size(), &text, error);
  });
  if (!probed) return std::move(probed).error();
  return warnings;
}

Writer::~Writer() {
  if (writer_ != nullptr) plugin_.module().close_writer(writer_);
  if (connection_ != nullptr) plugin_.module().close(connection_);
}

Result<Written> Writer::resume() {
  if (cancelled_.load()) return cancelled();
  mg_written written{};
  written.size = sizeof written;
  Status done = guarded(plugin_, "resume", [&](mg_error* error) { return plugin_.module().resume(writer_, &written, error); });
  if (!done) return std::move(done).error();
  return Written{written.known != 0, Seq{written.through}};
}

Status Writer::fold(const std::function<void(const Held&)>& take) {
  if (cancelled_.load()) return cancelled();
  Taking taking{&plugin_, &take, {}};
  mg_held_sink sink{};
  sink.size = sizeof sink;
  sink.ctx = &taking;
  sink.held = [](void* to, const mg_held* held) noexcept { return static_cast<Taking*>(to)->held(*held); };
  Status done = guarded(plugin_, "fold", [&](mg_error* error) { return plugin_.module().fold(writer_, &sink, error); });
  return taking.failed ? std::move(done) : std::move(taking.failed);
}

Status Writer::write(std::span<const mg_entry> entries, Seq through) {
  if (cancelled_.load()) return cancelled();
  return guarded(plugin_, "write", [&](mg_error* error) { return plugin_.module().write(writer_, entries.data(), entries.size(), number(through), error); });
}

void Writer::cancel() {
  if (!cancelled_.exchange(true)) plugin_.module().cancel(connection_);
}

}  // namespace meshgate::publish
