// Answers of Google Cloud: advice and reservations; its files of credentials, and tokens of other systems.
#include "fuzz/check.hpp"
#include "probe/gcp_answer.hpp"
#include "probe/gcp_credentials.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto advice = probe::read_gcp_advice(text)) fuzz::check(probe::judge_gcp({{"us-central1", *advice}}, {}));
  if (const auto page = probe::read_gcp_reservations(text, "a3-highgpu-8g", "*"))
    fuzz::require(page->reserved.in_use <= page->reserved.total);
  if (const auto credentials = probe::read_gcp_credentials(text); !credentials)
    fuzz::require(base::is_printable_utf8(credentials.error()));
  if (const auto token = probe::read_subject_token(text, "value")) fuzz::require(base::is_printable_utf8(*token));
  return 0;
}
