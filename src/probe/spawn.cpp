#include "probe/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <vector>

#include "base/environment.hpp"
#include "probe/interpreter.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Without fmt: a sanitizer that checks its virtual calls needs descriptors, of which there may be none.
std::unexpected<std::string> failed_to(std::string_view what, int error) {
  return std::unexpected("cannot " + std::string(what) + ": " + ::strerrordesc_np(error));
}

// --- Before the program: all that it will need

/// The child's work. It shares our memory until it becomes the program, so it may only call the kernel.
struct Plan {
  explicit Plan(const Program& program);

  /// Where to look for the program, in this order.
  std::vector<std::string> paths;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  int priority;
  std::vector<std::pair<__rlimit_resource, rlimit>> limits;
  /// Its standard input, output and error.
  std::array<int, 3> files{};
  /// The child's error. Volatile, because no compiler sees that the child writes here.
  volatile int error = 0;
  volatile bool connected = false;
  volatile bool entered = false;
};

std::string_view path_of(const Program& program) {
  std::string_view path = kDefaultPath;
  for (const std::string& variable : program.environment)
    if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
  return path;
}

std::vector<std::string> paths_of(const Program& program) {
  const std::string& name = program.command.front();
  return name.contains('/') ? std::vector{name} : base::places_in(path_of(program), name);
}

/// A null-terminated array, as execve takes it. It does not write to what it gets.
std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Adds a limit, which cannot be above our own.
void limit(Plan& plan, __rlimit_resource resource, rlim_t soft, rlim_t hard) {
  if (soft == 0) return;
  rlimit now{};
  ::getrlimit(resource, &now);
  plan.limits.emplace_back(resource, rlimit{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)});
}

Plan::Plan(const Program& program)
    : paths(paths_of(program)),
      arguments(pointers_to(program.command)),
      environment(pointers_to(program.environment)),
      directory(program.directory.c_str()),
      priority(::getpriority(PRIO_PROCESS, 0) + program.nice) {
  limit(*this, RLIMIT_CPU, program.cpu_seconds, program.cpu_seconds + 1);
  limit(*this, RLIMIT_AS, program.memory_bytes, program.memory_bytes);
  limit(*this, RLIMIT_NOFILE, program.open_files, program.open_files);
}

Or<Descriptor> input_of(const Program& program) {
  if (program.input.empty()) {
    Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (null.get() < 0) return failed_to("open /dev/null", errno);
    return null;
  }
  Descriptor file(::memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto size = static_cast<ssize_t>(program.input.size());
  if (file.get() < 0 || ::pwrite(file.get(), program.input.data(), program.input.size(), 0) != size ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    return failed_to("keep the program's input", errno);
  return file;
}

// --- In the child

/// Signals that are ignored or blocked here, such as SIGPIPE, have their default for the program.
void reset_signals() {
  struct sigaction initial{};
  initial.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &initial, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Makes `files` the standard ones, whatever their numbers are, and closes all others. False: errno says why not.
bool take_files(const std::array<int, 3>& files) {
  std::array<int, 3> copies{};
  for (std::size_t i = 0; i < 3; ++i)
    if ((copies[i] = ::fcntl(files[i], F_DUPFD_CLOEXEC, 3)) < 0) return false;
  for (std::size_t i = 0; i < 3; ++i)
    if (::dup2(copies[i], static_cast<int>(i)) < 0) return false;
  return ::close_range(3, ~0U, 0) == 0;
}

/// Becomes the first of the programs that can be run, or returns why there is none.
int run_first_of(const Plan& plan) {
  ::setpriority(PRIO_PROCESS, 0, plan.priority);
  for (const auto& [resource, value] : plan.limits) ::setrlimit(resource, &value);
  int error = ENOENT;
  for (const std::string& path : plan.paths) {
    ::execve(path.c_str(), plan.arguments.data(), plan.environment.data());
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    // As a shell does: there may be another one that may be run.
    if (error != EACCES) break;
  }
  return error;
}

/// Becomes the program, or ends with the error in `plan`.
[[noreturn]] void become(Plan& plan) {
  // A session of its own tells what it starts from our other children, whatever groups they make.
  ::setsid();
  // The program does not outlive this process, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  reset_signals();
  plan.connected = take_files(plan.files);
  if (!plan.connected) {
    plan.error = errno;
    ::_exit(127);
  }
  plan.entered = *plan.directory == '\0' || ::chdir(plan.directory) == 0;
  plan.error = plan.entered ? run_first_of(plan) : errno;
  ::_exit(127);
}

// --- Starting it

/// The child borrows our memory and our stack until it becomes the program: no page table is copied, so that the price
/// does not depend on our size. Not inlined, since vfork() returns twice. No handler of ours may run in the child.
[[gnu::noinline]] pid_t fork_into(Plan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) become(plan);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

std::unexpected<std::string> not_started(const Plan& plan, const Program& program) {
  if (!plan.connected) return failed_to("give the program its input and output", plan.error);
  if (!plan.entered) return failed_to(fmt::format("enter the directory {}", program.directory), plan.error);
  if (std::string fault = fault_of_file(program); !fault.empty()) return std::unexpected(std::move(fault));
  if (plan.paths.size() == 1) return failed_to("run " + plan.paths.front(), plan.error);
  return failed_to(fmt::format("run {}, looked for in PATH", program.command.front()), plan.error);
}

/// A pipe that no program inherits: the end to read, and the one to write.
Or<std::pair<Descriptor, Descriptor>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed_to("make a pipe", errno);
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

/// The mistake in the words, or nothing.
std::string wrong_words(const Program& program) {
  if (program.command.empty() || program.command.front().empty()) return "the command is empty; it must name a program";
  for (const auto* words : {&program.command, &program.environment})
    for (const std::string& word : *words)
      if (word.contains('\0')) return "the command or its environment has a zero byte, where it would be cut off";
  return {};
}

/// The processes that spawn() started and end_group() has not reaped.
struct Leaders {
  std::mutex mutex;
  std::set<pid_t> pids;
};

Leaders& leaders() {
  static Leaders all;
  return all;
}

/// Reaps what became ours when its parent ended. Leaders, and what was started here by other means, which is in our
/// session, are for whoever started them.
void reap_strangers() {
  const std::lock_guard lock(leaders().mutex);
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    if (leaders().pids.contains(info.si_pid) || ::getsid(info.si_pid) == ::getsid(0)) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG);
    info.si_pid = 0;
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Or<Child> spawn(const Program& program) {
  if (auto wrong = wrong_words(program); !wrong.empty()) return std::unexpected(std::move(wrong));
  const auto input = input_of(program);
  if (!input) return std::unexpected(input.error());
  auto output = make_pipe();
  if (!output) return std::unexpected(std::move(output.error()));
  auto errors = make_pipe();
  if (!errors) return std::unexpected(std::move(errors.error()));

  Plan plan(program);
  plan.files = {input->get(), output->second.get(), errors->second.get()};
  pid_t pid = -1;
  {
    // Nobody may take the process for a stranger.
    const std::lock_guard lock(leaders().mutex);
    pid = fork_into(plan);
    if (pid > 0) leaders().pids.insert(pid);
  }
  if (pid < 0) return failed_to("start a process", errno);
  Descriptor handle(plan.error == 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1);
  if (handle.get() >= 0) return Child{pid, std::move(handle), std::move(output->first), std::move(errors->first)};
  const int error = errno;
  end_group(pid);
  return plan.error != 0 ? not_started(plan, program) : failed_to("watch a process", error);
}

std::string fault_of_file(const Program& program) {
  for (std::string file : paths_of(program)) {
    // A relative path begins where the program runs.
    if (!program.directory.empty()) file = std::filesystem::path(program.directory) / file;
    if (::access(file.c_str(), X_OK) != 0) continue;
    const std::string fault = interpreter_fault(file, path_of(program));
    return fault.empty() ? "" : fmt::format("cannot run {}: {}", file, fault);
  }
  return {};
}

bool has_exited(pid_t child) {
  siginfo_t info{};
  const bool known = ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  return !known || info.si_pid != 0;
}

End end_group(pid_t leader) {
  ::kill(-leader, SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(leader), &info, WEXITED) != 0 && errno == EINTR) {
  }
  forget(leader);
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status};
}

void forget(pid_t leader) {
  const std::lock_guard lock(leaders().mutex);
  leaders().pids.erase(leader);
}

void kill_session(pid_t leader) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (ec == std::errc() && end == name.data() + name.size() && ::getsid(pid) == leader) ::kill(pid, SIGKILL);
  }
}

bool group_is_gone(pid_t leader) {
  while (::waitpid(-leader, nullptr, WNOHANG) > 0) {
  }
  reap_strangers();
  return ::kill(-leader, 0) != 0 && errno == ESRCH;
}

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  struct sigaction now{};
  if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace probe
