// Drives a fuzz target without libFuzzer: the empty input, every seed as it is, and a fixed number of mutations of each seed.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutationsPerSeed = 300;

void run(const std::string& input) {
  // A buffer of exactly this size, so that AddressSanitizer sees a read beyond its end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> read_seeds(const char* folder) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> out;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return out;
}

std::string mutated(std::string text, const std::vector<std::string>& seeds, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit); };
  for (std::size_t left = 1 + below(4); left > 0; --left) {
    const std::size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0: text.insert(at, 1, static_cast<char>(random())); break;
      case 1: text.erase(at, 1 + below(8)); break;
      case 2: text.insert(at, text.substr(below(text.size() + 1), below(32))); break;
      case 3: {
        const std::string& other = seeds[below(seeds.size())];
        text.resize(at);
        text.append(other, below(other.size() + 1), std::string::npos);
        break;
      }
      case 4: text.resize(at); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << below(8)));
    }
  }
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER_OF_SEEDS\n", arguments[0]);
    return 2;
  }
  const auto seeds = read_seeds(arguments[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds in %s: put at least one input there\n", arguments[1]);
    return 1;
  }
  const char* chosen = std::getenv("MESHGATE_TEST_SEED");
  const unsigned long long seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1;
  std::printf("%zu seeds, %d mutations of each, MESHGATE_TEST_SEED=%llu\n", seeds.size(), kMutationsPerSeed, seed);
  std::mt19937_64 random(seed);
  run({});
  for (const auto& text : seeds) {
    run(text);
    for (int i = 0; i < kMutationsPerSeed; ++i) run(mutated(text, seeds, random));
  }
  return 0;
}
