#include "sql/error.hpp"

namespace sql {

Error::Error(ErrorKind kind, const std::string& message) : base::Lost(message), kind_(kind) {}

}  // namespace sql
