#include "config/diagnostics.hpp"

#include <algorithm>
#include <tuple>

namespace meshgate::config {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Edits (insert, delete, replace, swap of neighbours) between two words, letter case aside: optimal string alignment.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

auto order(const Diagnostic& one) { return std::tie(one.place.file, one.place.line, one.place.column); }

}  // namespace

std::string Place::text() const {
  if (line == 0) return file;
  return file + ':' + std::to_string(line) + ':' + std::to_string(column);
}

std::string Diagnostic::text() const {
  std::string out = place.text();
  if (!out.empty()) out.append(": ");
  if (severity == Severity::warning) out.append("warning: ");
  out.append(message);
  if (!hint.empty()) out.append(" (").append(hint).append(1, ')');
  return out;
}

void Diagnostics::add(Place place, std::string message, std::string hint) {
  all_.push_back({std::move(place), std::move(message), std::move(hint), Severity::error});
  ++errors_;
}

void Diagnostics::warn(Place place, std::string message, std::string hint) {
  all_.push_back({std::move(place), std::move(message), std::move(hint), Severity::warning});
}

std::string Diagnostics::text() const {
  std::vector<Diagnostic> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) { return order(a) < order(b); });
  std::string out;
  for (const Diagnostic& one : sorted) out.append(one.text()).append(1, '\n');
  return out;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kLongestWord = 100;
  if (word.empty() || word.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t edits = distance(word, candidate);
    if (edits < least && edits < candidate.size()) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view best = nearest(word, candidates);
  return best.empty() ? std::string() : "did you mean '" + std::string(best) + "'?";
}

}  // namespace meshgate::config
