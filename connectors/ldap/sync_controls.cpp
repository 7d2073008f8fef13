#include "connectors/ldap/sync_controls.hpp"

#include "connectors/ldap/handle.hpp"

namespace meshgate::ldap {

namespace {

constexpr ber_tag_t kNewCookie = 0x80;
constexpr ber_tag_t kRefreshDelete = 0xA1;
constexpr ber_tag_t kRefreshPresent = 0xA2;
constexpr ber_tag_t kIdSet = 0xA3;
constexpr ber_int_t kRefreshAndPersist = 3;
/// DER, where the library's constants are of another kind.
constexpr ber_tag_t kOctets = 0x04;
constexpr ber_tag_t kBoolean = 0x01;

/// Reads one value from front to back; what is read wrong stays wrong.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(borrow(bytes)), element_(bytes.empty() ? nullptr : ber_init(&bytes_)) {}

  [[nodiscard]] bool ok() const { return element_ != nullptr && ok_; }
  /// The tag of what comes next; LBER_DEFAULT at the end.
  ber_tag_t next() {
    ber_len_t size = 0;
    return ok() ? ber_peek_tag(element_.get(), &size) : LBER_DEFAULT;
  }
  void enter() {
    ber_len_t size = 0;
    take(ber_skip_tag(element_.get(), &size) != LBER_DEFAULT && size == rest());
  }
  ber_int_t enumerated() {
    ber_int_t out = -1;
    take(ber_get_enum(element_.get(), &out) != LBER_DEFAULT);
    return out;
  }
  bool boolean() {
    ber_int_t out = 0;
    take(ber_get_boolean(element_.get(), &out) != LBER_DEFAULT);
    return out != 0;
  }
  std::string_view octets() {
    berval out{};
    take(ber_skip_element(element_.get(), &out) != LBER_DEFAULT);
    return ok_ ? view(out) : std::string_view{};
  }
  std::optional<std::string> cookie() {
    if (next() != kOctets) return std::nullopt;
    return std::string(octets());
  }
  bool boolean_or(bool otherwise) { return next() == kBoolean ? boolean() : otherwise; }
  /// The set of ids, up to the end of the value.
  void ids(std::vector<Uuid>& out) {
    enter();
    while (ok() && rest() > 0) {
      const auto uuid = uuid_of(next() == kOctets ? octets() : std::string_view{});
      take(uuid.has_value());
      if (uuid) out.push_back(*uuid);
    }
  }
  [[nodiscard]] bool whole() { return ok() && rest() == 0; }

 private:
  void take(bool good) { ok_ = ok_ && good; }
  [[nodiscard]] ber_len_t rest() {
    ber_len_t out = 0;
    ber_get_option(element_.get(), LBER_OPT_BER_REMAINING_BYTES, &out);
    return out;
  }

  berval bytes_;
  Element element_;
  bool ok_ = true;
};

void read_note(Reader& in, ber_tag_t tag, SyncNote& out) {
  if (tag == kNewCookie) {
    out.kind = SyncNote::Kind::new_cookie;
    out.cookie = std::string(in.octets());
    return;
  }
  in.enter();
  out.cookie = in.cookie();
  if (tag == kIdSet) {
    out.kind = SyncNote::Kind::id_set;
    out.removed = in.boolean_or(false);
    in.ids(out.ids);
  } else {
    out.kind = tag == kRefreshDelete ? SyncNote::Kind::refresh_delete : SyncNote::Kind::refresh_present;
    out.refresh_done = in.boolean_or(true);
  }
}

}  // namespace

std::string encode_request(std::string_view cookie) {
  const Element element(ber_alloc_t(LBER_USE_DER));
  berval given = borrow(cookie);
  if (cookie.empty()) {
    ber_printf(element.get(), "{e}", kRefreshAndPersist);
  } else {
    ber_printf(element.get(), "{eO}", kRefreshAndPersist, &given);
  }
  berval* flat = nullptr;
  ber_flatten(element.get(), &flat);
  const OwnedValue owned(flat);
  return flat == nullptr ? std::string() : std::string(view(*flat));
}

std::optional<SyncState> decode_state(std::string_view bytes) {
  Reader in(bytes);
  SyncState out;
  if (!in.ok()) return std::nullopt;
  in.enter();
  const ber_int_t kind = in.ok() ? in.enumerated() : -1;
  const auto uuid = uuid_of(in.next() == kOctets ? in.octets() : std::string_view{});
  if (kind < 0 || kind > 3 || !uuid) return std::nullopt;
  out.kind = static_cast<SyncState::Kind>(kind);
  out.uuid = *uuid;
  out.cookie = in.cookie();
  return in.whole() ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<SyncDone> decode_done(std::string_view bytes) {
  Reader in(bytes);
  SyncDone out;
  if (!in.ok()) return std::nullopt;
  in.enter();
  out.cookie = in.cookie();
  out.deletes_told = in.boolean_or(false);
  return in.whole() ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<SyncNote> decode_note(std::string_view bytes) {
  Reader in(bytes);
  SyncNote out;
  const ber_tag_t tag = in.next();
  if (tag != kNewCookie && tag != kRefreshDelete && tag != kRefreshPresent && tag != kIdSet) return std::nullopt;
  read_note(in, tag, out);
  return in.whole() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace meshgate::ldap
