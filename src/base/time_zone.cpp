#include "base/time_zone.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/file.hpp"
#include "base/text.hpp"

namespace base {
namespace {

using std::chrono::seconds;

/// The largest files have some kilobytes.
constexpr std::size_t kMostBytes = 1 << 20;
constexpr unsigned kLastWeek = 5;

/// Takes pieces from the front of bytes. A piece that is not there is empty, and 0 as a number.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) rest_ = {};
    const std::string_view piece = rest_.substr(0, count);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  /// Big-endian, in two's complement.
  template <class T>
  T number() {
    std::make_unsigned_t<T> value = 0;
    for (const char byte : take(sizeof(T)))
      value = static_cast<decltype(value)>((value << 8) | static_cast<std::uint8_t>(byte));
    return static_cast<T>(value);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// The numbers of entries that a header of RFC 8536 gives.
struct Counts {
  std::size_t utc, standard, leaps, turns, types, letters;
};

std::optional<Counts> read_header(Bytes& bytes) {
  if (bytes.take(4) != "TZif" || bytes.take(1) < "2") return std::nullopt;
  bytes.take(15);
  const auto count = [&] { return static_cast<std::size_t>(bytes.number<std::uint32_t>()); };
  Counts counts{};
  for (std::size_t* one : {&counts.utc, &counts.standard, &counts.leaps, &counts.turns, &counts.types, &counts.letters})
    *one = count();
  return counts;
}

/// "+02:00", with an optional colon and minutes.
std::optional<seconds> parse_offset(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = number_of<unsigned>(text.substr(1, 2)), minutes = number_of<unsigned>(text.substr(4, 2));
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const seconds offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

/// Reads a rule of POSIX, as "CET-1CEST,M3.5.0,M10.5.0/3". What is not there leaves it failed.
class TimeZone::RuleReader {
 public:
  explicit RuleReader(std::string_view rest) : rest_(rest) {}

  bool at_end() const { return rest_.empty(); }
  bool failed() const { return failed_; }
  bool next_is(char c) const { return rest_.starts_with(c); }

  void name() {
    const auto end = next_is('<') ? rest_.find('>') + 1 : rest_.find_first_of("+-0123456789,");
    failed_ = failed_ || end == 0;
    rest_.remove_prefix(std::min(end, rest_.size()));
  }
  void expect(char c) {
    failed_ = failed_ || !next_is(c);
    if (!failed_) rest_.remove_prefix(1);
  }
  unsigned number() {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    failed_ = failed_ || error != std::errc{} || value > 366;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return failed_ ? 0 : value;
  }
  /// "[+-]H[:M[:S]]".
  seconds time() {
    const bool minus = next_is('-');
    if (minus || next_is('+')) rest_.remove_prefix(1);
    seconds time = std::chrono::hours{number()};
    for (const seconds unit : {seconds{60}, seconds{1}}) {
      if (!next_is(':')) break;
      expect(':');
      time += number() * unit;
    }
    return minus ? -time : time;
  }
  /// Other forms than M are in no zone of today.
  Day day() {
    Day day;
    expect(',');
    expect('M');
    day.month = number();
    expect('.');
    day.week = number();
    expect('.');
    day.weekday = number();
    day.time = std::chrono::hours{2};
    if (next_is('/')) {
      expect('/');
      day.time = time();
    }
    failed_ = failed_ || day.month < 1 || day.month > 12 || day.week < 1 || day.week > kLastWeek || day.weekday > 6;
    return day;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

bool TimeZone::is_name(std::string_view name) {
  if (parse_offset(name)) return true;
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_/+-").contains(c);
  };
  return !name.empty() && std::ranges::all_of(name, allowed) && (lower(name[0]) >= 'a' && lower(name[0]) <= 'z');
}

Result<TimeZone> TimeZone::find(std::string_view name, const std::string& directory) {
  if (!is_name(name))
    return fail(Errc::invalid, fmt::format("'{}' is not a time zone; write a name such as Europe/Berlin, or an offset "
                                           "such as +02:00",
                                           to_line(name)));
  TimeZone zone;
  if (name == "UTC") return zone;
  if (const auto offset = parse_offset(name)) {
    zone.standard_ = *offset;
    return zone;
  }
  const auto file = read_file(fmt::format("{}/{}", directory, name), kMostBytes);
  if (!file)
    return fail(Errc::not_found, fmt::format("the time zone '{}' cannot be read in {}: {}; correct its name, install "
                                             "tzdata, or write an offset such as +02:00",
                                             name, directory, file.error()));
  auto parsed = parse(*file);
  if (!parsed) return fail(Errc::not_found, fmt::format("{}/{} is no file of a time zone", directory, name));
  return *std::move(parsed);
}

std::optional<TimeZone> TimeZone::parse(std::string_view file) {
  Bytes bytes(file);
  const auto first = read_header(bytes);
  if (!first) return std::nullopt;
  // The first part is for readers of 32 bits.
  bytes.take(first->turns * 5 + first->types * 6 + first->letters + first->leaps * 8 + first->standard + first->utc);
  const auto counts = read_header(bytes);
  if (!counts || counts->types == 0 || counts->turns > file.size()) return std::nullopt;
  Bytes times(bytes.take(counts->turns * 8));
  const std::string_view types = bytes.take(counts->turns);
  const std::string_view offsets = bytes.take(counts->types * 6);
  bytes.take(counts->letters + counts->leaps * 12 + counts->standard + counts->utc);
  if (offsets.empty() || bytes.take(1) != "\n") return std::nullopt;
  const auto offset_of = [&](std::size_t type) {
    return seconds{Bytes(offsets.substr(type * 6)).number<std::int32_t>()};
  };
  TimeZone zone;
  zone.turns_.push_back({.at = INT64_MIN, .offset = offset_of(0)});
  for (const char byte : types) {
    const auto type = static_cast<std::uint8_t>(byte);
    if (type >= counts->types) return std::nullopt;
    zone.turns_.push_back({.at = times.number<std::int64_t>(), .offset = offset_of(type)});
  }
  zone.standard_ = zone.turns_.back().offset;
  const std::string_view rule = bytes.rest().substr(0, bytes.rest().find('\n'));
  if (!rule.empty() && !zone.read_rule(rule)) return std::nullopt;
  return zone;
}

bool TimeZone::read_rule(std::string_view rule) {
  RuleReader reader(rule);
  reader.name();
  // POSIX counts to the west.
  standard_ = -reader.time();
  if (reader.at_end()) return !reader.failed();
  Summer summer;
  reader.name();
  summer.offset = reader.next_is(',') ? standard_ + std::chrono::hours{1} : -reader.time();
  summer.begin = reader.day();
  summer.end = reader.day();
  summer_ = summer;
  return !reader.failed() && reader.at_end();
}

std::int64_t TimeZone::Day::in(std::chrono::year year) const {
  const std::chrono::year_month when = year / std::chrono::month{month};
  const std::chrono::weekday day{weekday};
  const std::chrono::sys_days date = week == kLastWeek ? std::chrono::sys_days{when / day[std::chrono::last]}
                                                       : std::chrono::sys_days{when / day[week]};
  return (std::chrono::sys_seconds{date} + time).time_since_epoch().count();
}

seconds TimeZone::offset_by_rule(std::int64_t time) const {
  if (!summer_) return standard_;
  const std::chrono::sys_seconds local{seconds{time} + standard_};
  const auto year = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(local)}.year();
  const std::int64_t begin = summer_->begin.in(year)-standard_.count();
  const std::int64_t end = summer_->end.in(year)-summer_->offset.count();
  // In the south summer goes over the end of the year.
  const bool is_summer = begin < end ? begin <= time && time < end : begin <= time || time < end;
  return is_summer ? summer_->offset : standard_;
}

seconds TimeZone::offset_at(Time time) const {
  const std::int64_t second = std::chrono::floor<seconds>(time).time_since_epoch().count();
  if (turns_.empty() || second >= turns_.back().at) return offset_by_rule(second);
  const auto after = std::ranges::upper_bound(turns_, second, {}, &Turn::at);
  return std::prev(after)->offset;
}

}  // namespace base
