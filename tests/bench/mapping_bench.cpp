// Record → item: what one source thread spends per row between the driver and the store.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "config/node.hpp"
#include "mapping/mapping.hpp"
#include "mesh/item.hpp"

namespace meshgate::mapping {
namespace {

/// The row of the ingest figure: bigint key, two texts, int, decimal, timestamptz.
struct Orders {
  Schema schema;
  std::array<std::string, 64> names;
  std::array<Value, 6> values;

  Orders() {
    schema.fields = {{"id", Type::int64, false, 1, {}},     {"customer", Type::text, true, 0, {}},
                     {"note", Type::text, true, 0, {}},     {"quantity", Type::int64, true, 0, {}},
                     {"total", Type::decimal, true, 0, {}}, {"updated_at", Type::timestamptz, true, 0, {}}};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = "Customer number " + std::to_string(i * 7919);
  }

  void fill(std::int64_t row) {
    values[0] = Value::of_int64(1000000 + row);
    values[1] = Value::of_text(Type::text, names[static_cast<std::size_t>(row) % names.size()]);
    values[2] = Value::of_text(Type::text, "a short remark about this order, as people write them");
    values[3] = Value::of_int64(row % 100);
    values[4] = Value::of_text(Type::decimal, "1234.50");
    values[5] = Value::of_count(Type::timestamptz, 1767607000000000 + row * 1234567);
  }
};

void run(benchmark::State& state, const char* yaml) {
  Orders orders;
  config::Diagnostics out;
  const auto root = config::parse_yaml(yaml, "bench.yaml", out);
  const auto definition = Definition::read(root["fields"], root["id"], root["partition"], out);
  const auto mapping = Mapping::compile(definition, orders.schema, {}, {}, out);
  if (!mapping) return state.SkipWithError(out.text().c_str());
  MappedItem item;
  std::int64_t row = 0;
  for (auto _ : state) {
    orders.fill(++row);
    Record record;
    record.values = orders.values;
    benchmark::DoNotOptimize(mapping->apply(record, item).has_value());
    benchmark::DoNotOptimize(item.content.data());
  }
  state.SetItemsProcessed(state.iterations());
}

void identity(benchmark::State& state) { run(state, "x: 1"); }
void rename(benchmark::State& state) {
  run(state, "fields: { number: id, who: customer, remark: note, pieces: quantity, sum: total, at: updated_at }");
}
void divided(benchmark::State& state) { run(state, "partition: customer"); }
void templates(benchmark::State& state) { run(state, "fields: { label: \"{customer}: {note}\", number: id }\nid: \"o-{id}\""); }
void casts(benchmark::State& state) {
  run(state, "fields: { id: id, q: { column: quantity, cast: decimal }, t: { column: id, cast: text } }");
}
BENCHMARK(identity);
BENCHMARK(rename);
BENCHMARK(divided);
BENCHMARK(templates);
BENCHMARK(casts);

void one_value(benchmark::State& state) {
  Orders orders;
  orders.fill(12345);
  const Value& value = orders.values[static_cast<std::size_t>(state.range(0))];
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(append_json(out, value));
    benchmark::DoNotOptimize(out.data());
  }
  state.SetLabel(orders.schema.fields[static_cast<std::size_t>(state.range(0))].name);
}
BENCHMARK(one_value)->DenseRange(0, 5);

void float64_value(benchmark::State& state) {
  const Value value = Value::of_float64(1234.56789);
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(append_json(out, value));
  }
}
BENCHMARK(float64_value);

/// What the store does with the content next, for comparison.
void hash(benchmark::State& state) {
  const std::string content(160, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(content_hash("1000001", content));
}
BENCHMARK(hash);

}  // namespace
}  // namespace meshgate::mapping

BENCHMARK_MAIN();
