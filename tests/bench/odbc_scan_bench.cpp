// odbc_scan_bench TABLE name=value…: one scan through the connector with a sink that drops the values; prints rows, seconds, rows per
// second and this process's peak memory. The settings are those of a source's `connection`.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "connectors/sdk/connector.hpp"

namespace {

using meshgate::sdk::borrow;
using meshgate::sdk::view;

struct Count {
  std::size_t rows = 0;
  std::size_t faults = 0;
};

mg_sink counting(Count& count) {
  mg_sink out{};
  out.size = sizeof out;
  out.ctx = &count;
  out.columns = [](void*, const mg_column*, std::size_t) -> std::int32_t { return MG_OK; };
  out.emit = [](void* ctx, const mg_record* record) -> std::int32_t {
    auto* into = static_cast<Count*>(ctx);
    ++into->rows;
    if (record->fault.size > 0) ++into->faults;
    return MG_OK;
  };
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<mg_setting> settings;
  for (int i = 2; i < argc; ++i) {
    const std::string_view pair = argv[i];
    settings.push_back({borrow(pair.substr(0, pair.find('='))), borrow(pair.substr(pair.find('=') + 1))});
  }
  if (settings.empty()) {
    std::fprintf(stderr, "usage: odbc_scan_bench TABLE name=value…\n");
    return 2;
  }
  const mg_connector_module* module = mg_connector_entry(MG_CONNECTOR_ABI);
  mg_error error{};
  mg_host host{};
  mg_connection* connection = nullptr;
  mg_stream* stream = nullptr;
  const mg_setting table{borrow("table"), borrow(argv[1])};
  if (module->open(&host, settings.data(), settings.size(), &connection, &error) != MG_OK ||
      module->open_stream(connection, &table, 1, {}, &stream, &error) != MG_OK) {
    std::fprintf(stderr, "odbc_scan_bench: %s\n", error.message);
    return 1;
  }
  const auto begin = std::chrono::steady_clock::now();
  Count count;
  const mg_sink sink = counting(count);
  mg_limits limits{};
  limits.size = sizeof limits;
  limits.max_wait_ms = 1000;
  limits.max_records = 10000;
  limits.max_bytes = std::uint64_t{4} << 20U;
  mg_progress progress{};
  std::string position;
  while ((progress.flags & MG_SCAN_ENDED) == 0) {
    if (module->read(stream, borrow(position), &limits, &sink, &progress, &error) != MG_OK) {
      std::fprintf(stderr, "odbc_scan_bench: %s\n", error.message);
      return 1;
    }
    position = view(progress.position);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%zu rows, %zu faults, %.3f s, %.0f rows/s, peak %ld MB\n", count.rows, count.faults, seconds, static_cast<double>(count.rows) / seconds, usage.ru_maxrss / 1024);
  module->close_stream(stream);
  module->close(connection);
  return 0;
}
