#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/app/administration.hpp"
#include "gateway/app/configuration.hpp"
#include "gateway/app/exit_codes.hpp"

namespace meshgate::app {

/// What the commands share that ask a node over its administration socket: the question, and reading its JSON.
using simdjson::dom::element;

/// Says on standard error what failed.
int fail(const Error& error);

std::string text_of(element from, const char* member);
std::uint64_t number_of(element from, const char* member);
bool flag_of(element from, const char* member);
std::vector<element> list_in(element root, const char* member);

/// The configuration of a command, or nothing after its faults were said.
std::optional<Reading> read_for_command(const std::string& config);

/// Reads the configuration, reaches the node, and hands it to `act`.
template <class Act>
int with_node(const std::string& config, Act act) {
  const auto reading = read_for_command(config);
  if (!reading) return kWrongUsage;
  auto node = Administration::reach(*reading);
  if (!node) return fail(node.error());
  return act(**node);
}

/// Hands the parsed answer of one question to `show`.
template <class Show>
Status ask(Administration& node, std::string_view method, const std::string& path, Show show, std::string_view body = {}) {
  auto answer = node.ask(method, path, body);
  if (!answer) return std::move(answer).error();
  simdjson::dom::parser parser;
  element root;
  if (!answer->empty() && parser.parse(*answer).get(root) != simdjson::SUCCESS) return Error{Code::corrupt, "the node gave no JSON"};
  show(root);
  return {};
}

template <class Show>
int with_answer(const std::string& config, std::string_view method, const std::string& path, Show show) {
  return with_node(config, [&](Administration& node) -> int {
    int code = kDone;
    auto asked = ask(node, method, path, [&](element root) { code = show(root, node.running()); });
    return asked ? code : fail(asked.error());
  });
}

}  // namespace meshgate::app
