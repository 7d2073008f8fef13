#include "connectors/kafka/format/registry.hpp"

#include <set>
#include <utility>

#include "connectors/kafka/format/http.hpp"
#include "connectors/kafka/format/json_tree.hpp"
#include "connectors/kafka/format/schema_cache.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr size_t kMostReferences = 256;
constexpr std::string_view kBeginsHttp = "http://";
constexpr std::string_view kBeginsHttps = "https://";

std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return out;
}

std::optional<Written::Language> language_named(std::string_view name) {
  if (name.empty() || name == "AVRO") return Written::Language::avro;
  if (name == "PROTOBUF") return Written::Language::protobuf;
  if (name == "JSON") return Written::Language::json;
  return std::nullopt;
}

/// A JSON object and the text it borrows from. `found` is false where the registry says itself that it has no such thing.
struct Answered {
  Http::Answer http;
  JsonTree tree;
  bool found = false;

  [[nodiscard]] const Json& json() const { return tree.root(); }
};

class HttpRegistry : public Registry {
 public:
  HttpRegistry(RegistryOptions options, std::function<bool()> cancelled) : url_(options.url), http_(std::move(options), std::move(cancelled)) {}

  sdk::Status schema(uint32_t id, Written& out) override {
    const std::string what = "schema " + std::to_string(id);
    Answered answer;
    if (sdk::Status asked = ask("/schemas/ids/" + std::to_string(id), answer); !asked.ok()) return asked;
    if (!answer.found) return sdk::failure(MG_BAD_RECORD, what + " is not in the registry");
    return read(what, answer.json(), out);
  }

  sdk::Status latest(std::string_view subject, std::optional<Written>& out) override {
    out.reset();
    Answered answer;
    if (sdk::Status asked = ask("/subjects/" + escaped(subject) + "/versions/latest", answer); !asked.ok()) return asked;
    if (!answer.found) return {};
    Written written;
    sdk::Status usable = read("the latest schema of " + std::string(subject), answer.json(), written);
    if (usable.ok()) out = std::move(written);
    return usable.code == MG_BAD_RECORD ? sdk::Status{} : usable;
  }

 private:
  sdk::Status ask(const std::string& path, Answered& out) {
    if (sdk::Status got = http_.get(path, out.http); !got.ok()) return got;
    const long status = out.http.status;
    const std::string place = "schema registry " + url_ + ": ";
    const std::string said = "it answers " + std::to_string(status);
    if (status == 401 || status == 403) {
      return sdk::failure(MG_AUTH, place + said + "; check the user and the password, and that they may read schemas");
    }
    if (status == 429 || status >= 500) return sdk::failure(MG_RETRY, place + said + "; it is tried again");
    const bool object = out.tree.parse(out.http.body) == nullptr && out.json().form == Json::Form::object;
    out.found = status == 200;
    const Json* error = object ? member(out.json(), "error_code") : nullptr;
    if (object && (out.found || (status == 404 && error != nullptr && error->token.starts_with("404")))) return {};
    return sdk::failure(MG_CONFIG, place + said + " to " + path + ", as no schema registry does; check the address and its path");
  }

  sdk::Status read(const std::string& what, const Json& answer, Written& out) {
    out = Written{};
    const auto language = language_named(member_text(answer, "schemaType"));
    const Json* text = member(answer, "schema");
    if (!language) return sdk::failure(MG_BAD_RECORD, what + ": schemas of type " + std::string(member_text(answer, "schemaType")) + " are not known");
    if (text == nullptr || text->form != Json::Form::string) return sdk::failure(MG_BAD_RECORD, what + ": the registry's answer has no schema");
    out.language = *language;
    out.text = text->text;
    std::set<std::string> met;
    return read_references(what, answer, out, met);
  }

  /// Depth first, so that those that others refer to come first.
  sdk::Status read_references(const std::string& what, const Json& answer, Written& out, std::set<std::string>& met) {
    const Json* references = member(answer, "references");
    if (references == nullptr || references->form != Json::Form::list) return {};
    for (const Json& each : Within(*references)) {
      const std::string name(member_text(each, "name"));
      if (!met.insert(name).second) continue;
      if (met.size() > kMostReferences) return sdk::failure(MG_BAD_RECORD, what + ": more than " + std::to_string(kMostReferences) + " references");
      const Json* version = member(each, "version");
      const std::string subject(member_text(each, "subject"));
      const std::string number(version == nullptr ? "latest" : version->token);
      Answered named;
      if (sdk::Status asked = ask("/subjects/" + escaped(subject) + "/versions/" + escaped(number), named); !asked.ok()) return asked;
      if (!named.found) return sdk::failure(MG_BAD_RECORD, what + ": version " + number + " of " + subject + ", which it refers to, is not in the registry");
      if (sdk::Status within = read_references(what, named.json(), out, met); !within.ok()) return within;
      out.references.push_back({name, std::string(member_text(named.json(), "schema"))});
    }
    return {};
  }

  std::string url_;
  Http http_;
};

}  // namespace

std::string_view language_name(Written::Language language) {
  switch (language) {
    case Written::Language::avro: return "Avro";
    case Written::Language::protobuf: return "Protobuf";
    case Written::Language::json: return "JSON Schema";
  }
  return "unknown";
}

sdk::Status open_registry(RegistryOptions options, std::function<bool()> cancelled, std::unique_ptr<Registry>& out) {
  while (options.url.ends_with('/')) options.url.pop_back();
  const std::string_view url = options.url;
  const size_t host = url.starts_with(kBeginsHttps) ? kBeginsHttps.size() : url.starts_with(kBeginsHttp) ? kBeginsHttp.size() : 0;
  if (host == 0 || url.size() == host) return sdk::failure(MG_CONFIG, "the schema registry's address must begin with http:// or https:// and name a host");
  if (url.substr(host, url.find('/', host) - host).find('@') != std::string_view::npos) {
    return sdk::failure(MG_CONFIG, "the schema registry's address holds a user or a password; give them as settings of their own");
  }
  if (url.find_first_of("?#", host) != std::string_view::npos) return sdk::failure(MG_CONFIG, "the schema registry's address must end with its path");
  out = std::make_unique<HttpRegistry>(std::move(options), std::move(cancelled));
  return {};
}

}  // namespace meshgate::kafka::format
