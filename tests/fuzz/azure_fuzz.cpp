// Answers of Azure: scores, lists of sizes, tokens and errors.
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
  if (const auto page = probe::read_azure_skus(text))
    for (const auto& [name, sku] : page->skus)
      fuzz::require(base::is_printable_utf8(probe::why_not(page->skus, name, "1")) ||
                    probe::why_not(page->skus, name, "1").empty());
  if (const auto token = probe::read_access_token(text, base::Time{}))
    fuzz::require(token->lifetime.count() > 0 && base::is_printable_utf8(token->token));
  const auto error = probe::read_cloud_error(403, text);
  fuzz::require(error.word.empty() || base::is_printable_utf8(error.word));
  return 0;
}
