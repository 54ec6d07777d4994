#include "portal/csv.hpp"

#include "base/text.hpp"
#include "core/freshness.hpp"

namespace portal {
namespace {

void append_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_number(std::string& out, const std::optional<double>& number) {
  out += ',';
  if (number) out += base::number_text(*number);
}

}  // namespace

void append_csv(std::string& out, const core::Row& row, base::Time now) {
  append_field(out, row.profile.key.provider);
  out += ',';
  append_field(out, row.profile.key.name);
  out += ',';
  out += core::to_string(core::effective_level(row, now));
  out += ',';
  out += core::to_string(core::freshness(row, now));
  const core::Reading reading = row.reading.value_or(core::Reading());
  append_number(out, reading.free);
  append_number(out, reading.total);
  append_number(out, reading.largest);
  append_number(out, reading.score);
  append_number(out, reading.price);
  out += ',';
  append_field(out, reading.reason);
  out += ',';
  if (row.reading) base::append_rfc3339(out, reading.measured_at);
  out += ',';
  if (reading.changed) out += core::to_string(reading.changed->from);
  out += ',';
  if (reading.changed) base::append_rfc3339(out, reading.changed->at);
  out += ',';
  if (row.failure) append_field(out, row.failure->error);
  out += ',';
  if (row.failure) base::append_rfc3339(out, row.failure->failed_at);
  out += "\r\n";
}

}  // namespace portal
