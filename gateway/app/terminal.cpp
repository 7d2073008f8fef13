#include "gateway/app/terminal.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace meshgate::app {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Keeps what is typed from being shown, for as long as it lives.
class Unseen {
 public:
  explicit Unseen(int terminal) : terminal_(terminal), changed_(tcgetattr(terminal, &before_) == 0) {
    termios unseen = before_;
    unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = changed_ && tcsetattr(terminal_, TCSAFLUSH, &unseen) == 0;
  }
  ~Unseen() {
    if (changed_) tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_;
};

Result<std::string> ask(const std::string& question, bool secret) {
  const std::unique_ptr<std::FILE, Close> terminal(std::fopen("/dev/tty", "r+"));
  if (!terminal) return Error{Code::config, "there is no terminal to ask at: give --user and --password-file"};
  std::fprintf(terminal.get(), "%s: ", question.c_str());
  std::fflush(terminal.get());
  std::unique_ptr<Unseen> unseen;
  if (secret) unseen = std::make_unique<Unseen>(fileno(terminal.get()));
  std::string out;
  for (int c = std::fgetc(terminal.get()); c != EOF && c != '\n'; c = std::fgetc(terminal.get())) out += static_cast<char>(c);
  if (secret) std::fputc('\n', terminal.get());
  return out;
}

}  // namespace

Result<std::string> ask_person(const std::string& question) { return ask(question, false); }
Result<std::string> ask_secret(const std::string& question) { return ask(question, true); }

}  // namespace meshgate::app
