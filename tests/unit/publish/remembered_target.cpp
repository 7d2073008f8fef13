#include "tests/unit/publish/remembered_target.hpp"

#include <gtest/gtest.h>

#include "connectors/sdk/module.hpp"

namespace meshgate::publish {

namespace {

RememberedTarget* target_of(const sdk::Settings& settings) { return reinterpret_cast<RememberedTarget*>(std::stoull(settings.text("target"))); }

class RememberedWriter : public sdk::Writer {
 public:
  explicit RememberedWriter(RememberedTarget& target) : target_(target) {}

  sdk::Status resume(sdk::Written& out) override {
    const std::lock_guard lock(target_.mutex);
    ++target_.resumes;
    out = {target_.known, target_.known ? target_.through : 0};
    return {};
  }

  sdk::Status fold(sdk::HeldSink& sink) override {
    const std::lock_guard lock(target_.mutex);
    ++target_.folds;
    for (const auto& record : target_.records) {
      std::vector<mg_str> partitions;
      for (const auto& one : record.partitions) partitions.push_back(sdk::borrow(one));
      const bool more = record.gone ? sink.gone(record.id) : record.foreign ? sink.foreign(record.id) : sink.written(record.id, record.rev, partitions);
      if (!more) return sdk::failure(MG_CANCELLED, "cancelled");
    }
    return {};
  }

  sdk::Status write(std::span<const mg_entry> entries, uint64_t through) override {
    const std::lock_guard lock(target_.mutex);
    sdk::Status out;
    if (!target_.failures.empty()) {
      out = sdk::failure(target_.failures.front().first, target_.failures.front().second);
      target_.failures.erase(target_.failures.begin());
    }
    if (!out.ok() && !target_.lost_answer) return out;
    target_.batches.push_back(entries.size());
    for (const mg_entry& entry : entries) keep(entry, through);
    target_.known = through > 0;
    target_.through = through;
    return out;
  }

 private:
  void keep(const mg_entry& entry, uint64_t through) {
    RememberedTarget::Record record{.id = std::string(sdk::view(entry.id)), .rev = std::string(sdk::view(entry.rev)), .content = std::string(sdk::view(entry.content)), .partitions = {}, .seq = entry.seq, .through = through, .gone = entry.gone != 0};
    for (size_t i = 0; i < entry.partition_count; ++i) record.partitions.emplace_back(sdk::view(entry.partitions[i]));
    target_.records.push_back(std::move(record));
  }

  RememberedTarget& target_;
};

class RememberedConnection : public sdk::Connection {
 public:
  static sdk::Status open(const sdk::Host&, const sdk::Settings&, std::unique_ptr<sdk::Connection>& out) {
    out = std::make_unique<RememberedConnection>();
    return {};
  }
  sdk::Status check() override { return {}; }
  sdk::Status discover(sdk::Catalog&) override { return {}; }
  sdk::Status open_stream(const sdk::Settings&, std::string_view, std::unique_ptr<sdk::Stream>&) override { return sdk::failure(MG_UNSUPPORTED, "it only remembers"); }
  sdk::Status open_writer(const sdk::Settings& settings, const sdk::WrittenFeed&, std::unique_ptr<sdk::Writer>& out) override {
    out = std::make_unique<RememberedWriter>(*target_of(settings));
    return {};
  }
};

constexpr mg_option kStream[] = {sdk::option({.name = "shelf", .help = "What is read.", .stream_name = true})};
constexpr mg_option kWriter[] = {sdk::option({.name = "shelf", .help = "What is written.", .stream_name = true}), sdk::option({.name = "target", .help = "Where it is remembered."})};

const mg_connector_module* module_of_it() {
  static const mg_connector_module module = sdk::Fence::module<RememberedConnection>({.name = "remembered", .version = "1", .summary = "Remembers.", .connection_options = {}, .stream_options = kStream, .writer_options = kWriter});
  return &module;
}

}  // namespace

Publication publication_to(RememberedTarget& target, const std::string& feed) {
  auto plugin = plugins::Plugin::accept(module_of_it(), "linked in");
  EXPECT_TRUE(plugin) << plugin.error().message;
  return {feed, "memory", "shelf", *plugin, {}, {{"target", std::to_string(reinterpret_cast<std::uintptr_t>(&target))}}};
}

}  // namespace meshgate::publish
