#pragma once

#include <fmt/format.h>

#include "core/freshness.hpp"
#include "core/row.hpp"
#include "support/fake_clock.hpp"

namespace support {

/// The source's time in tests of boards and feeds.
inline constexpr base::Time kNow = FakeClock::kStart;

/// A profile of provider "p" that was not measured yet.
inline core::Row pending_row(core::ProfileId id, std::string name, core::Revision revision) {
  core::Row row;
  row.profile = {.id = id, .key = {"p", std::move(name)}};
  row.revision = revision;
  row.probe = "test";
  return row;
}

/// One that was measured at `measured_at`, gets stale after a minute and expires after five.
inline core::Row measured_row(core::ProfileId id, std::string name, core::Revision revision, core::Level level,
                              base::Time measured_at = kNow) {
  core::Row row = pending_row(id, std::move(name), revision);
  core::Reading reading;
  reading.level = level;
  reading.reason = "a test";
  reading.measured_at = measured_at;
  reading.stale_at = measured_at + std::chrono::minutes{1};
  reading.expires_at = measured_at + std::chrono::minutes{5};
  reading.took = std::chrono::milliseconds{1500};
  row.reading = std::move(reading);
  return row;
}

/// 1.5, 2.5, …: another one for each number.
template <class Measured>
void set_numbers(Measured& measured) {
  for (double value = 1.5; const core::Number& number : core::kNumbers) measured.*number.value = value++;
}

inline core::RowPtr share(core::Row row) {
  return std::make_shared<const core::Row>(std::move(row));
}

/// `count` measured rows, p/000001 and so on, with ids and revisions from 1.
inline std::vector<core::RowPtr> many_rows(int count) {
  std::vector<core::RowPtr> rows;
  for (int i = 1; i <= count; ++i)
    rows.push_back(share(measured_row(i, fmt::format("{:06}", i), i, core::Level::high)));
  return rows;
}

}  // namespace support
