#include "feed/history_json.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace feed {
namespace {

void append_time(std::string& out, base::Time time) {
  out += '"';
  base::append_rfc3339(out, time);
  out += '"';
}

}  // namespace

void append_transition(std::string& out, const core::Transition& transition) {
  append_time(out += "{\"at\":", transition.at);
  fmt::format_to(std::back_inserter(out),
                 ",\"level\":\"{}\",\"freshness\":\"{}\",\"reason\":", core::to_string(transition.level),
                 core::to_string(transition.freshness));
  base::append_json_string(out, transition.reason);
  out += '}';
}

void append_bucket(std::string& out, const core::Bucket& bucket) {
  append_time(out += "{\"at\":", bucket.begin);
  fmt::format_to(std::back_inserter(out), ",\"count\":{},\"min\":{},\"max\":{},\"mean\":{}}}", bucket.count,
                 base::number_text(bucket.least), base::number_text(bucket.most), base::number_text(bucket.mean()));
}

void append_past_row(std::string& out, const core::Profile& profile, const std::optional<core::Transition>& state) {
  fmt::format_to(std::back_inserter(out), "{{\"id\":{},\"provider\":", profile.id);
  base::append_json_string(out, profile.key.provider);
  base::append_json_string(out += ",\"name\":", profile.key.name);
  if (!profile.labels.empty()) base::append_json_object(out += ",\"labels\":", profile.labels);
  const core::Transition known = state.value_or(
      core::Transition{.freshness = core::Freshness::pending, .reason = "nothing is known of this time"});
  fmt::format_to(std::back_inserter(out),
                 ",\"availability\":\"{}\",\"freshness\":\"{}\",\"reason\":", core::to_string(known.level),
                 core::to_string(known.freshness));
  base::append_json_string(out, known.reason);
  out += ",\"since\":";
  if (state)
    append_time(out, state->at);
  else
    out += "null";
  out += '}';
}

}  // namespace feed
