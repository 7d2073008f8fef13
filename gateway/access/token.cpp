#include "gateway/access/token.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "mesh/base64url.hpp"
#include "mesh/value.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;

constexpr std::size_t kLongest = 2048;
constexpr std::int64_t kMicros = 1000000;
constexpr std::int64_t kLatest = 253402300799;  ///< the last second of the year 9999

Error refused(const char* why) { return {Code::auth, std::string("the token ") + why + "; sign in again"}; }

std::string header_of(const std::string& key) { return R"({"alg":"EdDSA","kid":")" + key + R"(","typ":"JWT"})"; }

void append(std::string& out, std::string_view name, std::string_view text) {
  out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
  append_json_string(out, text);
}

void append(std::string& out, std::string_view name, std::int64_t seconds) {
  out.append(",\"").append(name).append("\":").append(std::to_string(seconds));
}

/// Where each member of the claims belongs, and whether it has come.
class Members {
 public:
  explicit Members(Claims& into)
      : all_{Member{"iss", &into.issuer}, {"aud", &into.audience}, {"sub", &into.subject}, {"device", &into.device}, {"jti", &into.id},
             {"iat", nullptr, &into.issued}, {"nbf", nullptr, &into.not_before}, {"exp", nullptr, &into.expires}} {}

  /// False: not known, there already, or of another type.
  bool take(std::string_view name, element value) {
    const auto at = std::find_if(all_.begin(), all_.end(), [&](const Member& one) { return one.name == name; });
    if (at == all_.end() || at->come) return false;
    at->come = true;
    if (at->number != nullptr) return value.get(*at->number) == simdjson::SUCCESS && *at->number >= 0 && *at->number <= kLatest;
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return false;
    *at->text = text;
    return true;
  }
  [[nodiscard]] bool whole() const {
    return std::all_of(all_.begin(), all_.end(), [](const Member& one) { return one.come; });
  }

 private:
  struct Member {
    std::string_view name;
    std::string* text = nullptr;
    std::int64_t* number = nullptr;
    bool come = false;
  };
  std::array<Member, 8> all_;
};

const PublicKey* signer(std::string_view header, const PublicKeys& keys) {
  const auto at = std::find_if(keys.begin(), keys.end(), [&](const PublicKey& key) { return base64url(header_of(key.id)) == header; });
  return at == keys.end() ? nullptr : &*at;
}

}  // namespace

std::string write_token(const Claims& claims, const TokenKey& key) {
  std::string body;
  append(body, "iss", claims.issuer);
  append(body, "aud", claims.audience);
  append(body, "sub", claims.subject);
  append(body, "device", claims.device);
  append(body, "jti", claims.id);
  append(body, "iat", claims.issued);
  append(body, "nbf", claims.not_before);
  append(body, "exp", claims.expires);
  body += '}';
  const std::string text = base64url(header_of(key.id)) + "." + base64url(body);
  return text + "." + base64url(key.pair.sign(text));
}

Result<Claims> parse_claims(std::string_view json) {
  const Error wrong = refused("is not written as this node writes them");
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return wrong;
  Claims out;
  Members members(out);
  for (const auto [name, value] : root) {
    if (!members.take(name, value)) return wrong;
  }
  if (!members.whole()) return wrong;
  return out;
}

Result<Claims> signed_claims(std::string_view token, const PublicKeys& keys) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (token.size() > kLongest || first == std::string_view::npos || last == first) return refused("is none of this node's");
  const PublicKey* key = signer(token.substr(0, first), keys);
  if (key == nullptr) return refused("was signed with a key that is not, or no longer, this node's");
  const auto signature = decode_base64url(token.substr(last + 1));
  if (!signature || !key->key.verify(token.substr(0, last), *signature)) return refused("was not signed by this node");
  const auto body = decode_base64url(token.substr(first + 1, last - first - 1));
  if (!body) return refused("is not written as this node writes them");
  return parse_claims(*body);
}

Status check(const Claims& claims, const Expected& expected) {
  const std::int64_t now = expected.at.count / kMicros;
  if (claims.issuer != expected.issuer) return refused("was made by another node");
  if (claims.audience != expected.audience) return refused("was made for another use");
  if (now >= claims.expires + expected.skew) return refused("is over");
  if (now < claims.not_before - expected.skew || now < claims.issued - expected.skew) return refused("is not valid yet: compare the clocks");
  return {};
}

}  // namespace meshgate::access
