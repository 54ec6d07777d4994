#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace sql {

/// The meaning of a database error to the caller.
enum class ErrorKind : std::uint8_t {
  busy,    ///< a lock was not available, or a deadlock was broken: the transaction may be run again
  unique,  ///< a row with this key exists
  exists,  ///< a table, column or index of this name exists
  lost,    ///< the connection or the disk is gone: the session is useless
  denied,  ///< the user lacks a right
  other,   ///< the statement is wrong, or something unexpected happened
};

class Error : public base::Lost {
 public:
  Error(ErrorKind kind, const std::string& message);
  ErrorKind kind() const { return kind_; }
  /// The database works, and refuses this statement. MySQL may call a missing table denied.
  bool is_of_statement() const { return kind_ == ErrorKind::denied || kind_ == ErrorKind::other; }

 private:
  ErrorKind kind_;
};

}  // namespace sql
