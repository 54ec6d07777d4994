// What URLs answer. The first line is the pointer to the free units, the rest is the answer.
#include <boost/json.hpp>

#include "fuzz/check.hpp"
#include "probe/json.hpp"
#include "probe/json_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<core::Profile> kProfiles{{1, {"A", "x"}, {}}, {2, {"A", "y"}, {}}};
  const std::string_view text = fuzz::text_of(data, size);
  const auto line = text.find('\n');
  // The pointer is configuration, which is text.
  if (line == std::string_view::npos || line > 64 || !base::is_printable_utf8(text.substr(0, line))) return 0;
  probe::Source source{.secrets = fuzz::secrets()};
  source.pointers.numbers[&core::Measurement::free] = text.substr(0, line);
  const auto value = probe::parse_json(text.substr(line + 1));
  if (!value) {
    fuzz::check(std::unexpected(value.error()));
    return 0;
  }
  auto seen = probe::read_object(*value, source);
  fuzz::check(seen ? probe::judge(std::move(*seen), {}) : std::unexpected(seen.error()));
  fuzz::check(probe::read_batch(*value, source, kProfiles, {}), kProfiles.size());
  return 0;
}
