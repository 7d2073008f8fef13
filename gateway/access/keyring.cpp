#include "gateway/access/keyring.hpp"

#include <simdjson.h>

#include <algorithm>

#include "gateway/base/owner_file.hpp"
#include "mesh/base64url.hpp"
#include "mesh/sha256.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;

constexpr std::int64_t kAhead = std::int64_t{2} * 86400 * 1000000;  ///< the next key is known so long before it signs: longer than nodes rely on what is old

void append_public(std::string& out, const std::string& id, const VerifyingKey& key) {
  out.append(R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":")").append(id);
  out.append(R"(","x":")").append(base64url(key.bytes())).append("\"");
}

std::optional<TokenKey> read_key(element from) {
  std::string_view id;
  std::string_view secret;
  std::int64_t made = 0;
  if (from["kid"].get(id) != simdjson::SUCCESS || from["d"].get(secret) != simdjson::SUCCESS || from["made"].get(made) != simdjson::SUCCESS) return std::nullopt;
  const auto seed = decode_base64url(secret);
  auto pair = seed ? SigningKey::from_seed(*seed) : std::nullopt;
  if (!pair || thumbprint(pair->verifying()) != id) return std::nullopt;
  return TokenKey{std::string(id), Micros{made}, std::move(*pair)};
}

}  // namespace

std::string thumbprint(const VerifyingKey& key) {
  return base64url(sha256(R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url(key.bytes()) + "\"}"));
}

PublicKeys public_keys(const TokenKeys& keys) {
  PublicKeys out;
  for (const auto& key : keys) out.push_back({key.id, key.pair.verifying()});
  return out;
}

const TokenKey& signing_key(const TokenKeys& keys, Micros at) {
  const auto signs = std::ranges::find_if(keys, [&](const TokenKey& key) { return key.made <= at; });
  return signs == keys.end() ? keys.back() : *signs;
}

TokenKey make_token_key(Micros at) {
  auto pair = SigningKey::make();
  auto id = thumbprint(pair.verifying());
  return {std::move(id), at, std::move(pair)};
}

std::string key_set(const PublicKeys& keys) {
  std::string out = "{\"keys\":[";
  for (const auto& key : keys) {
    if (out.back() != '[') out += ',';
    append_public(out, key.id, key.key);
    out += '}';
  }
  return out + "]}\n";
}

std::string keyring_text(const TokenKeys& keys) {
  std::string out = "{\"keys\":[";
  for (const auto& key : keys) {
    if (out.back() != '[') out += ',';
    append_public(out, key.id, key.pair.verifying());
    out.append(",\"d\":\"").append(base64url(key.pair.seed())).append("\",\"made\":").append(std::to_string(key.made.count)).append("}");
  }
  return out + "]}\n";
}

Result<TokenKeys> parse_keyring(std::string_view text) {
  const Error wrong{Code::corrupt, "it does not hold the keys that were written; remove it, and everybody signs in again"};
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded)["keys"].get(list) != simdjson::SUCCESS) return wrong;
  TokenKeys out;
  for (const element one : list) {
    auto key = read_key(one);
    if (!key) return wrong;
    out.push_back(std::move(*key));
  }
  if (out.empty()) return wrong;
  return out;
}

Result<std::unique_ptr<Keyring>> Keyring::open(std::string file, std::int64_t period_micros, std::int64_t life_micros, Micros at) {
  std::unique_ptr<Keyring> out(new Keyring(std::move(file), period_micros, life_micros));
  auto text = base::read_owner_file(out->file_);
  if (!text) return std::move(text).error();
  if (*text) {
    auto keys = parse_keyring(**text);
    if (!keys) return std::move(keys).error().within(out->file_);
    out->keys_ = std::make_shared<const TokenKeys>(std::move(*keys));
  }
  if (auto tended = out->tend(at); !tended) return std::move(tended).error();
  return out;
}

TokenKeys Keyring::due(Micros at) const {
  const auto keys = this->keys();
  TokenKeys out;
  if (keys->empty()) {
    out.push_back(make_token_key(at));
  } else if (const std::int64_t turn = keys->front().made.count + period_; at.count >= turn - std::min(period_ / 4, kAhead)) {
    out.push_back(make_token_key({std::max(at.count, turn)}));
  }
  // A key signed until the one before it in the list was made.
  for (const auto& key : *keys) {
    if (out.empty() || at.count - out.back().made.count < life_) out.push_back(key);
  }
  return out;
}

Status Keyring::tend(Micros at) {
  auto next = due(at);
  const auto same = [&] {
    const auto keys = this->keys();
    return next.size() == keys->size() && next.front().id == keys->front().id;
  };
  if (same()) return {};
  if (auto written = base::write_owner_file(file_, keyring_text(next)); !written) return written;
  auto fresh = std::make_shared<const TokenKeys>(std::move(next));
  const std::lock_guard lock(mutex_);
  keys_ = std::move(fresh);
  return {};
}

std::shared_ptr<const TokenKeys> Keyring::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

}  // namespace meshgate::access
