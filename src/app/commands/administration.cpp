#include "app/commands/administration.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "base/text.hpp"

namespace app {
namespace {

/// An answer of a site for people.
bool is_page(const Answer& answer) {
  return answer.status == 200 && answer.content_type.starts_with("text/html");
}

bool is_unknown(const Answer& answer) {
  return answer.status == 404 || answer.status == 405 || answer.status == 501;
}

/// Does the URL lead to a hardware service?
bool is_hardware_service(const Remote& remote) {
  const Answer rows = remote.send({.target = "/hardware/"});
  return !is_unknown(rows) && !is_page(rows);
}

}  // namespace

Answer administer(const Access& service, std::string method, std::string target, std::string body,
                  base::Duration limit) {
  const Remote remote(service);
  Answer answer = remote.send({.method = method, .target = target, .body = std::move(body), .limit = limit});
  if (answer.status == 401 || answer.status == 403 || is_page(answer)) throw base::UsageError(remote.refusal(answer));
  if (is_unknown(answer) && !is_hardware_service(remote))
    throw base::Lost(fmt::format("{} answers {} to {} {}; is it a hardware service? A portal is none", remote.url(),
                                 answer.status, method, target));
  if (answer.status >= 500) throw base::Lost(fmt::format("{}: {}", remote.url(), detail_of(answer)));
  return answer;
}

Answer expect(int status, Answer answer) {
  if (answer.status != status) throw base::UsageError(detail_of(answer, answer.url));
  return answer;
}

boost::json::value json_of(const Answer& answer) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(boost::json::string_view(answer.body), error);
  if (error)
    throw base::Lost(fmt::format("{} sent an answer that cannot be read; is it a hardware service?", answer.url));
  return value;
}

core::ProfileKey NamedProfile::key() const {
  if (name) return {provider, *name};
  const auto slash = provider.find('/');
  if (slash == std::string::npos)
    throw base::UsageError(fmt::format("'{}' is not a profile; write PROVIDER NAME, or PROVIDER/NAME in one word",
                                       base::to_line(provider)));
  return {provider.substr(0, slash), provider.substr(slash + 1)};
}

core::ProfileKey NamedProfile::key_before(std::vector<std::string>& labels) const {
  if (!name || !name->contains('=') || !provider.contains('/')) return key();
  labels.insert(labels.begin(), *name);
  return NamedProfile{provider, {}}.key();
}

void add_named_profile(CLI::App& command, NamedProfile& profile) {
  command.add_option("PROVIDER", profile.provider, "Or PROVIDER/NAME in one word")->required();
  command.add_option("NAME", profile.name);
}

std::string content_of(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  std::string content, piece(64 * 1024, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
    content.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  // Not at the end: it was not opened, or is a directory.
  if (!in.eof()) throw base::UsageError(fmt::format("cannot read '{}': {}", file, std::strerror(errno)));
  return content;
}

std::string profile_body(const core::ProfileKey& key, const core::Labels* labels) {
  boost::json::object body{{"provider", key.provider}, {"name", key.name}};
  if (labels != nullptr) {
    boost::json::object& object = body["labels"].emplace_object();
    for (const auto& [key, value] : *labels) object[key] = value;
  }
  return boost::json::serialize(body);
}

}  // namespace app
