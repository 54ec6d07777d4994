#include "probe/program.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <csignal>
#include <utility>

#include "base/task_group.hpp"
#include "base/text.hpp"
#include "probe/probe.hpp"
#include "probe/spawn.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Error = boost::system::error_code;

/// The part of standard error that is kept.
constexpr std::size_t kErrorBytes = 1024;
/// Read at once from a program that prints without end, before others have their turn.
constexpr std::size_t kBytesPerTurn = 64 * 1024;
/// The most that a pipe holds.
constexpr std::size_t kPipeBytes = 1 << 20;
/// Exit codes of env and shells that cannot run a program, or do not find it.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
/// From SIGTERM to SIGKILL, and how long a killed process may take to disappear.
constexpr auto kGrace = 1s;

/// One output of the program.
struct Stream {
  Stream(std::string_view which, const asio::any_io_executor& executor, Descriptor end, std::size_t most_bytes,
         std::size_t kept_bytes)
      : name(which), pipe(executor, end.release()), most(most_bytes), kept(kept_bytes) {
    pipe.non_blocking(true);
  }

  /// Reads what is there, up to about `limit` bytes, and closes the pipe at its end.
  void read(std::size_t limit) {
    std::array<char, 16 * 1024> buffer;
    Error error;
    for (std::size_t got = 0; pipe.is_open() && got < limit && !is_over() && !error;) {
      const std::size_t count = pipe.read_some(asio::buffer(buffer), error);
      got += count;
      bytes += count;
      text.append(buffer.data(), count);
      if (text.size() > kept) text.erase(0, text.size() - kept);
    }
    if (is_over() || (error && error != asio::error::would_block)) close();
  }
  void close() {
    Error ignored;
    pipe.close(ignored);
  }

  bool is_over() const { return bytes > most; }
  std::string too_much() const { return fmt::format("prints more than {} bytes to {}", most, name); }

  std::string_view name;
  asio::posix::stream_descriptor pipe;
  std::string text;
  std::size_t bytes = 0;
  std::size_t most;
  std::size_t kept;
};

}  // namespace

/// A group of processes, which ends with this at the latest: also when the executor goes away while it runs.
struct Programs::Group {
  explicit Group(pid_t leader) : pid(leader) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() {
    if (!end) end_group(pid);
  }
  void signal(int number) const {
    if (!end) ::kill(-pid, number);
  }

  pid_t pid;
  /// Set once the leader is reaped: from then on, another may have its number.
  std::optional<End> end;
};

/// One program that runs. Shared with the handlers that wait for its output and its deadline: they end after it.
struct Programs::Run : std::enable_shared_from_this<Run> {
  Run(const asio::any_io_executor& executor, Child child, std::size_t most_bytes)
      : group(child.pid),
        exit(executor, child.handle.release()),
        timer(executor),
        output("standard output", executor, std::move(child.output), most_bytes, most_bytes),
        errors("standard error", executor, std::move(child.errors), most_bytes, kErrorBytes) {}

  void watch(Stream& stream);
  void watch_deadline(base::SteadyTime deadline, base::Duration timeout);
  void give_up(std::string why);
  void cancel();
  void kill();
  void collect();
  asio::awaitable<void> wait_for_exit();
  asio::awaitable<void> wait_for_group();
  std::expected<Exited, Failure> result();

  Group group;
  asio::posix::stream_descriptor exit;
  asio::steady_timer timer;
  Stream output;
  Stream errors;
  /// The reason for its end.
  std::string failure;
  bool abandoned = false;
};

void Programs::Run::watch(Stream& stream) {
  auto on_readable = [self = shared_from_this(), &stream](Error error) {
    if (error) return;
    stream.read(kBytesPerTurn);
    if (stream.is_over()) self->give_up(stream.too_much());
    if (stream.pipe.is_open()) self->watch(stream);
  };
  stream.pipe.async_wait(asio::posix::descriptor_base::wait_read, std::move(on_readable));
}

void Programs::Run::watch_deadline(base::SteadyTime deadline, base::Duration timeout) {
  timer.expires_at(deadline);
  timer.async_wait([self = shared_from_this(), timeout](Error error) {
    if (!error) self->give_up(timed_out_after(timeout));
  });
}

void Programs::Run::give_up(std::string why) {
  if (!failure.empty() || group.end) return;
  failure = std::move(why);
  group.signal(SIGTERM);
  timer.expires_after(kGrace);
  timer.async_wait([self = shared_from_this()](Error error) {
    if (!error) self->kill();
  });
}

void Programs::Run::cancel() {
  failure = kCancelled;
  kill();
}

/// A process that hangs in the kernel cannot be killed, and must not keep its slot.
void Programs::Run::kill() {
  if (group.end) return;
  kill_session(group.pid);
  timer.expires_after(kGrace);
  timer.async_wait([self = shared_from_this()](Error error) {
    if (error || self->group.end) return;
    self->failure += "; the program cannot be killed";
    self->abandoned = true;
    self->exit.cancel();
  });
}

/// Asio says now and then that a descriptor is ready when it was the one before with the same number.
asio::awaitable<void> Programs::Run::wait_for_exit() {
  Error error;
  while (!error && !abandoned && !has_exited(group.pid)) {
    co_await exit.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(asio::use_awaitable, error));
  }
}

/// Ends what the program left behind, and takes what it has printed. Another process may still hold the pipes: their
/// end is not waited for.
void Programs::Run::collect() {
  timer.cancel();
  if (abandoned) {
    forget(group.pid);
    group.end = End();
  } else {
    // Processes of a killed program may have left its group.
    if (!failure.empty()) kill_session(group.pid);
    group.end = end_group(group.pid);
  }
  exit.close();
  for (Stream* stream : {&output, &errors}) {
    stream->read(kPipeBytes);
    stream->close();
    if (stream->is_over() && failure.empty()) failure = stream->too_much();
  }
}

/// A killed process takes a moment to disappear. One that cannot be killed is not waited for any longer.
asio::awaitable<void> Programs::Run::wait_for_group() {
  const auto longest = std::chrono::steady_clock::now() + kGrace;
  while (!abandoned && !group_is_gone(group.pid) && std::chrono::steady_clock::now() < longest)
    co_await base::sleep(timer, 1ms);
}

std::expected<Exited, Failure> Programs::Run::result() {
  if (!failure.empty()) return std::unexpected(Failure{std::move(failure)});
  return Exited{group.end->code, group.end->signal, std::move(output.text), std::move(errors.text)};
}

std::string typed(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) line += (line.empty() ? "" : " ") + base::shell_quoted(word);
  return line;
}

Programs::Programs(asio::any_io_executor executor, base::Duration timeout)
    : executor_(std::move(executor)), timeout_(timeout) {
  adopt_orphans();
}

Programs::~Programs() = default;

asio::awaitable<std::expected<Exited, Failure>> Programs::run(Program program, base::SteadyTime deadline,
                                                              std::stop_token stop) {
  const auto not_asked = [](std::string sentence) { return std::unexpected(Failure{std::move(sentence), false}); };
  if (stop.stop_requested()) co_return not_asked(std::string(kCancelled));
  auto child = spawn(program);
  if (!child) co_return not_asked(std::move(child.error()));
  const auto run = std::make_shared<Run>(executor_, std::move(*child), program.max_output_bytes);
  const std::stop_callback on_stop(std::move(stop), [&run] { run->cancel(); });
  run->watch_deadline(deadline, timeout_);
  run->watch(run->output);
  run->watch(run->errors);
  co_await run->wait_for_exit();
  run->collect();
  co_await run->wait_for_group();
  auto result = run->result();
  // By env, which the script's first line names.
  if (result && (result->code == kNotFound || result->code == kNotExecutable))
    if (std::string fault = fault_of_file(program); !fault.empty()) co_return not_asked(std::move(fault));
  co_return result;
}

}  // namespace probe
