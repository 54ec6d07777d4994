#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/commands.hpp"
#include "app/commands/row_lines.hpp"
#include "app/json_text.hpp"
#include "app/request.hpp"

namespace app {
namespace {

namespace json = boost::json;

constexpr std::size_t kPageRows = 1000;

int list(const std::string& url, bool as_json) {
  json::array rows;
  base::Time now{};
  for (std::size_t offset = 0;;) {
    const Answer answer = send(url, {.target = fmt::format("/api/v1/hardware?limit={}&offset={}", kPageRows, offset)});
    if (answer.status != 200)
      throw base::Lost(fmt::format("{} answers {} to /api/v1/hardware: {}", url, answer.status, detail_of(answer)));
    const json::value value = json::parse(json::string_view(answer.body));
    const json::object& page = value.as_object();
    now = base::parse_rfc3339(text_of(page, "now")).value_or(now);
    if (offset == 0) tell_outage(page);
    const json::array& part = page.at("hardware").as_array();
    rows.insert(rows.end(), part.begin(), part.end());
    offset += part.size();
    if (page.at("next").is_null()) break;
  }
  if (as_json)
    std::cout << to_json(rows) << '\n';
  else
    print_rows(rows, now, true);
  return 0;
}

}  // namespace

Command add_list(CLI::App& program) {
  struct Options {
    std::string url;
    bool as_json = false;
  };
  CLI::App* command = program.add_subcommand("list", "Show all profiles with their availability");
  const auto options = std::make_shared<Options>();
  add_portal_url(*command, options->url);
  command->add_flag("--json", options->as_json, "Print JSON");
  return [options] { return list(options->url, options->as_json); };
}

}  // namespace app
