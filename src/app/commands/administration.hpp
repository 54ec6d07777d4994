#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/commands/remote.hpp"
#include "core/profile.hpp"

namespace app {

/// Sends a request with the admin token and waits for the answer, whatever its status. `body` is JSON. Throws
/// base::UsageError for a bad URL, a token file that cannot be read, and a refusal; base::Lost when the service is not
/// reached, cannot answer now, or is no hardware service.
Answer administer(const Access& service, std::string method, std::string target, std::string body = "",
                  base::Duration limit = std::chrono::seconds{60});

/// `answer`, if it has this status; otherwise throws base::UsageError with what it says.
Answer expect(int status, Answer answer);

/// The JSON of an answer. Throws base::Lost when it is none.
boost::json::value json_of(const Answer& answer);

/// A profile as the command line names it: in two words, or as PROVIDER/NAME in one. A provider or a name may have
/// slashes, so two words are always a provider and a name, except where labels may follow.
struct NamedProfile {
  std::string provider;
  std::optional<std::string> name;

  /// Throws base::UsageError for one word without a slash.
  core::ProfileKey key() const;
  /// The same where LABEL=VALUE may follow: one that stands in the place of the name, behind PROVIDER/NAME, is taken to
  /// the front of `labels`.
  core::ProfileKey key_before(std::vector<std::string>& labels) const;
};

/// Adds the arguments PROVIDER and NAME.
void add_named_profile(CLI::App& command, NamedProfile& profile);

/// All of a file; - is standard input. Throws base::UsageError with the reason when it cannot be read.
std::string content_of(const std::string& file);

/// The JSON of a profile, as POST and PUT take it: without `labels` those it has stay.
std::string profile_body(const core::ProfileKey& key, const core::Labels* labels = nullptr);

}  // namespace app
