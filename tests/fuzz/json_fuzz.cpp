// Answers of URLs. The first line is the pointer to the free units, the rest is the answer.
#include "fuzz/check.hpp"
#include "probe/json_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<core::Profile> kProfiles{{1, {"A", "x"}, {}}, {2, {"A", "y"}, {}}};
  const std::string_view text = fuzz::text_of(data, size);
  const auto line = text.find('\n');
  // The pointer is configuration, which is text.
  if (line == std::string_view::npos || line > 64 || !base::is_printable_utf8(text.substr(0, line))) return 0;
  probe::Source source{.secrets = fuzz::secrets()};
  source.rules.pointers.numbers[&core::Measurement::free] = text.substr(0, line);
  const std::string_view answer = text.substr(line + 1);
  fuzz::check(probe::read_json(answer, source, {}));
  fuzz::check(probe::read_json_list(answer, source, kProfiles, {}), kProfiles.size());
  return 0;
}
