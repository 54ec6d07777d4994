// Answers of URLs, by rules. The first line is a path, the second the name of the profile, the rest is the answer.
#include <boost/json.hpp>

#include "fuzz/check.hpp"
#include "probe/discovery.hpp"
#include "probe/json.hpp"
#include "probe/json_answer.hpp"
#include "probe/pages.hpp"
#include "probe/xml.hpp"

namespace {

void read(const boost::json::value& answer, const std::string& path, const core::Profile& profile, bool untyped) {
  std::string notes;
  probe::Source source{.untyped = untyped, .profile = &profile, .notes = &notes};
  // Looking for a secret takes most of the time, so that some inputs have one.
  const bool secret = profile.key.name.starts_with('s');
  if (secret) source.secrets = fuzz::secrets();
  const auto check = [&](const probe::Result& result) { secret ? fuzz::check_hidden(result) : fuzz::check(result); };
  // The configuration has no secret.
  for (const std::string& text : {path, config::to_text(probe::path_in(source, path))})
    if (text.contains(fuzz::kSecret)) return;
  source.rules.map = {{"null", core::Level::low}, {"true", core::Level::high}};
  check(probe::read_part(answer, source, {}));
  source.rules.find = path;
  source.rules.missing = core::Level::low;
  check(probe::read_part(answer, source, {}));
  source.rules.find.clear();
  source.rules.count = path;
  source.rules.pointers.level = path;
  check(probe::read_part(answer, source, {}));
  fuzz::require(!secret || !notes.contains(fuzz::kSecret));
  const config::Discover discover{.list = path, .name = "{key}{/id}"};
  if (const auto keys = probe::listed_profiles(answer, discover, {.provider = "p"}))
    for (const core::ProfileKey& key : *keys) fuzz::require(base::is_printable_utf8(key.name));
}

void turn_page(const boost::json::value& answer, std::string_view text, const std::string& path) {
  const std::string here = "https://u:p@h.example/a?b=c";
  for (const char* parameter : {"", "page"})
    for (const std::string& next : {path, std::string("Link")}) {
      const auto url = probe::next_page(here, answer, {{"Link", std::string(text)}},
                                        {.next = next, .next_parameter = next == "Link" ? "" : parameter});
      fuzz::require(!url || url->empty() || url->starts_with("https://u:p@h.example/"));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto first = text.find('\n');
  const auto second = text.find('\n', std::min(first, text.size() - 1) + 1);
  if (first > 128 || second == std::string_view::npos || second - first > 64) return 0;
  const std::string path(text.substr(0, first));
  const core::Profile profile{1, {"p", std::string(text.substr(first + 1, second - first - 1))}, {{"a", "b"}}};
  // Both are configuration, which is text.
  if (!base::is_printable_utf8(path) || !base::is_printable_utf8(profile.key.name)) return 0;
  const auto parsed = config::parse_path(path);
  if (!parsed) return 0;
  fuzz::require(config::to_text(*parsed) == path);
  const std::string_view body = text.substr(second + 1);
  const auto answer = probe::parse_json(body);
  turn_page(answer.value_or(nullptr), body, path);
  if (answer) {
    read(*answer, path, profile, false);
  } else if (const auto xml = probe::parse_xml(body)) {
    read(*xml, path, profile, true);
    const config::HttpOptions options{.format = config::AnswerFormat::xml, .rules = {.find = path}};
    boost::json::value page = *xml;
    probe::make_lists(page, options);
    fuzz::require(probe::is_page(page, options) == probe::is_page(*xml, options));
    boost::json::value whole = page;
    probe::add_page(whole, std::move(page));
  }
  return 0;
}
