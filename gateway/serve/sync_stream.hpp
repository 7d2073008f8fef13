#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/serve/admission.hpp"
#include "gateway/serve/followers.hpp"
#include "gateway/serve/live_steps.hpp"
#include "gateway/serve/sync_question.hpp"
#include "gateway/serve/turns.hpp"

namespace meshgate::serve {

/// One answer to POST /sync: many partitions in turns over one connection, then their changes as they come. On one loop; two pieces of
/// about 128 KiB at most are held for all of them together.
class SyncStream {
 public:
  /// `follower`: the node that asks; null: the reader is none.
  SyncStream(Context& context, const Visit& visit, net::Reply& reply, SyncQuestion question, std::shared_ptr<Follower> follower)
      : context_(context), visit_(visit), reply_(reply), question_(std::move(question)), follower_(std::move(follower)) {}
  ~SyncStream() {
    if (follower_) follower_->here = false;
  }
  SyncStream(const SyncStream&) = delete;
  SyncStream& operator=(const SyncStream&) = delete;

  boost::asio::awaitable<void> async_run();

 private:
  /// A partition that is being read.
  struct Part {
    std::string feed;
    Place place;
    std::uint32_t priority = 0;
    std::optional<Standing> standing;              ///< of the partition, before it was read last
    bool met = false;                              ///< it has been read
    bool caught_up = false;                        ///< as its last mark said
    std::shared_ptr<Steps> steps;                  ///< where it goes on; null: it is read in turns
    std::chrono::steady_clock::time_point sent{};  ///< its last line
  };
  /// An entry of the question, and what it has led to.
  struct Watch {
    SyncQuestion::Wish wish;
    std::shared_ptr<OpenFeed> open;
    std::shared_ptr<const std::atomic<std::size_t>> roster;  ///< how many partitions the feed has; only of an entry for all of them
    std::size_t listed = 0;                                  ///< of them, when they were looked at last
    std::set<std::string, std::less<>> known;                ///< partitions that are or were parts
  };

  // ---- on the pool ----
  /// Resolves the question. Appends what is refused to `news_`.
  void open_all();
  void open(Watch& watch);
  /// Whether anything of the feed may be theirs; else appends what they are told instead.
  bool admit(const SyncQuestion::Wish& wish);
  bool held(const SyncQuestion::Wish& wish);
  void refuse(const SyncQuestion::Wish& wish, const Denial& denial);
  void deny(SyncQuestion::Wish& wish, const std::string& partition);
  [[nodiscard]] access::Sight sight(const std::string& feed, const std::string& partition) const { return visit_.who.sight(feed, partition); }
  /// Looks again at what may be seen; appends what is denied or newly visible to `news_`.
  void review();
  /// Whether it is not known of something that is shown whether it may be.
  [[nodiscard]] bool unsure() const;
  void list_partitions(Watch& watch, bool first);
  void begin_part(Watch& watch, const std::string& partition);
  void refresh_marks(std::chrono::steady_clock::time_point since);

  // ---- on the loop; false: the reader is gone ----
  boost::asio::awaitable<bool> async_on_pool(std::function<void()> job);
  /// Sends everything there is, part by part in turns, and between the turns what is committed to those that are caught up.
  boost::asio::awaitable<bool> async_catch_up();
  boost::asio::awaitable<bool> async_send(std::string_view lines);
  boost::asio::awaitable<bool> async_send_steps();
  boost::asio::awaitable<bool> async_send_steps(Part& part);
  boost::asio::awaitable<bool> async_send_step(Part& part, const Step& step);
  boost::asio::awaitable<bool> async_beat();
  boost::asio::awaitable<bool> async_follow();
  /// Looks again where that is due; while it is not known what may be seen, waits and sends heartbeats.
  boost::asio::awaitable<bool> async_review();
  boost::asio::awaitable<bool> async_pause();
  boost::asio::awaitable<bool> async_send_news();
  /// Says where the lines behind belong, unless it is where those before did.
  void name(std::string& out, const Part& part);
  void settle(Part& part, const Chunk& chunk);
  /// Whether the chunk is to be sent.
  bool settle_or_refuse(Part& part, Chunk& chunk);
  /// The part reads by itself what it could not take as a step.
  void wait_for_turn(Part& part);
  void refuse(Part& part, const Chunk& chunk);
  void drop(Part& part);
  [[nodiscard]] bool review_due() const;
  [[nodiscard]] bool rights_changed() const { return rights_ != context_.rights_version; }
  [[nodiscard]] std::chrono::steady_clock::time_point next_beat() const;

  Context& context_;
  const Visit& visit_;
  net::Reply& reply_;
  SyncQuestion question_;
  std::shared_ptr<Follower> follower_;
  std::vector<Watch> watches_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::unique_ptr<Part>> dropped_;  ///< what is being read for them is thrown away when it comes
  Turns<Part> turns_;
  const Part* named_ = nullptr;
  std::string news_;              ///< lines that belong to no part, to be sent
  std::uint64_t rights_ = 0;      ///< the version that was looked at
  bool paused_ = false;           ///< the directory is not caught up: nothing is shown, and nothing taken away
  std::uint64_t rings_ = 0;       ///< of the bell for all feeds, before the steps were looked at
  std::chrono::steady_clock::time_point beaten_ = std::chrono::steady_clock::now();  ///< the last heartbeat
};

}  // namespace meshgate::serve
