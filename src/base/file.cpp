#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace base {
namespace {

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a directory";
  if (S_ISFIFO(mode)) return "it is a pipe; give a regular file";
  if (S_ISSOCK(mode)) return "it is a socket; give a regular file";
  return "it is a device; give a regular file";
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::string& file, std::size_t most_bytes) {
  const auto failed = [](int error) { return std::unexpected(std::string(::strerrordesc_np(error))); };
  struct stat about{};
  // Before it is opened, which some devices take as a command.
  if (::stat(file.c_str(), &about) != 0) return failed(errno);
  if (!S_ISREG(about.st_mode)) return std::unexpected(kind_of(about.st_mode));
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return failed(errno);
  std::string content;
  std::string piece(16 * 1024, '\0');
  int error = 0;
  while (content.size() <= most_bytes) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) error = errno;
    if (count <= 0) break;
    content.append(piece, 0, static_cast<std::size_t>(count));
  }
  ::close(descriptor);
  if (error != 0) return failed(error);
  if (content.size() > most_bytes) return std::unexpected(fmt::format("it is larger than {} bytes", most_bytes));
  return content;
}

}  // namespace base
