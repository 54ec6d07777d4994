#pragma once

#include "board/state.hpp"
#include "http/answer.hpp"
#include "http/message.hpp"

namespace portal {

/// Does the client want the original system's lines instead of a page: text/plain preferred, or curl or Wget, which
/// take everything?
bool wants_text(const http::Request& request);

/// The original system's lines, "Amazon - c5: HIGH", one per profile. A level that is STALE is followed by " (old)".
http::Prepared render_text(const board::State& state);

}  // namespace portal
