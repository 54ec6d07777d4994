// Answers of Google Cloud: advice, reservations and quotas; its files of credentials, and tokens of other systems.
#include "fuzz/check.hpp"
#include "probe/gcp_answer.hpp"
#include "probe/gcp_credentials.hpp"
#include "probe/gcp_quota.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto advice = probe::read_gcp_advice(text)) fuzz::check(probe::judge_gcp({{"us-central1", *advice}}, {}));
  for (const probe::GcpReservation& wanted :
       {probe::GcpReservation{.name = "*"}, probe::GcpReservation{.name = "a", .accelerator = "nvidia-tesla-t4"}}) {
    const auto page = probe::read_gcp_reservations(text, "n1-standard-8", wanted);
    if (page)
      fuzz::require(page->reserved.in_use <= page->reserved.total);
    else
      fuzz::require(base::is_printable_utf8(page.error()));
  }
  if (const auto quotas = probe::read_gcp_quotas(text)) {
    const std::string metric = probe::gcp_used_up(*quotas, "n2-standard-16", 2);
    fuzz::require(metric.empty() || quotas->contains(metric));
  }
  if (const auto need = probe::gcp_need(text)) fuzz::require(need->amount > 0);
  if (const auto credentials = probe::read_gcp_credentials(text); !credentials)
    fuzz::require(base::is_printable_utf8(credentials.error()));
  if (const auto token = probe::read_subject_token(text, "value")) fuzz::require(base::is_printable_utf8(*token));
  return 0;
}
