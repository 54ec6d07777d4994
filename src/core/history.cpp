#include "core/history.hpp"

#include <algorithm>
#include <string_view>

namespace core {
namespace {

constexpr Span kSpans[] = {Span::five_minutes, Span::hour, Span::day};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string short_reason(std::string_view reason) {
  constexpr std::string_view kMore = "…";
  if (reason.size() <= kMaxReasonBytes) return std::string(reason);
  std::size_t end = kMaxReasonBytes - kMore.size();
  while (end > 0 && is_continuation(reason[end])) --end;
  return std::string(reason.substr(0, end)).append(kMore);
}

std::uint32_t kind_of(std::string_view reason) {
  // What short_reason() leaves as it is.
  constexpr std::size_t kBytes = 100;
  // FNV-1a.
  std::uint32_t hash = 2166136261U;
  for (const char c : reason.substr(0, kBytes))
    if (is_letter(c)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::vector<Transition> transitions_of(const Reading& reading, const Reading* before, std::optional<LastTold>& last) {
  std::vector<Transition> made;
  LastTold next = last.value_or(LastTold{});
  const auto tell = [&](base::Time at, Level level, Freshness freshness, std::string_view reason) {
    next.at = std::max(at, next.at + base::Duration{1});
    made.push_back({next.at, level, freshness, short_reason(reason)});
    if (freshness == Freshness::fresh) next.kind = kind_of(reason);
  };
  if (before != nullptr) {
    // An older program has written it without history.
    if (!last || last->level != before->level)
      tell(before->measured_at, before->level, Freshness::fresh, before->reason);
    if (reading.measured_at > before->stale_at && before->stale_at < before->expires_at)
      tell(before->stale_at, before->level, Freshness::stale, "");
    if (reading.measured_at > before->expires_at) tell(before->expires_at, Level::unknown, Freshness::expired, "");
  }
  const bool is_same = before != nullptr && before->level == reading.level &&
                       (made.empty() || made.back().freshness == Freshness::fresh);
  // A pause that ends later than that began on a clock that was ahead.
  const bool has_reason =
      kind_of(reading.reason) != next.kind && std::chrono::abs(reading.measured_at - next.reason_at) >= kReasonPause;
  if (!is_same || has_reason) tell(reading.measured_at, reading.level, Freshness::fresh, reading.reason);
  if (is_same && has_reason) next.reason_at = next.at;
  next.level = reading.level;
  last = next;
  return made;
}

std::string_view to_string(Span span) {
  switch (span) {
    case Span::five_minutes:
      return "5m";
    case Span::hour:
      return "1h";
    case Span::day:
      return "1d";
  }
  return "1h";
}

std::optional<Span> parse_span(std::string_view text) {
  for (const Span span : kSpans)
    if (text == to_string(span)) return span;
  return std::nullopt;
}

}  // namespace core
