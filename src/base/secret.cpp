#include "base/secret.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"

namespace base {

std::string read_secret(const std::string& what, const std::string& file) {
  errno = 0;
  std::ifstream in(file);
  std::stringstream content;
  content << in.rdbuf();
  std::string secret(trim(content.str()));
  if (!secret.empty()) return secret;
  throw UsageError(fmt::format("cannot read {} from the file '{}': {}", what, file,
                               errno == 0 ? "it is empty" : std::strerror(errno)));
}

}  // namespace base
