#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "config/checks.hpp"
#include "config/fields.hpp"
#include "config/glob.hpp"
#include "config/path.hpp"

namespace config {
namespace {

/// RFC 9110, section 5.6.2.
bool is_header_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return !name.empty() && std::ranges::all_of(name, allowed);
}

void check_header_name(std::string_view name, const std::string& path) {
  check(is_header_name(name), path,
        fmt::format("'{}' is not the name of a header; write letters, digits and - without blanks", name));
  // Another length than the body's would leave the server waiting, or make a second request of the rest.
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection"})
    check(!base::equals_ignoring_case(name, own), path,
          fmt::format("{} belongs to the connection and is sent by itself; leave it out", own));
}

void check_headers(const std::vector<std::string>& headers, const std::string& path) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto colon = headers[i].find(':');
    const auto here = fmt::format("{}[{}]", path, i);
    check(colon != std::string::npos && colon > 0 && headers[i].find_first_of("\r\n") == std::string::npos, here,
          fmt::format("'{}' is not a header; write 'Name: value'", headers[i]));
    check_header_name(std::string_view(headers[i]).substr(0, colon), here);
  }
}

/// libcurl signs headers without a value and does not send them.
void check_signed_headers(const std::vector<std::string>& headers, const std::string& path) {
  for (std::size_t i = 0; i < headers.size(); ++i)
    check(!base::trim(std::string_view(headers[i]).substr(headers[i].find(':') + 1)).empty(),
          fmt::format("{}[{}]", path, i),
          fmt::format("'{}' has no value, and with sigv4 cannot be sent; leave it out", headers[i]));
}

/// A key with brackets that are no condition may be a mistake.
void check_key(const std::string& key, const std::string& path) {
  check(!key.contains('[') || !key.contains('='), path,
        fmt::format("'{}' lacks a bracket; write a condition such as [name={{name}}]", key));
}

/// A member may be named so where a value is, but hardly a list.
void check_list(const std::string& text, const std::string& path) {
  const auto open = text.rfind('[');
  if (open == std::string::npos || !text.ends_with(']')) return;
  check(!base::number_of<unsigned>(std::string_view(text).substr(open + 1, text.size() - open - 2)), path,
        fmt::format("'{}' would be a member of that name; write an element of a list by its number as in /types/0",
                    text));
}

void check_condition(const PathStep::Condition& condition, const std::string& path) {
  const std::string& value = condition.value;
  check(!value.starts_with('='), path, fmt::format("'={}' has one = too many; write such as [name={{name}}]", value));
  const bool quoted =
      value.size() > 1 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'');
  check(!quoted, path, fmt::format("{} has quotes, which would be part of the value; leave them out", value));
}

/// Braces that stand for nothing would be looked for as they are.
void check_braces(std::string_view text, const std::string& path) {
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::string_view word = text.substr(open + 1, std::min(text.find('}', open), text.size()) - open - 1);
    check(word == "name" || word == "provider" || word.starts_with("label.") || word.starts_with("attribute."), path,
          fmt::format("'{{{}}}' stands for nothing; write {{name}}, {{provider}} or {{label.KEY}}", word));
  }
}

void check_path(const std::string& text, const std::string& path) {
  const auto parsed = parse_path(text);
  if (!parsed) throw BadValue(path, parsed.error().message);
  check_braces(text, path);
  for (const PathStep& step : *parsed) {
    check_key(step.key, path);
    for (const auto& condition : step.search) check_condition(condition, path);
  }
}

bool has_placeholder(std::string_view text) {
  return text.contains("{name}") || text.contains("{provider}") || text.contains("{label.") ||
         text.contains("{attribute.");
}

void check_pages(const HttpOptions& options, const std::string& path) {
  if (options.next != "Link") check_path(options.next, join(path, "next"));
  check(options.next_parameter.empty() || options.next.starts_with('/') || options.next.starts_with('['),
        join(path, "next_parameter"), "needs 'next', the path of the parameter's value in the answer");
  check_between(options.max_pages, 1, 1000, join(path, "max_pages"));
}

void check_oauth(const HttpOptions& options, const std::string& path) {
  const OAuth& oauth = options.oauth;
  const std::string here = join(path, "oauth");
  if (oauth == OAuth{}) return;
  check(base::split_url(oauth.token_url).is_web(), join(here, "token_url"),
        fmt::format("'{}' is not a URL; write https://…", base::without_login(oauth.token_url)));
  check_url_of_probe(oauth.token_url, join(here, "token_url"));
  check(!oauth.client_id.empty(), join(here, "client_id"), "is empty; give the id that the server knows");
  check(!oauth.client_secret_file.empty(), join(here, "client_secret_file"), "is empty; give a file with the secret");
  check(options.token_file.empty() && options.username.empty() && options.sigv4.region.empty(), here,
        "and a token, a user name or sigv4 are two ways to log in; keep one");
}

void check_map(const Rules& rules, const std::string& path) {
  std::set<std::string> words;
  for (const auto& [word, level] : rules.map)
    check(words.insert(base::lower(word)).second, path,
          fmt::format("has '{}' twice; words are the same in any case, so keep one", base::lower(word)));
}

void check_rules(const HttpOptions& options, const std::string& path) {
  const Rules& rules = options.rules;
  check_path(rules.find, join(path, "find"));
  check_path(rules.count, join(path, "count"));
  check_list(rules.find, join(path, "find"));
  check_list(rules.count, join(path, "count"));
  check_map(rules, join(path, "map"));
  check(!rules.missing || !rules.find.empty(), join(path, "missing"),
        "is the level of a profile that 'find' does not find; give find, too");
  check(!options.batch || rules.by_profile() || (rules.find.empty() && rules.count.empty()), join(path, "find"),
        "is the same for all profiles of the batch; give it {name}, as in /types[name={name}]");
  fields(rules.pointers,
         [&](std::string_view key, const std::string& text) { check_path(text, join(join(path, "pointers"), key)); });
  fields(rules.scale, [&](std::string_view key, double factor) {
    check(std::isfinite(factor) && factor > 0, join(join(path, "scale"), key),
          fmt::format("{} is no factor; give a positive number, such as 0.01 for cents", factor));
  });
}

/// {key} and {PATH} in it are different for each element.
void check_name_of_listed(std::string_view name, const std::string& path) {
  std::size_t parts = 0;
  for (auto open = name.find('{'); open != std::string_view::npos; open = name.find('{', open + 1), ++parts) {
    const auto close = name.find('}', open);
    const std::string_view word = name.substr(open + 1, close - open - 1);
    check(close != std::string_view::npos && (word == "key" || word.starts_with('/')), path,
          fmt::format("'{}' has a brace that begins neither {{key}} nor the path of a name, such as {{/id}}", name));
    if (word != "key") check_path(std::string(word), path);
  }
  check(parts > 0, path,
        fmt::format("'{}' is the same for all; write {{key}}, or the path of a name, such as {{/id}}", name));
}

void check_discover(const HttpOptions& options, const ProbeConfig& probe, const std::string& path) {
  const std::string here = join(path, "discover");
  check(!options.discover.empty() || options.discover.list.empty(), join(here, "name"),
        "is empty; write {key}, or the path of a name, such as {/id}");
  if (options.discover.empty()) return;
  check_path(options.discover.list, join(here, "list"));
  check(!has_placeholder(options.discover.list), join(here, "list"),
        "has a placeholder of a profile; it is for all profiles");
  check_name_of_listed(options.discover.name, join(here, "name"));
  check(options.batch, here, "needs one call for all profiles; give batch: true");
  check(!is_glob(probe.match.provider), here,
        "needs a provider to put the profiles under; give match.provider without * and ?");
}

}  // namespace

void check_header_files(const std::vector<std::string>& headers, const std::string& path) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto colon = headers[i].find(": ");
    const auto here = fmt::format("{}[{}]", path, i);
    check(colon != std::string::npos && colon > 0 && colon + 2 < headers[i].size(), here,
          fmt::format("'{}' is not a header with its file; write 'Name: /path/of/file'", headers[i]));
    check_header_name(std::string_view(headers[i]).substr(0, colon), here);
  }
}

bool Rules::by_profile() const {
  bool any = has_placeholder(find) || has_placeholder(count);
  config::fields(pointers, [&](std::string_view, const std::string& text) { any = any || has_placeholder(text); });
  return any;
}

void check_options(const HttpOptions& options, const ProbeConfig& probe, const std::string& path) {
  check(base::split_url(options.url).is_web(), join(path, "url"),
        fmt::format("'{}' is not a URL; write http://… or https://…", base::without_login(options.url)));
  check_url_of_probe(options.url, join(path, "url"));
  check(!options.method.empty() && std::ranges::all_of(options.method, [](char c) { return c >= 'A' && c <= 'Z'; }),
        join(path, "method"), fmt::format("'{}' is not a method; write one such as GET or POST", options.method));
  check_headers(options.headers, join(path, "headers"));
  check_header_files(options.header_files, join(path, "header_files"));
  check(options.username.empty() == options.password_file.empty(), join(path, "password_file"),
        "and username go together; give both or none");
  check(
      !options.username.contains(':'), join(path, "username"),
      fmt::format("'{}' has a colon, which ends the name in basic authentication; give one without", options.username));
  for (std::size_t i = 0; i < options.fail_if_header.size(); ++i)
    check(is_header_name(options.fail_if_header[i]), fmt::format("{}[{}]", join(path, "fail_if_header"), i),
          fmt::format("'{}' is not the name of a header; write one such as X-Error", options.fail_if_header[i]));
  check(options.token_file.empty() || options.username.empty(), join(path, "token_file"),
        "and username are two ways to log in; keep one");
  check(options.sigv4.region.empty() == options.sigv4.service.empty(), join(path, "sigv4"),
        "needs both region and service, such as {region: eu-central-1, service: lambda}");
  check(options.sigv4.region.empty() || (options.token_file.empty() && options.username.empty()), join(path, "sigv4"),
        "and a token or a user name are two ways to log in; keep one");
  if (!options.sigv4.region.empty()) check_signed_headers(options.headers, join(path, "headers"));
  for (std::size_t i = 0; i < options.accept.size(); ++i)
    check_between(options.accept[i], 100, 599, fmt::format("{}[{}]", join(path, "accept"), i));
  check_between(options.max_bytes, 1, 64 << 20, join(path, "max_bytes"));
  check_pages(options, path);
  check_oauth(options, path);
  check_rules(options, path);
  check_discover(options, probe, path);
}

}  // namespace config
