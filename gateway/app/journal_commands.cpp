#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>

#include "gateway/app/asking.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/ingest/source_setup.hpp"

namespace meshgate::app {

namespace {

using Action = ingest::Setup::Action;

struct Subject {
  const ingest::SourceOptions* source = nullptr;
  const ingest::FeedOptions* feed = nullptr;
};

std::optional<Subject> find(const Configuration& configuration, const std::string& name) {
  for (const auto& source : configuration.sources) {
    for (const auto& feed : source.feeds) {
      if (feed.name == name) return Subject{&source, &feed};
    }
  }
  return std::nullopt;
}

/// Another user's login, with the password out of its file; one final newline is not part of it.
Result<ingest::Settings> read_login(const JournalArguments& arguments, config::Secrets& secrets) {
  ingest::Settings out;
  if (!arguments.uid.empty()) out.push_back({"uid", arguments.uid});
  if (arguments.pwd_file.empty()) return out;
  std::ifstream in(arguments.pwd_file, std::ios::binary);
  std::string pwd{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) return Error{Code::config, "the file " + arguments.pwd_file + " cannot be read: name in --pwd-file one that holds the password"};
  if (pwd.ends_with('\n')) pwd.pop_back();
  secrets.remember(pwd);
  out.push_back({"pwd", std::move(pwd)});
  return out;
}

/// One command on one feed.
class Journal {
 public:
  Journal(const Subject& subject, ingest::Settings login, std::string reader, std::shared_ptr<config::Secrets> secrets)
      : subject_(subject), login_(std::move(login)), reader_(std::move(reader)), log_(base::Level::warning, [secrets](std::string text) { return secrets->redact(std::move(text)); }) {}

  /// Says what would be done, or does it.
  Status go(Action action, bool tell) {
    return ingest::set_up(*subject_.source, *subject_.feed, {action, tell, login_, reader_}, log_, [this](std::string_view text) {
      std::fputs(log_.redacted(std::string(text)).c_str(), stdout);
    });
  }
  int failed(const Error& error) {
    std::fprintf(stderr, "meshgate: %s\n", log_.redacted(error.message).c_str());
    return error.code == Code::config || error.code == Code::unsupported ? kWrongUsage : kFailed;
  }

 private:
  const Subject subject_;
  const ingest::Settings login_;
  const std::string reader_;
  base::Log log_;
};

bool agreed() {
  std::fflush(stdout);
  if (::isatty(STDIN_FILENO) == 0) {
    std::fprintf(stderr, "meshgate: nobody is there to be asked: --yes does it, --print only shows it\n");
    return false;
  }
  std::fprintf(stderr, "do this? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

int with_journal(const std::string& config, const JournalArguments& arguments, const std::function<int(Journal&)>& act) {
  const auto reading = read_for_command(config);
  if (!reading) return kWrongUsage;
  const auto subject = find(reading->configuration, arguments.feed);
  if (!subject) {
    std::fprintf(stderr, "meshgate: there is no feed '%s' in %s\n", arguments.feed.c_str(), config.c_str());
    return kWrongUsage;
  }
  auto login = read_login(arguments, *reading->secrets);
  if (!login) return fail(login.error());
  Journal journal(*subject, std::move(*login), arguments.reader, reading->secrets);
  return act(journal);
}

int change(const std::string& config, const JournalArguments& arguments, Action action) {
  return with_journal(config, arguments, [&](Journal& journal) -> int {
    if (auto told = journal.go(action, true); !told) return journal.failed(told.error());
    if (arguments.print) return kDone;
    if (!arguments.yes && !agreed()) return kFailed;
    const auto done = journal.go(action, false);
    return done ? kDone : journal.failed(done.error());
  });
}

}  // namespace

int journal_install(const std::string& config, const JournalArguments& arguments) { return change(config, arguments, Action::install); }

int journal_remove(const std::string& config, const JournalArguments& arguments) { return change(config, arguments, Action::remove); }

int journal_show(const std::string& config, const JournalArguments& arguments) {
  return with_journal(config, arguments, [](Journal& journal) -> int {
    const auto done = journal.go(Action::state, false);
    return done ? kDone : journal.failed(done.error());
  });
}

}  // namespace meshgate::app
