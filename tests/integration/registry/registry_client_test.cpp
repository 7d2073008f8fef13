// The client of schema registries against a real one (Apicurio) and one with every fault; registry_test.py starts both.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "connectors/kafka/format/registry.hpp"
#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

namespace {

using std::string_literals::operator""s;

std::string given(const char* name) {
  const char* value = std::getenv(name);
  EXPECT_NE(value, nullptr) << name << " is not set: tests/integration/registry/registry_test.py runs this program";
  return value == nullptr ? "" : value;
}

std::unique_ptr<Registry> opened(RegistryOptions options, std::function<bool()> cancelled = [] { return false; }) {
  std::unique_ptr<Registry> out;
  const sdk::Status status = open_registry(std::move(options), std::move(cancelled), out);
  EXPECT_TRUE(status.ok()) << status.message;
  return out;
}

sdk::Status asked(RegistryOptions options) {
  Written written;
  return opened(std::move(options))->schema(1, written);
}
sdk::Status asked_faulty(const std::string& fault) { return asked({.url = given("MESHGATE_TEST_FAULTY") + "/" + fault, .timeout = std::chrono::seconds(20)}); }

uint32_t id_of(const char* name) { return static_cast<uint32_t>(std::stoul(given(name))); }

std::string told_through(const char* format, const char* id, const std::string& payload) {
  const auto registry = opened({.url = given("MESHGATE_TEST_REGISTRY")});
  return told(*decoder(format, registry.get()), framed(id_of(id), payload));
}

std::string expected(const char* format, const char* topic) {
  const auto registry = opened({.url = given("MESHGATE_TEST_REGISTRY")});
  Decoded decoded;
  const sdk::Status status = decoder(format, registry.get())->expect(topic, decoded);
  return told(status, decoded);
}

}  // namespace

TEST(RealRegistry, GivesSchemasWithWhatTheyReferTo) {
  EXPECT_EQ(told_through("avro", "MESHGATE_TEST_AVRO", "\x0E\x02x"), "no int64 7\nto json {\"street\":\"x\"}");
  EXPECT_EQ(told_through("protobuf", "MESHGATE_TEST_PROTOBUF", "\0\x0A\x03\x0A\x01x\x12\x02\x08\x01\x18\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s),
            "city json {\"name\":\"x\"}\nat timestamptz 1970-01-01T00:00:01.000000Z\nbig uint64 18446744073709551615");
  EXPECT_EQ(told_through("json-schema", "MESHGATE_TEST_JSON", R"({"price":1.50})"), "id int64 null\nprice decimal 1.50");
}

TEST(RealRegistry, TellsWhatATopicHolds) {
  EXPECT_EQ(expected("avro", "orders"), "no int64 null\nto json null");
  EXPECT_EQ(expected("protobuf", "visits"), "city json null\nat timestamptz null\nbig uint64 null");
  EXPECT_EQ(expected("json-schema", "stock"), "id int64 null\nprice decimal null");
  EXPECT_EQ(expected("avro", "no such/topic"), "");
}

TEST(RealRegistry, WhatItDoesNotKnowIsABadRecordAndAWrongAddressIsNot) {
  Written written;
  const sdk::Status unknown = opened({.url = given("MESHGATE_TEST_REGISTRY") + "/"})->schema(999999, written);
  EXPECT_EQ(unknown.code, MG_BAD_RECORD);
  EXPECT_EQ(unknown.message, "schema 999999 is not in the registry");
  const sdk::Status wrong = asked({.url = given("MESHGATE_TEST_REGISTRY") + "/elsewhere"});
  EXPECT_EQ(wrong.code, MG_CONFIG) << wrong.message;
}

TEST(FaultyRegistry, SaysWhatToDo) {
  const std::pair<const char*, int32_t> cases[] = {
      {"away", MG_RETRY},  {"busy", MG_RETRY},     {"cut", MG_RETRY},    {"locked", MG_AUTH},       {"page", MG_CONFIG},          {"text", MG_CONFIG},
      {"moved", MG_CONFIG}, {"huge", MG_CONFIG}, {"empty", MG_BAD_RECORD}, {"strange", MG_BAD_RECORD}, {"dangling", MG_BAD_RECORD}, {"good", MG_OK}, {"circle", MG_OK},
  };
  for (const auto& [fault, code] : cases) {
    const sdk::Status status = asked_faulty(fault);
    EXPECT_EQ(status.code, code) << fault << ": " << status.message;
    EXPECT_EQ(status.message.empty(), code == MG_OK) << fault;
  }
  EXPECT_EQ(asked_faulty("dangling").message, "schema 1: version 3 of gone, which it refers to, is not in the registry");
}

TEST(FaultyRegistry, NobodyThereIsWaitedFor) {
  const sdk::Status status = asked({.url = "http://127.0.0.1:1"});
  EXPECT_EQ(status.code, MG_RETRY) << status.message;
  EXPECT_NE(status.message.find("http://127.0.0.1:1"), std::string::npos) << status.message;
}

TEST(FaultyRegistry, PeopleSignInAndPasswordsStayUnsaid) {
  const std::string url = given("MESHGATE_TEST_FAULTY") + "/locked";
  const std::string user = given("MESHGATE_TEST_REGISTRY_USER");
  const std::string password = given("MESHGATE_TEST_REGISTRY_PASSWORD");
  EXPECT_EQ(asked({.url = url, .user = user, .password = password}).code, MG_OK);
  const sdk::Status refused = asked({.url = url, .user = user, .password = password + "!"});
  EXPECT_EQ(refused.code, MG_AUTH);
  EXPECT_EQ(refused.message.find(password), std::string::npos) << refused.message;
}

TEST(FaultyRegistry, CertificatesAreVerified) {
  const std::string url = given("MESHGATE_TEST_SECURE") + "/good";
  EXPECT_EQ(asked({.url = url, .ca = given("MESHGATE_TEST_CA")}).code, MG_OK);
  const sdk::Status unknown = asked({.url = url});
  EXPECT_EQ(unknown.code, MG_CONFIG) << unknown.message;
  const sdk::Status missing = asked({.url = url, .ca = "/nowhere/ca.pem"});
  EXPECT_EQ(missing.code, MG_CONFIG) << missing.message;
  std::string other = url;
  other.replace(other.find("127.0.0.1"), 9, "localhost");
  const sdk::Status name = asked({.url = other, .ca = given("MESHGATE_TEST_CA")});
  EXPECT_EQ(name.code, MG_CONFIG) << name.message;
}

TEST(FaultyRegistry, SilenceEndsAtTheTimeout) {
  Written written;
  const auto registry = opened({.url = given("MESHGATE_TEST_FAULTY") + "/hang", .timeout = std::chrono::milliseconds(300)});
  const sdk::Status status = registry->schema(1, written);
  EXPECT_EQ(status.code, MG_RETRY) << status.message;
}

TEST(FaultyRegistry, ACancelEndsAWait) {
  std::atomic<bool> cancelled{false};
  std::atomic<int> looks{0};
  const auto registry = opened({.url = given("MESHGATE_TEST_FAULTY") + "/hang", .timeout = std::chrono::minutes(10)}, [&] {
    ++looks;
    return cancelled.load();
  });
  Written written;
  sdk::Status status;
  std::thread asking([&] { status = registry->schema(1, written); });
  while (looks < 3) std::this_thread::yield();
  const auto from = std::chrono::steady_clock::now();
  cancelled = true;
  asking.join();
  EXPECT_EQ(status.code, MG_CANCELLED);
  EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(2));
}

TEST(RegistryAddress, IsLookedAt) {
  std::unique_ptr<Registry> out;
  for (const char* url : {"", "registry:8081", "ftp://registry", "http://", "https://user:word@registry", "http://registry/?a=b", "http://registry#x"}) {
    const sdk::Status status = open_registry({.url = url}, [] { return false; }, out);
    EXPECT_EQ(status.code, MG_CONFIG) << url;
    EXPECT_EQ(status.message.find("word@"), std::string::npos);
  }
}

}  // namespace meshgate::kafka::format
