// The part of a transfer that is about mails.
#include <fmt/format.h>

#include "base/text.hpp"
#include "probe/one_line.hpp"
#include "probe/transfer.hpp"

namespace probe {

/// libcurl tells the number of the server's answer alone.
std::string Transfer::mail_failure(std::string_view detail) const {
  return fmt::format("the mail server refuses: {} ({})", one_line(base::trim(response_.body)), detail);
}

/// A line of a mail server, "550-5.1.1 no such user": replies are kept, and in full those that refuse something.
std::size_t Transfer::take_reply(std::string_view line) {
  const bool refuses = line.starts_with('4') || line.starts_with('5');
  if (refuses && response_.body.size() < request_.max_bytes) response_.body += line;
  constexpr std::size_t kCode = 3;
  const bool is_last = line.size() > kCode && line[kCode] != '-';
  if (is_last) response_.headers.emplace_back(line.substr(0, kCode), base::trim(line.substr(kCode)));
  return line.size();
}

std::size_t Transfer::on_upload(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string& body = transfer.request_.body;
  const std::size_t length = body.copy(data, size * count, transfer.uploaded_);
  transfer.uploaded_ += length;
  return length;
}

}  // namespace probe
