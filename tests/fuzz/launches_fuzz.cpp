// Launches as clients tell them.
#include "core/evidence.hpp"
#include "core/launch_error.hpp"
#include "feed/launch_json.hpp"
#include "fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto launches = feed::parse_launches(fuzz::text_of(data, size));
  if (!launches) {
    fuzz::require(base::is_printable_utf8(launches.error().message));
    return 0;
  }
  fuzz::require(!launches->empty() && launches->size() <= feed::kMostLaunches);
  for (const feed::SentLaunch& sent : *launches) {
    fuzz::require(base::is_printable_utf8(core::reason_of(sent.launch)));
    const core::LaunchError error = core::read_launch_error(sent.launch.error);
    fuzz::require(error.words.empty() == (error.cause == core::Cause::other));
    fuzz::require(base::is_printable_utf8(sent.id));
    fuzz::require(core::checked_key(sent.profile.provider, sent.profile.name).has_value());
  }
  return 0;
}
