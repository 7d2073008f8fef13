#include "gateway/access/identity.hpp"

#include <simdjson.h>

#include "gateway/base/owner_file.hpp"
#include "mesh/base64url.hpp"
#include "mesh/key_text.hpp"

namespace meshgate::access {

namespace {

std::string file_in(const std::string& folder) { return folder + "/identity.json"; }

std::string file_text(const SigningKey& pair) {
  return R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url(pair.verifying().bytes()) + R"(","d":")" + base64url(pair.seed()) + "\"}\n";
}

std::optional<SigningKey> parse_file(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view open;
  std::string_view secret;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["x"].get(open) != simdjson::SUCCESS || root["d"].get(secret) != simdjson::SUCCESS) return std::nullopt;
  const auto seed = decode_base64url(secret);
  auto pair = seed ? SigningKey::from_seed(*seed) : std::nullopt;
  return pair && base64url(pair->verifying().bytes()) == open ? std::move(pair) : std::nullopt;
}

/// Lines, of which only the last may hold anything: no two statements have one text, and none is an answer.
std::string text_of(const Origin& origin, std::string_view key) {
  std::string out = "meshgate origin 1\n" + key_text(key) + "\n";
  out.append(origin.uid).append("\n").append(std::to_string(origin.claim.term)).append("\n").append(origin.claim.epoch.bits.hex()).append("\n");
  return out.append(origin.feed);
}

std::string text_of(std::string_view nonce) { return "meshgate node 1\n" + std::string(nonce); }

bool verify(std::string_view key, std::string_view text, std::string_view signature) {
  const auto open = VerifyingKey::from_bytes(key);
  return open && open->verify(text, signature);
}

}  // namespace

Result<Identity> Identity::open(const std::string& folder) {
  const std::string file = file_in(folder);
  auto text = base::read_owner_file(file);
  if (!text) return std::move(text).error();
  if (*text) {
    auto pair = parse_file(**text);
    if (pair) return Identity(std::move(*pair));
    return Error{Code::corrupt, file + ": it does not hold the key that was written; put it back from a backup, or remove it: then nodes that follow this one must be told `meshgate peers accept`"};
  }
  auto pair = SigningKey::make();
  if (auto kept = base::write_owner_file(file, file_text(pair)); !kept) return std::move(kept).error();
  return Identity(std::move(pair));
}

Seal Identity::seal(const Origin& origin) const { return {key(), pair_.sign(text_of(origin, key()))}; }

std::string Identity::answer(std::string_view nonce) const { return pair_.sign(text_of(nonce)); }

bool sealed(const Origin& origin, const Seal& seal) { return verify(seal.key, text_of(origin, seal.key), seal.signature); }

bool answered(std::string_view key, std::string_view nonce, std::string_view answer) { return verify(key, text_of(nonce), answer); }

}  // namespace meshgate::access
