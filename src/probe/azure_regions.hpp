#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/offload.hpp"
#include "config/azure_options.hpp"
#include "probe/azure_answer.hpp"
#include "probe/azure_calls.hpp"

namespace probe {

/// The sizes that regions offer, and the quota for spot machines that is left there. What is not known says nothing:
/// scores then tell alone. Used on one thread.
class AzureRegions {
 public:
  /// `options` and `calls` outlive this.
  AzureRegions(const config::AzureOptions& options, std::string subscription, CloudCalls& calls)
      : options_(options), subscription_(std::move(subscription)), calls_(calls) {}

  /// Asks for what is too old. Returns whether anything was asked.
  boost::asio::awaitable<bool> ask(const std::set<std::string>& regions, const Call& call);

  /// Why a size cannot be had there, whatever its score; "" for no such reason. `zone`: "" for any.
  std::string why_not(const std::string& region, const std::string& size, const std::string& zone) const;

 private:
  template <class T>
  struct Known {
    base::SteadyTime at;
    T items;
  };
  template <class T>
  using Lists = std::map<std::string, Known<T>>;
  template <class T>
  using Reader = std::expected<AzurePage<T>, std::string> (*)(std::string_view);

  /// Asks for each list that is older than `age`.
  template <class T>
  boost::asio::awaitable<void> renew(Lists<T>& lists, const std::set<std::string>& regions, base::Duration age,
                                     Reader<T> read, const Call& call, AzureRun& run);
  /// All pages of a list; nothing when one is missing.
  template <class T>
  boost::asio::awaitable<std::optional<T>> list(Request first, Reader<T> read, const Call& call, AzureRun& run);
  Request first_page(const Lists<AzureSkus>& lists, const std::string& region) const;
  Request first_page(const Lists<AzureUsages>& lists, const std::string& region) const;

  const config::AzureOptions& options_;
  const std::string subscription_;
  AzureCalls calls_;
  Lists<AzureSkus> skus_{};
  Lists<AzureUsages> usages_{};
  base::OffloadPool readers_{"azure", 1, base::OffloadPool::Priority::low};
};

}  // namespace probe
