// The output of programs: JSON, a list of JSON, or the text of a Nagios plugin. The first bytes are the exit code with
// the format, and the thresholds.
#include "fuzz/check.hpp"
#include "probe/output.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<core::Profile> kProfiles{{1, {"A", "x"}, {}}, {2, {"A", "y"}, {}}};
  if (size < 2) return 0;
  const probe::Exited exited{
      .code = data[0] & 7, .output = std::string(fuzz::text_of(data + 2, size - 2)), .errors = "e\xff\nend"};
  const auto format = static_cast<config::Format>((data[0] >> 3) % 3);
  const config::Levels levels = fuzz::levels_of(data[1]);
  fuzz::check_hidden(probe::read_output(exited, levels, format, fuzz::secrets()));
  const probe::Answer answer = probe::read_list(exited, kProfiles, levels, fuzz::secrets());
  fuzz::check(answer, kProfiles.size());
  for (const probe::Result& result : answer.results) fuzz::check_hidden(result);
  return 0;
}
