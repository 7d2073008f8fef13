#pragma once

#include <memory>
#include <span>

#include "connectors/odbc/link.hpp"
#include "connectors/odbc/table.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::odbc {

std::span<const mg_option> connection_options();
std::span<const mg_option> stream_options();

/// A database by its settings. Each stream has ODBC connections of its own; none is open between calls of check() and discover().
class DatabaseConnection final : public sdk::Connection {
 public:
  static sdk::Status open(const sdk::Host& host, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out);

  DatabaseConnection(std::shared_ptr<const Target> target, sdk::Settings settings)
      : target_(std::move(target)), settings_(std::move(settings)), signal_(std::make_shared<Signal>(hanging_at(target_->place.server))) {}
  /// Gives threads that were left behind a moment to end: at the end of the process they would meet libraries that are already cleaned up.
  ~DatabaseConnection() override;

  sdk::Status check() override;
  sdk::Status discover(sdk::Catalog& catalog) override;
  sdk::Status open_stream(const sdk::Settings& settings, std::string_view reader, std::unique_ptr<sdk::Stream>& out) override;
  /// journal_setup.cpp
  sdk::Status setup(const sdk::Settings& settings, const sdk::Setup& wish, sdk::Text& text) override;
  void on_cancel() noexcept override { signal_->cancel(); }

 private:
  std::shared_ptr<const Target> target_;
  const sdk::Settings settings_;  // hold the password
  std::shared_ptr<Signal> signal_;
};

/// What a stream's settings ask of a table, but for what it is tracked by.
TableWish table_wish(const sdk::Settings& settings);

/// The settings as a Target, or what is wrong with them. Reads the driver manager's files, reaches nothing else.
sdk::Status make_target(const sdk::Settings& settings, std::shared_ptr<const Target>& out);

}  // namespace meshgate::odbc
