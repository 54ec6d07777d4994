#include "probe/azure_regions.hpp"

#include "probe/azure_request.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::minutes;
using std::chrono::steady_clock;

/// More pages than the list of a region has.
constexpr int kMaxPages = 100;
/// Enough to see whether it came.
constexpr std::size_t kShownOfPage = 200;
/// About as long as a score is kept. Runs may begin a little early.
constexpr base::Duration kUsagesAge = minutes{14};
/// Machines come and go: an older quota says nothing.
constexpr base::Duration kUsagesHold = minutes{60};

/// A list is long, and would leave no room for what follows it.
void note_beginning(Trace* trace, const Trace& page) {
  if (trace == nullptr) return;
  trace->sent += page.sent;
  trace->received += one_line(page.received, kShownOfPage) + " …\n\n";
}

}  // namespace

asio::awaitable<bool> AzureRegions::ask(const std::set<std::string>& regions, const Call& call) {
  if (options_.restrictions_every.count() == 0) co_return false;
  // The other half is for scores, however slow the lists are.
  const auto now = steady_clock::now();
  const Call half{now + (call.deadline - now) / 2, call.stop, call.trace};
  AzureRun of_sizes, of_quotas;
  co_await renew(skus_, regions, options_.restrictions_every, read_azure_skus, half, of_sizes);
  std::set<std::string> with_sizes;
  for (const std::string& region : regions)
    if (const auto known = skus_.find(region); known != skus_.end() && !known->second.items.empty())
      with_sizes.insert(region);
  co_await renew(usages_, with_sizes, kUsagesAge, read_azure_usages, half, of_quotas);
  co_return of_sizes.asked || of_quotas.asked;
}

template <class T>
asio::awaitable<void> AzureRegions::renew(Lists<T>& lists, const std::set<std::string>& regions, base::Duration age,
                                          Reader<T> read, const Call& call, AzureRun& run) {
  for (const std::string& region : regions) {
    const auto known = lists.find(region);
    const auto now = steady_clock::now();
    if (!run.over.empty() || calls_.paused() || now >= call.deadline) co_return;
    if (known != lists.end() && now - known->second.at < age) continue;
    auto items = co_await list(first_page(lists, region), read, call, run);
    if (items) lists.insert_or_assign(region, Known<T>{steady_clock::now(), std::move(*items)});
  }
}

template <class T>
asio::awaitable<std::optional<T>> AzureRegions::list(Request first, Reader<T> read, const Call& call, AzureRun& run) {
  T items;
  std::optional<Request> request = std::move(first);
  // A page that is not followed leaves the list unfinished.
  for (int pages = 0; request && pages < kMaxPages; ++pages) {
    Trace page_trace;
    const Call of_page{call.deadline, call.stop, call.trace != nullptr ? &page_trace : nullptr};
    auto response = co_await calls_.ask(std::move(*request), of_page, run);
    note_beginning(call.trace, page_trace);
    if (!response) co_return std::nullopt;
    auto parse = [read, body = std::move(response->body)] { return read(body); };
    auto page = co_await readers_.run(std::move(parse));
    if (!page) {
      run.fault(page.error());
      co_return std::nullopt;
    }
    run.success();
    items.merge(page->items);
    if (page->next.empty()) co_return items;
    request = azure_next_request(options_, page->next);
  }
  co_return std::nullopt;
}

Request AzureRegions::first_page(const Lists<AzureSkus>&, const std::string& region) const {
  return azure_skus_request(options_, subscription_, region);
}

Request AzureRegions::first_page(const Lists<AzureUsages>&, const std::string& region) const {
  return azure_usages_request(options_, subscription_, region);
}

std::string AzureRegions::why_not(const std::string& region, const std::string& size, const std::string& zone) const {
  const auto skus = skus_.find(region);
  if (skus == skus_.end()) return {};
  std::string why = probe::why_not(skus->second.items, size, zone);
  const auto usages = usages_.find(region);
  if (!why.empty() || usages == usages_.end() || steady_clock::now() - usages->second.at > kUsagesHold) return why;
  return no_quota(usages->second.items, skus->second.items, size, options_.count);
}

}  // namespace probe
