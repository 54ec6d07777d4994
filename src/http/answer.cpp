#include "http/answer.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/compress.hpp"

namespace http {
namespace {

/// Compression makes a smaller body no smaller on the wire.
constexpr std::size_t kLeastToCompress = 1000;

/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), over words of eight bytes for speed.
std::uint64_t hash(std::string_view data) {
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t value = 14695981039346656037ULL ^ data.size();
  std::size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data.data() + i, 8);
    value = (value ^ word) * kPrime;
    value ^= value >> 32;
  }
  for (; i < data.size(); ++i) value = (value ^ static_cast<unsigned char>(data[i])) * kPrime;
  return value;
}

/// Weak comparison (RFC 9110, section 13.1.2): the gzip of the same bytes counts as the same.
bool names(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view tag = base::trim(if_none_match.substr(0, if_none_match.find(',')));
    if_none_match.remove_prefix(std::min(if_none_match.size(), if_none_match.find(',') == std::string_view::npos
                                                                   ? if_none_match.size()
                                                                   : if_none_match.find(',') + 1));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag.substr(2)) return true;
  }
  return false;
}

}  // namespace

Prepared::Prepared(std::string content_type, std::string body)
    : content_type_(std::move(content_type)), body_(std::make_shared<const std::string>(std::move(body))) {
  etag_ = fmt::format("W/\"{:016x}\"", hash(*body_));
}

const Text& Prepared::gzipped() {
  if (!gzipped_) gzipped_ = std::make_shared<const std::string>(gzip(*body_));
  return gzipped_;
}

const std::shared_ptr<std::string>& Prepared::head(Head which) {
  auto& kept = heads_[static_cast<std::size_t>(which)];
  if (!kept && !shared_) kept = std::make_shared<std::string>();
  return kept;
}

Reply answer(const Request& request, Prepared& prepared, std::string_view vary, std::span<const FixedHeader> headers) {
  Reply reply;
  const bool known = names(request.list("If-None-Match"), prepared.etag());
  const bool gzip =
      !known && prepared.body()->size() >= kLeastToCompress && accepts_gzip(request.list("Accept-Encoding"));
  if (known)
    reply.status = 304;
  else
    reply.body = gzip ? prepared.gzipped() : prepared.body();
  reply.head = prepared.head(known  ? Prepared::Head::not_modified
                             : gzip ? Prepared::Head::gzip
                                    : Prepared::Head::plain);
  if (reply.head && !reply.head->empty()) return reply;
  if (!known) reply.content_type = prepared.content_type();
  reply.headers.emplace_back("ETag", prepared.etag());
  reply.headers.emplace_back("Cache-Control", "no-cache");
  reply.headers.emplace_back("Vary", vary.empty() ? "Accept-Encoding" : fmt::format("{}, Accept-Encoding", vary));
  if (gzip) reply.headers.emplace_back("Content-Encoding", "gzip");
  for (const auto& [name, value] : headers) reply.headers.emplace_back(name, value);
  return reply;
}

}  // namespace http
