#include "gateway/base/metrics.hpp"

#include <charconv>
#include <cmath>

namespace meshgate::base {

namespace {

std::string label_text(const Labels& labels) {
  if (labels.empty()) return {};
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ',';
    out.append(name).append("=\"");
    for (const char c : value) {
      if (c == '\n') {
        out.append("\\n");
      } else {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
    }
    out += '"';
  }
  return out + '}';
}

void append_value(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
  } else if (std::isinf(value)) {
    out.append(value < 0 ? "-Inf" : "+Inf");
  } else {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, static_cast<std::size_t>(end - text));
  }
}

}  // namespace

void Gauge::add(double by) {
  double before = value_.load(std::memory_order_relaxed);
  while (!value_.compare_exchange_weak(before, before + by, std::memory_order_relaxed)) {
  }
}

Metrics::Series& Metrics::series(std::string_view name, std::string_view help, bool counts, const Labels& labels) {
  Family* family = nullptr;
  for (auto& one : families_) {
    if (one->name == name) family = one.get();
  }
  if (family == nullptr) {
    families_.push_back(std::make_unique<Family>());
    family = families_.back().get();
    family->name = name;
    family->help = help;
    family->counts = counts;
  }
  const std::string text = label_text(labels);
  for (auto& one : family->series) {
    if (one->labels == text) return *one;
  }
  family->series.push_back(std::make_unique<Series>());
  family->series.back()->labels = text;
  return *family->series.back();
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return series(name, help, true, labels).counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return series(name, help, false, labels).gauge;
}

void Metrics::ask(std::string_view name, std::string_view help, const Labels& labels, std::function<double()> value) {
  const std::lock_guard lock(mutex_);
  series(name, help, false, labels).ask = std::move(value);
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& family : families_) {
    out.append("# TYPE ").append(family->name).append(family->counts ? " counter\n" : " gauge\n");
    out.append("# HELP ").append(family->name).append(" ").append(family->help).append("\n");
    for (const auto& one : family->series) {
      out.append(family->name).append(family->counts ? "_total" : "").append(one->labels).append(" ");
      if (family->counts) {
        out.append(std::to_string(one->counter.value()));
      } else {
        append_value(out, one->ask ? one->ask() : one->gauge.value());
      }
      out += '\n';
    }
  }
  return out + "# EOF\n";
}

}  // namespace meshgate::base
