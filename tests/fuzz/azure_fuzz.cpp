// Answers of Azure: scores, lists of sizes and quotas, tokens and errors.
#include "fuzz/check.hpp"
#include "probe/access_token.hpp"
#include "probe/azure_answer.hpp"
#include "probe/cloud_error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto scores = probe::read_azure_scores(text)) {
    std::vector<probe::AzureSeen> seen;
    for (const auto& [cell, all] : *scores) seen.push_back({cell.region, "", all});
    fuzz::check(probe::Result(probe::judge_azure(seen)));
  }
  const auto is_fit = [](const std::string& why) { return why.empty() || base::is_printable_utf8(why); };
  if (const auto page = probe::read_azure_skus(text))
    for (const auto& [name, sku] : page->items) fuzz::require(is_fit(probe::why_not(page->items, name, "1")));
  if (const auto page = probe::read_azure_usages(text)) {
    for (const auto& [name, usage] : page->items) fuzz::require(usage.current >= 0 && usage.limit >= 0);
    fuzz::require(is_fit(probe::no_quota(page->items, {{"a", {.cpus = 65'535}}}, "a", 65'535)));
  }
  if (const auto token = probe::read_access_token(text, base::Time{}))
    fuzz::require(token->lifetime.count() > 0 && base::is_printable_utf8(token->token));
  const auto error = probe::read_cloud_error(403, text);
  fuzz::require(error.wait >= base::Duration{0} && error.wait <= std::chrono::days{1});
  fuzz::require(error.word.empty() || base::is_printable_utf8(error.word));
  return 0;
}
