// Does to a broker what lines on standard input say, and answers each with "ok" or what is wrong. For tests in Python.
//
//   topic NAME PARTITIONS [SETTING=VALUE…]     delete NAME     grow NAME PARTITIONS     forget NAME PARTITION OFFSET     configure NAME SETTING=VALUE…
//   grant USER OPERATION topic|group NAME
//   send TOPIC PARTITION KEY VALUE [HEADER=VALUE…]   keys, values in hex; "-" none, "." empty; partition -1: by the key. Answered at once
//   fill TOPIC COUNT SIZE                            so many messages with keys 0, 1, … and values {"n":0,"text":"…"} of so many bytes
//   flush     begin     commit     abort             transactions need an id: kafka_drive SERVERS ID

#include <functional>
#include <iostream>
#include <sstream>

#include "tests/integration/kafka/producer.hpp"

namespace {

using meshgate::kafka_test::Producer;
using Words = std::vector<std::string>;

std::optional<std::string> from_hex(const std::string& word) {
  if (word == "-") return std::nullopt;
  std::string out;
  for (size_t i = 0; i + 1 < word.size(); i += 2) out += static_cast<char>(std::stoi(word.substr(i, 2), nullptr, 16));
  return out;
}

Producer::Config settings(const Words& words, size_t from) {
  Producer::Config out;
  for (size_t i = from; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals != std::string::npos) out[words[i].substr(0, equals)] = words[i].substr(equals + 1);
  }
  return out;
}

std::string send(Producer& producer, const Words& words) {
  Producer::Sent message{.topic = words.at(1), .partition = std::stoi(words.at(2)), .key = from_hex(words.at(3)), .value = from_hex(words.at(4)), .headers = {}};
  for (const auto& [name, value] : settings(words, 5)) message.headers.emplace_back(name, value);
  return producer.send(message);
}

std::string fill(Producer& producer, const Words& words) {
  const std::string text(std::stoul(words.at(3)), 'x');
  for (long n = 0; n < std::stol(words.at(2)); ++n) {
    std::string fault = producer.send({.topic = words.at(1), .key = std::to_string(n), .value = "{\"n\":" + std::to_string(n) + ",\"text\":\"" + text + "\"}", .headers = {}});
    if (!fault.empty()) return fault;
  }
  return producer.flush();
}

std::string obey(Producer& producer, const Words& words) {
  const std::string& what = words.at(0);
  if (what == "send") return send(producer, words);
  if (what == "fill") return fill(producer, words);
  if (what == "flush") return producer.flush();
  if (what == "begin") return producer.begin();
  if (what == "commit") return producer.commit();
  if (what == "abort") return producer.abort();
  if (what == "topic") return producer.make_topic(words.at(1), std::stoi(words.at(2)), settings(words, 3));
  if (what == "delete") return producer.delete_topic(words.at(1));
  if (what == "grow") return producer.add_partitions(words.at(1), std::stoi(words.at(2)));
  if (what == "forget") return producer.delete_records(words.at(1), std::stoi(words.at(2)), std::stoll(words.at(3)));
  if (what == "configure") return producer.configure(words.at(1), settings(words, 2));
  if (what == "grant") return producer.grant(words.at(1), words.at(2), words.at(3), words.at(4));
  return "unknown: " + what;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  Producer producer(arguments[1], count > 2 ? arguments[2] : "");
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty()) continue;
    const std::string fault = obey(producer, words);
    std::cout << (fault.empty() ? "ok" : fault) << std::endl;
  }
  return 0;
}
