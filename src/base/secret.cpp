#include "base/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace base {
namespace {

constexpr std::size_t kSecretBytes = 32;
/// Of a file that holds one.
constexpr std::size_t kMostBytes = 64 * 1024;

/// A new secret in a file of its own beside `file`, which goes with this object unless it was renamed.
class NewSecret {
 public:
  NewSecret(const std::string& file, const std::string& text, mode_t mode) : file_(file), path_(file + ".XXXXXX") {
    const int descriptor = ::mkostemp(path_.data(), O_CLOEXEC);
    if (descriptor < 0) fail();
    const bool written = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fchmod(descriptor, mode) == 0 && ::fsync(descriptor) == 0;
    const int error = errno;
    ::close(descriptor);
    if (written) return;
    ::unlink(path_.c_str());
    errno = error;
    fail();
  }
  ~NewSecret() { ::unlink(path_.c_str()); }
  NewSecret(const NewSecret&) = delete;
  NewSecret& operator=(const NewSecret&) = delete;

  const char* path() const { return path_.c_str(); }

  [[noreturn]] void fail() const {
    throw UsageError(fmt::format("cannot make the secret file '{}': {}", file_, std::strerror(errno)));
  }

 private:
  const std::string file_;
  std::string path_;
};

std::string random_secret() {
  return random_hex(kSecretBytes) + "\n";
}

}  // namespace

std::string read_secret(const std::string& what, const std::string& file) {
  const auto fail = [&](std::string_view why) {
    return UsageError(fmt::format("cannot read {} from the file '{}': {}", what, file, why));
  };
  const auto content = read_file(file, kMostBytes);
  if (!content) throw fail(content.error());
  std::string secret(trim(*content));
  if (secret.empty()) throw fail("it is empty");
  return secret;
}

bool make_secret(const std::string& file, mode_t mode) {
  if (::access(file.c_str(), F_OK) == 0) return false;
  const NewSecret secret(file, random_secret(), mode);
  // Of several processes that start together, one wins.
  if (::link(secret.path(), file.c_str()) == 0) return true;
  if (errno != EEXIST) secret.fail();
  return false;
}

void replace_secret(const std::string& file, mode_t mode) {
  write_secret(file, random_secret(), mode);
}

void write_secret(const std::string& file, const std::string& content, mode_t mode) {
  const NewSecret secret(file, content, mode);
  if (::rename(secret.path(), file.c_str()) != 0) secret.fail();
}

}  // namespace base
