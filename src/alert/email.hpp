#pragma once

#include "alert/post.hpp"

namespace alert {

/// A text as it stands in a header (RFC 2047), folded.
std::string header_text(std::string_view text);

/// The message as a mail (RFC 5322): plain text in UTF-8, of which every line ends with CRLF. A repeat has the same
/// Message-ID, and mails about one group are one thread.
std::string mail_of(const config::EmailOptions& options, const Message& message, base::Time now);

/// The addresses that the server refuses for the moment only (4xx) while it takes the mail for others. `mail_to`: to
/// whom it was sent; `replies`: of the server, code and text, in their order. Pure.
std::vector<std::string> put_off(const std::vector<std::string>& mail_to,
                                 const std::vector<std::pair<std::string, std::string>>& replies);

/// The call that sends it. Fails with a sentence that names the file that is missing.
std::expected<Call, std::string> email_call(const config::EmailOptions& options, const Message& message,
                                            base::Time now);

}  // namespace alert
