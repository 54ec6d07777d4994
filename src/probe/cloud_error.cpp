#include "probe/cloud_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

namespace json = boost::json;

constexpr int kTooManyRequests = 429;
constexpr std::size_t kLongestWord = 80;
constexpr base::Duration kUntoldWait = std::chrono::hours{1};
constexpr base::Duration kLongestWait = std::chrono::days{1};

bool is_word_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// `text`, if it is one word; else "": sentences of a cloud may repeat what is secret.
std::string word_of(std::string_view text) {
  return text.size() <= kLongestWord && std::ranges::all_of(text, is_word_sign) ? std::string(text) : std::string();
}

const json::value* find(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer({pointer.data(), pointer.size()}, error);
  return error ? nullptr : found;
}

std::string text_at(const json::value& value, std::string_view pointer) {
  const json::value* found = find(value, pointer);
  const json::string* text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

/// Google's reason is more exact than its status, and Azure's code is all that it has.
std::string word_in(const json::value& value) {
  for (const char* pointer :
       {"/error/errors/0/reason", "/error/details/0/reason", "/error/code", "/error/status", "/error"})
    if (std::string word = word_of(text_at(value, pointer)); !word.empty()) return word;
  return {};
}

/// "AADSTS7000215" of Entra's "AADSTS7000215: Invalid client secret provided. …".
std::string entra_number(std::string_view description) {
  const auto end = std::min(description.find(':'), description.size());
  return description.starts_with("AADSTS") ? word_of(description.substr(0, end)) : std::string();
}

/// Google's sentence for a quota of machines: "Quota 'CPUS' exceeded. Limit: 0.0 in region us-central1."
constexpr std::string_view kQuotaOfMachines = "Quota '";

/// "CPUS" of that sentence.
std::string quota_in(std::string_view message) {
  if (!message.starts_with(kQuotaOfMachines)) return {};
  const auto rest = message.substr(kQuotaOfMachines.size());
  return word_of(rest.substr(0, rest.find('\'')));
}

/// How long Azure's sentence, which may be plain text, wants to be left alone: "You have reached the maximum number of
/// requests allowed. Please try again after 3600 seconds." An hour when it does not say it; 0 for other texts.
base::Duration wait_in(std::string_view body) {
  constexpr std::string_view kSentence = "maximum number of requests allowed";
  constexpr std::string_view kAfter = "after ";
  const auto sentence = body.find(kSentence);
  if (sentence == std::string_view::npos) return base::Duration{0};
  const auto after = body.find(kAfter, sentence);
  const auto number = after != std::string_view::npos ? body.substr(after + kAfter.size()) : std::string_view();
  const auto seconds = base::number_of<std::uint32_t>(number.substr(0, number.find(' '))).value_or(0);
  return seconds > 0 ? std::min<base::Duration>(std::chrono::seconds{seconds}, kLongestWait) : kUntoldWait;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view each) { return base::equals_ignoring_case(word, each); });
}

}  // namespace

CloudError read_cloud_error(int status, std::string_view body) {
  CloudError error{.throttled = status == kTooManyRequests, .wait = wait_in(body)};
  error.throttled = error.throttled || error.wait.count() > 0;
  const auto value = parse_json(body);
  if (!value) return error;
  const std::string message = text_at(*value, "/error/message");
  error.word = word_in(*value);
  // Google has the same words for quotas of calls, with other sentences.
  const bool googles = error.word == "quotaExceeded" || error.word == "QUOTA_EXCEEDED";
  const bool of_machines = googles && status != kTooManyRequests && message.starts_with(kQuotaOfMachines);
  if (of_machines || error.word == "QuotaExceeded") {
    error.throttled = false;
    error.no_quota = true;
    error.quota = quota_in(message);
    return error;
  }
  error.throttled = error.throttled || googles ||
                    is_one_of(error.word, {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED",
                                           "dailyLimitExceeded", "TooManyRequests"});
  if (const std::string number = entra_number(text_at(*value, "/error_description")); !number.empty())
    error.word += fmt::format(" ({})", number);
  return error;
}

}  // namespace probe
