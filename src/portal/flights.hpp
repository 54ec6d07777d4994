#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/event.hpp"
#include "base/lately.hpp"
#include "http/answer.hpp"
#include "http/message.hpp"

namespace portal {

/// An answer of the hardware service, read, with the portal's own answer in JSON; or what was drawn. Immutable;
/// thread-safe.
template <class T>
struct Document {
  T content;
  /// Shared by all cores.
  std::shared_ptr<http::Prepared> prepared;
};

/// A document, or the reply to send instead of it.
template <class T>
using Told = std::expected<std::shared_ptr<const Document<T>>, http::Reply>;

/// Documents that are slow to get: each is fetched once for all who ask at the same time, and kept for a while. Used on
/// one executor.
template <class T>
class Flights {
 public:
  explicit Flights(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// What is kept under `key`, or what the flight under way brings; nothing when there is neither.
  boost::asio::awaitable<std::optional<Told<T>>> known(std::string key) {
    if (const Kept* kept = kept_.find(key); kept != nullptr && std::chrono::steady_clock::now() < kept->until)
      co_return Told<T>(kept->document);
    const auto found = flying_.find(key);
    if (found == flying_.end()) co_return std::nullopt;
    const std::shared_ptr<Flight> flight = found->second;
    co_await flight->landed.wait();
    co_return flight->told;
  }

  /// Waits for `fetching`, the flight under `key`. REQUIRES: none is under way.
  boost::asio::awaitable<Told<T>> fly(std::string key, boost::asio::awaitable<Told<T>> fetching) {
    const auto flight = std::make_shared<Flight>(executor_);
    const Landing landing{flying_, flying_.emplace(std::move(key), flight).first};
    flight->told = co_await std::move(fetching);
    co_return flight->told;
  }

  /// Lets go of what is too old, or too much.
  void keep(const std::string& key, std::shared_ptr<const Document<T>> document, base::SteadyTime until) {
    kept_.put(key, {std::move(document), until});
    std::size_t bytes = 0;
    kept_.drop_if([&, now = std::chrono::steady_clock::now()](const Kept& kept) {
      if (kept.until <= now) return true;
      bytes += kept.document->prepared->body()->size();
      return bytes > kMostKeptBytes;
    });
  }

 private:
  static constexpr std::size_t kMostKept = 64;
  /// Of all of them.
  static constexpr std::size_t kMostKeptBytes = 16 << 20;

  struct Kept {
    std::shared_ptr<const Document<T>> document;
    base::SteadyTime until;
  };
  struct Flight {
    explicit Flight(const boost::asio::any_io_executor& executor) : landed(executor) {}

    /// What those get who wait for a flight that ends with an exception.
    Told<T> told = std::unexpected(http::problem(500, "an error on our side; it has been logged"));
    base::Event landed;
  };
  using Flying = std::map<std::string, std::shared_ptr<Flight>>;
  /// Ends a flight, whatever its end is.
  struct Landing {
    Flying& flying;
    Flying::iterator flight;

    ~Landing() {
      flight->second->landed.set();
      flying.erase(flight);
    }
  };

  boost::asio::any_io_executor executor_;
  base::Lately<std::string, Kept> kept_{kMostKept};
  Flying flying_;
};

}  // namespace portal
