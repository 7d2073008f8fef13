// The values of RFC 4533, byte for byte.
#include <gtest/gtest.h>

#include "connectors/ldap/sync_controls.hpp"

namespace meshgate::ldap {

namespace {

using namespace std::string_literals;

const std::string kId = "0123456789abcdef";

TEST(SyncRequest, AsksToPersist) {
  EXPECT_EQ(encode_request(""), "\x30\x03\x0a\x01\x03"s);
  EXPECT_EQ(encode_request("abc"), "\x30\x08\x0a\x01\x03\x04\x03"s + "abc");
}

TEST(SyncState, HasAKindAnIdAndPerhapsACookie) {
  const auto state = decode_state("\x30\x15\x0a\x01\x01\x04\x10"s + kId);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->kind, SyncState::Kind::add);
  EXPECT_EQ(state->uuid[0], '0');
  EXPECT_FALSE(state->cookie);
  const auto removed = decode_state("\x30\x1a\x0a\x01\x03\x04\x10"s + kId + "\x04\x03" + "abc");
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->kind, SyncState::Kind::remove);
  EXPECT_EQ(removed->cookie, "abc");
}

TEST(SyncState, IsRefusedWhereItIsAnythingElse) {
  EXPECT_FALSE(decode_state(""));
  EXPECT_FALSE(decode_state("\x30\x15\x0a\x01\x04\x04\x10"s + kId)) << "no such kind";
  EXPECT_FALSE(decode_state("\x30\x14\x0a\x01\x01\x04\x0f"s + kId.substr(1))) << "a short id";
  EXPECT_FALSE(decode_state("\x30\x15\x0a\x01\x01\x04\x10"s + kId + "x")) << "more behind it";
  EXPECT_FALSE(decode_state("\x30\x15\x0a\x01\x01\x04\x10"s + kId.substr(1))) << "cut off";
  EXPECT_FALSE(decode_state("\x30\x16\x0a\x01\x01\x04\x10"s + kId)) << "longer than there is";
}

TEST(SyncDone, SaysWhetherDeletesWereTold) {
  EXPECT_FALSE(decode_done("\x30\x00"s)->deletes_told);
  EXPECT_TRUE(decode_done("\x30\x03\x01\x01\xff"s)->deletes_told);
  const auto both = decode_done("\x30\x08\x04\x03"s + "abc" + "\x01\x01\xff");
  EXPECT_EQ(both->cookie, "abc");
  EXPECT_TRUE(both->deletes_told);
  EXPECT_FALSE(decode_done("\x31\x00x"s));
}

TEST(SyncNote, TellsTheEndOfAPhaseByItsTag) {
  EXPECT_EQ(decode_note("\x80\x03"s + "abc")->cookie, "abc");
  const auto deletes = decode_note("\xa1\x05\x04\x03"s + "abc");
  ASSERT_TRUE(deletes);
  EXPECT_EQ(deletes->kind, SyncNote::Kind::refresh_delete);
  EXPECT_TRUE(deletes->refresh_done) << "by default";
  const auto present = decode_note("\xa2\x03\x01\x01\x00"s);
  ASSERT_TRUE(present);
  EXPECT_EQ(present->kind, SyncNote::Kind::refresh_present);
  EXPECT_FALSE(present->refresh_done);
  EXPECT_FALSE(present->cookie);
}

TEST(SyncNote, ListsIds) {
  const auto gone = decode_note("\xa3\x29\x01\x01\xff\x31\x24\x04\x10"s + kId + "\x04\x10" + kId);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->kind, SyncNote::Kind::id_set);
  EXPECT_TRUE(gone->removed);
  EXPECT_EQ(gone->ids.size(), 2U);
  const auto present = decode_note("\xa3\x14\x31\x12\x04\x10"s + kId);
  ASSERT_TRUE(present);
  EXPECT_FALSE(present->removed);
  EXPECT_FALSE(decode_note("\xa3\x13\x31\x11\x04\x0f"s + kId.substr(1)));
  EXPECT_FALSE(decode_note("\xa4\x00"s));
  EXPECT_FALSE(decode_note(""));
}

}  // namespace

}  // namespace meshgate::ldap
