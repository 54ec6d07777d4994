// All that comes from AWS: answers and errors in XML, and credentials in files, JSON and XML.
#include "fuzz/check.hpp"
#include "probe/aws_answer.hpp"
#include "probe/aws_client.hpp"
#include "probe/aws_keys.hpp"

namespace {

void check_error(const std::string& sentence) {
  fuzz::require(!sentence.empty() && sentence.size() < 4096 && base::is_printable_utf8(sentence));
}

void check_keys(const std::expected<probe::AwsKeys, std::string>& keys) {
  if (!keys) return check_error(keys.error());
  for (const std::string* text : {&keys->id, &keys->secret})
    fuzz::require(base::is_printable_utf8(*text) && !text->empty());
  fuzz::require(keys->token.empty() || base::is_printable_utf8(keys->token));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto scores = probe::read_scores(text);
  if (!scores) check_error(scores.error());
  if (scores)
    for (const auto& each : scores->items) fuzz::require(each.score >= 1 && each.score <= 10 && !each.region.empty());
  if (const auto offerings = probe::read_offerings(text); !offerings) check_error(offerings.error());
  const auto prices = probe::read_prices(text);
  if (!prices) check_error(prices.error());
  if (prices)
    for (const auto& each : prices->items) fuzz::require(each.price >= 0);
  const auto error = probe::read_aws_error(text);
  fuzz::require(error.code.size() < 100 && (error.message.empty() || base::is_printable_utf8(error.message)));
  static_cast<void>(probe::aws_fault(error.code, 400));
  check_keys(probe::read_aws_keys(text, "it"));
  check_keys(probe::read_assumed_role(text));
  if (const auto settings = probe::read_aws_settings(text, "default"))
    if (const auto keys = probe::keys_in(*settings); keys && *keys) check_keys(**keys);
  static_cast<void>(probe::clock_error(text.substr(0, 100), base::Time()));
  return 0;
}
