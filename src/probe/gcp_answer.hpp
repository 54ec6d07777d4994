#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/gcp_request.hpp"
#include "probe/judge.hpp"

/// Google's answers, and what they say about a profile. Pure; thread-safe.
namespace probe {

/// The advice for one place.
struct GcpAdvice {
  /// From 0 to 1; nothing when Google has no advice.
  std::optional<double> obtainability{};
  /// Google's own words, such as "3600s"; "" for none.
  std::string uptime{};
  /// The zones that it recommends.
  std::vector<std::string> zones{};
  /// Why machines cannot be had there whatever the advice: "no quota: CPUS"; "" for no such reason.
  std::string why_not{};

  bool operator==(const GcpAdvice&) const = default;
};

/// Reads the answer of advice/capacity: the best of its recommendations. Fails with a sentence that says where it has
/// another form.
std::expected<GcpAdvice, std::string> read_gcp_advice(std::string_view text);

struct GcpAdvised {
  std::string place;
  GcpAdvice advice;
};

/// The best of the places, with all of them in the reason; judged by `levels` or, without any, by Google's own bands:
/// HIGH from 0.7 on, MEDIUM from 0.4 on.
Result judge_gcp(std::vector<GcpAdvised> advised, const config::Levels& levels);

/// Machines that are reserved. Of several reservations, the sums.
struct GcpReserved {
  int reservations = 0;
  double total = 0;
  double in_use = 0;

  bool operator==(const GcpReserved&) const = default;
};

struct GcpReservationPage {
  GcpReserved reserved{};
  /// The token of the next page; "" after the last.
  std::string next{};
};

/// Reads a page of reservations: those that can be used, are of the machine type, and as the profile wants them. Fails
/// with a sentence, also when Google says that the page is not complete.
std::expected<GcpReservationPage, std::string> read_gcp_reservations(std::string_view text,
                                                                     std::string_view machine_type,
                                                                     const GcpReservation& wanted);

}  // namespace probe
