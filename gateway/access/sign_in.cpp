#include "gateway/access/sign_in.hpp"

#include <algorithm>

#include "gateway/access/refresh_token.hpp"
#include "gateway/access/token.hpp"
#include "gateway/base/owner_file.hpp"
#include "mesh/base64url.hpp"
#include "mesh/sha256.hpp"

namespace meshgate::access {

namespace {

constexpr std::int64_t kMicros = 1000000;
/// Nobody's anchor: the source is asked about it where there is nobody to ask about, for equal work.
constexpr std::string_view kNobody = "00000000-0000-0000-0000-000000000000";

std::int64_t micros(std::chrono::milliseconds time) { return std::chrono::duration_cast<std::chrono::microseconds>(time).count(); }

std::string_view audience(Use use) { return use == Use::api ? "meshgate" : "meshgate browser"; }

Error refused() { return {Code::auth, "the user name or the password is wrong, or this person may not sign in"}; }
Error signed_out() { return {Code::auth, "this device is not signed in, or no longer: sign in again"}; }

}  // namespace

std::string proved_text(std::string_view refresh_token, std::string_view next) {
  return "meshgate refresh\n" + std::string(refresh_token) + "\n" + base64url(next);
}

SignIn::SignIn(Place place, const SignInOptions& options, People people, base::Log& log, base::Metrics& metrics)
    : place_(std::move(place)), options_(options), people_(std::move(people)), log_(log), metrics_(metrics) {}

Result<std::unique_ptr<SignIn>> SignIn::open(Place place, const SignInOptions& options, People people, base::Log& log, base::Metrics& metrics) {
  std::unique_ptr<SignIn> out(new SignIn(std::move(place), options, std::move(people), log, metrics));
  const std::string& folder = out->place_.folder;
  if (auto made = base::make_owner_folder(folder); !made) return std::move(made).error();
  // A token of the longest life, and what the clocks may differ by.
  const std::int64_t life = micros(std::max(options.access_token, options.browser)) + 60 * kMicros;
  auto keys = Keyring::open(folder + "/keys.json", micros(options.key_rotation), life, out->place_.clock());
  if (!keys) return std::move(keys).error();
  out->keys_ = std::move(*keys);
  auto book = DeviceBook::open(folder + "/devices");
  if (!book) return std::move(book).error();
  out->book_ = std::move(*book);
  auto absences = Absences::open(folder + "/absent");
  if (!absences) return std::move(absences).error();
  out->absences_ = std::move(*absences);
  auto revocations = Revocations::open(folder + "/revoked", life);
  if (!revocations) return std::move(revocations).error();
  out->revocations_ = std::move(*revocations);
  metrics.ask("meshgate_devices", "Devices and browsers that are signed in.", {}, [book = out->book_.get()] { return static_cast<double>(book->size()); });
  out->tend();
  return out;
}

void SignIn::count(std::string_view what, std::string_view outcome) {
  metrics_.counter("meshgate_sign_ins", "Sign-ins and refreshes, by what became of them.", {{"kind", std::string(what)}, {"outcome", std::string(outcome)}}).add();
}

void SignIn::on_revoked(std::function<void()> told) {
  const std::lock_guard lock(telling_);
  told_ = std::move(told);
}

void SignIn::tell() {
  const std::lock_guard lock(telling_);
  if (told_) told_();
}

// ---- passwords ----

std::optional<std::chrono::seconds> SignIn::hold(const Attempt& attempt) {
  auto wait = lockout_.attempt(attempt.name, attempt.address, Lockout::Clock::now());
  if (wait) count("password", "held");
  return wait;
}

/// What whoever asks is told of it; the names of servers and accounts are for the log.
Error SignIn::cannot_say(const Error& why) {
  log_.warning("sign-in", "nobody can be let in: " + why.message);
  const bool never = why.code == Code::unsupported || why.code == Code::not_found;
  if (never) return {Code::unsupported, "nobody can sign in at this node: it follows no directory that checks passwords"};
  return {Code::retry, "the directory cannot be asked at the moment; try again in a while"};
}

/// The person, when the password is theirs. Whoever is unknown or disabled costs the source a question too.
Result<Account> SignIn::proven(const Attempt& attempt) {
  auto person = people_.named(attempt.name);
  if (!person && person.error().code != Code::not_found) return cannot_say(person.error());
  const bool known = person && !person->disabled;
  const Status verified = people_.verify(known ? std::string_view(person->anchor) : kNobody, attempt.name, attempt.password);
  if (!verified && verified.error().code != Code::auth) return cannot_say(verified.error());
  if (known && verified) return person;
  // A name that nobody has may be a password typed in the wrong place.
  const std::string who = person ? person->name : "an unknown name";
  const char* why = known ? "wrong password" : person ? "disabled in the directory" : "not in the directory";
  log_.warning("sign-in", who + " from " + attempt.address + " refused: " + why);
  return refused();
}

Result<Grant> SignIn::sign_in(const Attempt& attempt) {
  auto person = proven(attempt);
  if (!person) {
    count("password", person.error().code == Code::auth ? "refused" : "unavailable");
    return std::move(person).error();
  }
  lockout_.succeeded(attempt.name, attempt.address);
  auto grant = enrol(attempt, *person);
  count("password", grant ? "done" : "unavailable");
  return grant;
}

Result<Grant> SignIn::enrol(const Attempt& attempt, const Account& person) {
  const Micros at = place_.clock();
  const auto token = RefreshToken::make(random_name());
  Device device;
  device.id = token.device;
  device.user = person.anchor;
  device.user_name = person.name;
  device.name = attempt.device;
  device.key = attempt.key;
  device.browser = attempt.browser;
  device.enrolled = device.seen = at;
  device.until = {at.count + micros(attempt.browser ? options_.browser : options_.refresh_token)};
  if (!attempt.browser) {
    device.family = sha256(token.family);
    device.current = sha256(token.secret);
  }
  if (auto added = book_->add(device); !added) return std::move(added).error();
  log_.info("sign-in", named(device) + " signed in from " + attempt.address);
  const Use use = attempt.browser ? Use::browser : Use::api;
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(attempt.browser ? options_.browser : options_.access_token);
  return Grant{token_for(device, use, life), life, attempt.browser ? std::string() : token.text(), device.id};
}

std::chrono::steady_clock::time_point SignIn::leaves(std::chrono::steady_clock::time_point asked, std::chrono::steady_clock::time_point ready) const {
  const std::chrono::steady_clock::duration step = options_.refusal_step;
  const auto steps = (ready - asked) / step + 1;
  return asked + steps * step;
}

// ---- refresh tokens ----

/// The device as it stands after this refresh; `fresh` is the next secret where the node makes it. Code::conflict: an old token.
Status SignIn::rotate(Device& device, const Refresh& refresh, std::string_view secret, std::string& fresh) const {
  const std::string shown = sha256(secret);
  const bool again = !refresh.next.empty() && shown == device.previous && refresh.next == device.current;
  if (shown != device.current && !again) return Error{Code::conflict, "an old refresh token"};
  if (!device.key.empty()) {
    const auto key = VerifyingKey::from_bytes(device.key);
    if (!key || !key->verify(proved_text(refresh.token, refresh.next), refresh.proof)) return Error{Code::auth, "the refresh does not carry the signature of the device's key"};
  }
  device.seen = place_.clock();
  device.until = {device.seen.count + micros(options_.refresh_token)};
  if (again) return {};
  device.previous = device.current;
  if (refresh.next.empty()) fresh = random_secret();
  device.current = refresh.next.empty() ? sha256(fresh) : refresh.next;
  return {};
}

Status SignIn::reused(const Device& device) {
  log_.warning("sign-in", "an old refresh token of " + named(device) + " was shown: somebody else has had it, and the device is revoked");
  count("refresh", "reused");
  if (auto removed = take_out({device.id}); !removed) return removed;
  tell();
  return Error{Code::conflict, signed_out().message};
}

Result<Grant> SignIn::refresh(const Refresh& refresh) {
  const auto token = RefreshToken::parse(refresh.token);
  const auto known = token ? book_->find(token->device) : std::nullopt;
  if (!known || known->browser || sha256(token->family) != known->family || ended(*known, place_.clock())) {
    count("refresh", "refused");
    return signed_out();
  }
  const auto person = people_.anchored(known->user);
  if (!person && person.error().code != Code::not_found) return cannot_say(person.error());
  if (!person || person->disabled) {
    count("refresh", "refused");
    return Error{Code::auth, "the person this device belongs to may not sign in"};
  }
  std::string fresh;
  const Status rotated = book_->change(known->id, [&](Device& device) { return rotate(device, refresh, token->secret, fresh); });
  if (!rotated && rotated.error().code == Code::conflict) return reused(*known).error();
  if (!rotated && rotated.error().code == Code::not_found) return signed_out();
  count("refresh", rotated ? "done" : rotated.error().code == Code::auth ? "refused" : "unavailable");
  if (!rotated) return rotated.error();
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(options_.access_token);
  const std::string next = fresh.empty() ? std::string() : RefreshToken{token->device, token->family, fresh}.text();
  return Grant{token_for(*known, Use::api, life), life, next, known->id};
}

// ---- access tokens ----

std::string SignIn::token_for(const Device& device, Use use, std::chrono::seconds life) const {
  Claims claims;
  claims.issuer = place_.issuer;
  claims.audience = audience(use);
  claims.subject = device.user;
  claims.device = device.id;
  claims.id = random_name();
  claims.issued = claims.not_before = place_.clock().count / kMicros;
  claims.expires = claims.issued + life.count();
  return write_token(claims, signing_key(*keys_->keys(), place_.clock()));
}

Result<Principal> SignIn::principal_of(std::string_view token, Use use) const {
  if (elsewhere_) return believed_.principal_of(token, audience(use), place_.clock());
  auto claims = known_.find(token);
  if (!claims) {
    auto read = signed_claims(token, public_keys(*keys_->keys()));
    if (!read) return std::move(read).error();
    claims = std::move(*read);
    known_.keep(token, *claims);
  }
  if (auto good = check(*claims, {place_.issuer, audience(use), place_.clock()}); !good) return std::move(good).error();
  if (claims->subject.empty() || !book_->holds(claims->device, claims->subject)) return signed_out();
  Principal out;
  out.user = std::move(claims->subject);
  out.device = std::move(claims->device);
  return out;
}

bool SignIn::stands(const Principal& who) const {
  return elsewhere_ ? believed_.stands(who) : who.device.empty() || book_->holds(who.device, who.user);
}

// ---- other nodes ----

void SignIn::believe(std::optional<Issuer> issuer) {
  believed_.use(std::move(issuer));
  elsewhere_ = true;
}

std::string SignIn::called(const Principal& who) const {
  if (const auto device = book_->find(who.device)) return device->user_name;
  const auto person = people_.anchored(who.user);
  return person && !person->name.empty() ? person->name : who.user;
}

Issuer SignIn::issuer() const { return {place_.issuer, public_keys(*keys_->keys()), revocations_->devices()}; }

/// In this order: a crash between leaves a device that other nodes refuse already, never one that they take for ever.
Status SignIn::take_out(const std::vector<std::string>& devices) {
  if (auto noted = revocations_->add(devices, place_.clock()); !noted) return noted;
  return book_->remove(devices);
}

Status SignIn::revoke(const std::string& device, std::string_view by) {
  const auto known = book_->find(device);
  if (!known) return Error{Code::not_found, "there is no device '" + device + "' that is signed in"};
  if (auto removed = take_out({device}); !removed) return removed;
  log_.info("sign-in", named(*known) + " revoked by " + std::string(by));
  tell();
  return {};
}

}  // namespace meshgate::access
