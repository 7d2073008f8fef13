#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/access/age.hpp"
#include "gateway/access/charter.hpp"
#include "gateway/access/reliance.hpp"
#include "mesh/result.hpp"

namespace meshgate::access {

/// What peers have said of who may see what, and how long ago. In one file that only its owner may read, so that it outlives a restart without them. What a peer says replaces what
/// it said before, unless it is older; terms of a feed that it does not give any more stay. Thread safe.
class Knowledge {
 public:
  /// Blocks.
  static Result<std::unique_ptr<Knowledge>> open(std::string file, Reliance reliance);

  /// What a peer says now; its charter where that has changed. Gives whether anything changed. Code::retry: its rules are older than those it gave before, as those of a node are that
  /// came back from an old copy. Blocks on the disk.
  Result<bool> take(const std::string& peer, Statement statement);
  /// The peer says nothing to this node of terms.
  Result<bool> take_silence(const std::string& peer);
  /// The version of the charter that is held of a peer; empty: none.
  [[nodiscard]] std::string version(std::string_view peer) const;
  /// A feed that tells who there is has come so far.
  void heard(std::string_view feed, Micros as_of);
  /// Writes down how old everything is. To be called now and then; blocks.
  Status keep();

  [[nodiscard]] Said said() const;
  [[nodiscard]] std::optional<Issuer> issuer() const;
  /// What the clock of whoever issues the tokens shows at least, whatever has been done to the one here.
  [[nodiscard]] Micros issuer_time() const;
  /// Until when all rules that were heard were right, by the clocks of their origins; nothing: none were heard, or it was not said.
  [[nodiscard]] std::optional<Micros> rules_as_of() const;
  /// Of the oldest of all that a decision may rest on; nothing: no peer is asked, or none has said anything yet.
  [[nodiscard]] std::optional<std::chrono::microseconds> age() const;
  /// Whether that is older than what may be relied on.
  [[nodiscard]] bool stale() const;
  [[nodiscard]] const Reliance& reliance() const { return reliance_; }

 private:
  struct Heard {
    Micros as_of{0};
    Micros rules_as_of{0};  ///< 0: it does not say
    Micros refused{0};      ///< the same of rules that were not taken, because they were older
    std::optional<Age> age;
    std::string version;
    bool silent = false;  ///< it gives no terms
    Charter charter;
  };
  struct Told {
    Micros as_of{0};
    Age age;
  };

  Knowledge(std::string file, Reliance reliance) : file_(std::move(file)), reliance_(std::move(reliance)) {}
  Status read(std::string_view text);
  Result<bool> write_if(bool changed);
  [[nodiscard]] std::string text() const;
  static bool stands_still(Heard& own, const Statement& statement);
  static Result<bool> replace(Heard& own, Statement statement);
  [[nodiscard]] const Heard* youngest(const Reliance::Feed& feed, const Moment& at) const;

  const std::string file_;
  const Reliance reliance_;
  std::mutex writing_;           ///< of the file; taken before mutex_
  mutable std::mutex mutex_;     ///< of the two behind it
  std::map<std::string, Heard, std::less<>> peers_;
  std::map<std::string, Told, std::less<>> feeds_;
};

}  // namespace meshgate::access
