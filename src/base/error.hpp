#pragma once

#include <expected>
#include <stdexcept>
#include <string>

namespace base {

/// Outcomes that are expected and that the caller can act on. `http` maps each to one status.
enum class Errc {
  invalid,       ///< the input is wrong; the message says what is right
  unauthorized,  ///< no or wrong credentials
  forbidden,     ///< refused whatever the credentials
  not_found,
  conflict,     ///< collides with what exists
  gone,         ///< existed, and is no longer available
  too_large,    ///< over a documented limit
  unavailable,  ///< no answer now; a later attempt may succeed
};

struct Error {
  Errc code = Errc::invalid;
  /// A sentence for the person who asked: what was wrong and what is right. Holds no internals.
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// Infrastructure that was lost (a database, a disk). Caught once per request and once per job.
class Lost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A mistake of the person who starts the program (configuration, arguments): main prints it and exits with 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace base
