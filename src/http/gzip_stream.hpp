#pragma once

#include "http/message.hpp"

namespace http {

/// Makes `stream` the answer's, compressed where the client takes that.
void stream_compressed(const Request& request, Reply& reply, Stream stream);

}  // namespace http
