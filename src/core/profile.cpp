#include "core/profile.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace core {
namespace {

std::string complaint(std::string_view what, std::string_view text) {
  if (text.empty()) return fmt::format("{} is empty; give a text of 1 to {} bytes", what, kMaxNameBytes);
  if (text.size() > kMaxNameBytes)
    return fmt::format("{} has {} bytes; the most is {}", what, text.size(), kMaxNameBytes);
  if (!base::is_printable_utf8(text)) return fmt::format("{} must be UTF-8 text without control characters", what);
  if (base::trim(text) != text) return fmt::format("{} '{}' begins or ends with a blank; remove it", what, text);
  return {};
}

}  // namespace

base::Result<ProfileKey> checked_key(std::string_view provider, std::string_view name) {
  if (auto wrong = complaint("provider", provider); !wrong.empty())
    return base::fail(base::Errc::invalid, std::move(wrong));
  if (auto wrong = complaint("name", name); !wrong.empty()) return base::fail(base::Errc::invalid, std::move(wrong));
  return ProfileKey{std::string(provider), std::string(name)};
}

}  // namespace core
