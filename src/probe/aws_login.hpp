#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "probe/aws_keys.hpp"
#include "probe/program.hpp"
#include "probe/renewed.hpp"
#include "probe/transfers.hpp"

namespace probe {

/// Finds credentials of AWS where every AWS tool does, in the order of its command line: environment, web identity,
/// the files of credentials and configuration (with `credential_process`), a container's, the role of a machine.
/// Used on one thread, that of its executor.
class AwsLogin {
 public:
  /// References outlive it.
  AwsLogin(boost::asio::any_io_executor executor, Transfers& transfers, const config::ProbeConfig& config);

  /// Looks once at all places. Fails with a sentence that names them.
  boost::asio::awaitable<std::expected<Lease<AwsKeys>, std::string>> find(base::SteadyTime deadline,
                                                                          std::stop_token stop);

 private:
  /// Nothing where a place is not used at all. One that is used and fails ends the search.
  using Found = std::expected<std::optional<AwsKeys>, std::string>;
  struct Limits {
    base::SteadyTime deadline;
    std::stop_token stop;
  };

  Found of_environment() const;
  AwsSettings section_of(const std::string& file) const;
  Found keys_of(const std::string& file, const AwsSettings& section) const;
  boost::asio::awaitable<Found> of_files(Limits limits);
  boost::asio::awaitable<Found> of_process(std::string command, Limits limits);
  boost::asio::awaitable<Found> of_web_identity(Limits limits);
  boost::asio::awaitable<Found> of_container(Limits limits);
  boost::asio::awaitable<Found> of_machine(Limits limits);
  boost::asio::awaitable<std::expected<std::string, std::string>> body_of(Request request, Limits limits);
  std::string profile() const;
  std::string places() const;

  Transfers& transfers_;
  const config::ProbeConfig& config_;
  Programs programs_;
};

}  // namespace probe
