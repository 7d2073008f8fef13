#include "connectors/kafka/topics.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace meshgate::kafka {

namespace {

bool is_pattern(const std::string& word) { return word.find_first_of("*?!") != std::string::npos; }

}  // namespace

bool chooses(const std::vector<std::string>& words, std::string_view topic) {
  bool out = false;
  const std::string name(topic);
  for (const std::string& word : words) {
    const bool leaves_out = word.starts_with('!');
    if (fnmatch(word.c_str() + (leaves_out ? 1 : 0), name.c_str(), 0) == 0) out = !leaves_out;
  }
  return out;
}

sdk::Status find_topics(Client& client, const Choice& choice, const Counts& known, Counts& out) {
  out.clear();
  if (!choice.several) return client.partitions(choice.topic, out[""]);
  Counts listed;
  if (std::ranges::any_of(choice.words, is_pattern)) {
    if (sdk::Status asked = client.topics(listed); !asked.ok()) return asked;
  }
  for (const auto& [name, count] : listed) {
    if (chooses(choice.words, name)) out.emplace(name, count);
  }
  for (const std::string& name : choice.words) {
    if (is_pattern(name) || out.contains(name) || !chooses(choice.words, name)) continue;
    if (sdk::Status counted = client.partitions(name, out[name]); !counted.ok()) return counted;
  }
  // A list may leave one out that is only in trouble.
  for (const auto& [name, count] : known) {
    if (out.contains(name)) continue;
    std::int32_t now = 0;
    const sdk::Status counted = client.partitions(name, now);
    if (!counted.ok() && counted.code != MG_CONFIG) return counted;
    if (counted.ok()) out[name] = now;
  }
  if (!out.empty()) return {};
  return sdk::failure(MG_CONFIG, "topics " + choice.topic + ": none is there, or this account may see none of them; check topic: and the rights. Nothing is deleted because of it");
}

sdk::Status find_edges(Client& client, const Choice& choice, const Counts& topics, Client::Edge edge, Edges& out) {
  Counts named;
  std::map<std::string, Offsets> offsets;
  for (const auto& [topic, count] : topics) named[choice.name_of(topic)] = count;
  if (sdk::Status asked = client.offsets(named, edge, offsets); !asked.ok()) return asked;
  out.clear();
  for (const auto& [topic, count] : topics) {
    for (const auto& [partition, offset] : offsets[choice.name_of(topic)]) out[{topic, partition}] = offset;
  }
  return {};
}

sdk::Status assign(Client& client, const Choice& choice, const Edges& from) {
  std::map<std::string, Offsets> all;
  for (const auto& [place, offset] : from) all[choice.name_of(place.topic)][place.partition] = offset;
  return client.assign(all);
}

}  // namespace meshgate::kafka
