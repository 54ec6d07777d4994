#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/probe_keys.hpp"
#include "core/reading.hpp"

/// The options of probe kind `http`, with their keys.
namespace config {

/// The places of a source's values in its answer: paths (config/path.hpp). "" for a value that it does not have.
struct Pointers {
  std::string level = "/level";
  core::PerNumber<std::string> numbers = [] {
    core::PerNumber<std::string> pointers;
    for (const core::Number& number : core::kNumbers) pointers[number.value] = "/" + std::string(number.name);
    return pointers;
  }();
  std::string reason = "/reason";
  /// When the source measured: a time (RFC 3339), or how long ago in seconds or as a duration.
  std::string measured_at = "/measured_at";
  std::string age = "/age";

  bool operator==(const Pointers&) const = default;
};

template <Of<Pointers> C, class Visit>
void fields(C& pointers, Visit&& visit) {
  visit("level", pointers.level);
  for (const core::Number& number : core::kNumbers) visit(number.name, pointers.numbers[number.value]);
  visit("reason", pointers.reason);
  visit("measured_at", pointers.measured_at);
  visit("age", pointers.age);
}

/// Factors of numbers.
struct Scale {
  core::PerNumber<double> numbers = [] {
    core::PerNumber<double> ones;
    ones.values.fill(1);
    return ones;
  }();

  bool operator==(const Scale&) const = default;
};

template <Of<Scale> C, class Visit>
void fields(C& scale, Visit&& visit) {
  for (const core::Number& number : core::kNumbers) visit(number.name, scale.numbers[number.value]);
}

/// How an answer is read. Paths are those of config/path.hpp; {provider}, {name} and {label.KEY} stand for the
/// profile's.
struct Rules {
  /// The part of the answer that is about the profile; all other paths begin there. "" for the whole answer.
  std::string find{};
  /// The level of a profile that `find` does not find; without one it has failed.
  std::optional<core::Level> missing{};
  /// A list, whose length is `free`; behind a search, the elements that it finds.
  std::string count{};
  /// Levels of words in the source's language, of numbers, and of true, false and null, which is also a level that is
  /// not there.
  std::map<std::string, core::Level> map{};
  Scale scale{};
  Pointers pointers{};

  /// Has any path a placeholder, so that an answer can be about many profiles?
  bool by_profile() const;
  bool operator==(const Rules&) const = default;
};

template <Of<Rules> C, class Visit>
void fields(C& rules, Visit&& visit) {
  visit("find", rules.find);
  visit("missing", rules.missing);
  visit("count", rules.count);
  visit("map", rules.map);
  visit("scale", rules.scale);
  visit("pointers", rules.pointers);
}

/// The source's list of what it has, for profiles that the probe adds and removes.
struct Discover {
  /// A path to a list, or to an object with a member for each.
  std::string list{};
  /// The profile's name: {key} stands for the member's key, {/path} for the value there in the element. "" discovers
  /// nothing.
  std::string name{};

  bool empty() const { return name.empty(); }
  bool operator==(const Discover&) const = default;
};

template <Of<Discover> C, class Visit>
void fields(C& discover, Visit&& visit) {
  visit("list", discover.list);
  visit("name", discover.name);
}

/// The form of an answer.
enum class AnswerFormat : std::uint8_t { json, xml };

/// How a client proves itself to a server of tokens (RFC 6749, section 2.3.1): by basic authentication, or in the form.
enum class ClientAuth : std::uint8_t { client_secret_basic, client_secret_post };

/// OAuth 2.0, the client credentials grant (RFC 6749, section 4.4).
struct OAuth {
  /// "" logs in another way.
  std::string token_url{};
  std::string client_id{};
  /// Read for each token.
  std::string client_secret_file{};
  ClientAuth auth_method = ClientAuth::client_secret_basic;
  std::string scope{};
  std::string audience{};

  bool operator==(const OAuth&) const = default;
};

template <Of<OAuth> C, class Visit>
void fields(C& oauth, Visit&& visit) {
  visit("token_url", oauth.token_url);
  visit("client_id", oauth.client_id);
  visit("client_secret_file", oauth.client_secret_file);
  visit("auth_method", oauth.auth_method);
  visit("scope", oauth.scope);
  visit("audience", oauth.audience);
}

/// AWS Signature Version 4.
struct Sigv4 {
  /// "" signs nothing. With both, requests are signed with the credentials of AWS_ACCESS_KEY_ID,
  /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
  std::string region{};
  std::string service{};

  bool operator==(const Sigv4&) const = default;
};

template <Of<Sigv4> C, class Visit>
void fields(C& sigv4, Visit&& visit) {
  visit("region", sigv4.region);
  visit("service", sigv4.service);
}

/// Options of probe kind `http`.
struct HttpOptions {
  /// {provider}, {name} and {label.KEY} stand for the profile's, percent-encoded.
  std::string url{};
  std::string method = "GET";
  /// "Name: value" each.
  std::vector<std::string> headers{};
  /// "Name: FILE" each: the value, such as an API key, is in the file, which is read for each call.
  std::vector<std::string> header_files{};
  /// Sent with the request. {provider}, {name} and {label.KEY} stand for the profile's, as in a JSON string.
  std::string body{};
  /// A file with a bearer token, read for each call.
  std::string token_file{};
  /// Basic authentication; the file is read for each call.
  std::string username{};
  std::string password_file{};
  Sigv4 sigv4{};
  OAuth oauth{};
  /// A file with the certificates (PEM) of the authorities to trust instead of the system's.
  std::string ca_file{};
  /// Status codes that carry an answer. Empty: 200 to 299.
  std::vector<std::uint16_t> accept{};
  /// An answer with one of these headers has failed, whatever its status.
  std::vector<std::string> fail_if_header{};
  /// Redirects that are followed. Signed requests follow none.
  std::uint16_t max_redirects = 5;
  /// A larger answer is cut off and has failed.
  std::size_t max_bytes = 1 << 20;
  /// One call measures all profiles. Their list is sent as JSON, and a list comes back, unless there is a `body` or a
  /// path with {name}, which finds each profile in the answer.
  bool batch = false;
  /// The unit of `free` and `total`, for people: "GPUs".
  std::string unit{};
  AnswerFormat format = AnswerFormat::json;
  /// The rest of a longer answer: "Link" for that header (RFC 8288), or a path to a URL or, with `next_parameter`, to
  /// the value of this parameter of the URL. "" for answers of one page.
  std::string next{};
  std::string next_parameter{};
  /// An answer of more pages has failed.
  std::uint16_t max_pages = 20;
  Discover discover{};
  Rules rules{};

  bool operator==(const HttpOptions&) const = default;
};

template <Of<HttpOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("url", options.url);
  visit("method", options.method);
  visit("headers", options.headers);
  visit("header_files", options.header_files);
  visit("body", options.body);
  visit("token_file", options.token_file);
  visit("username", options.username);
  visit("password_file", options.password_file);
  visit("sigv4", options.sigv4);
  visit("oauth", options.oauth);
  visit("ca_file", options.ca_file);
  visit("accept", options.accept);
  visit("fail_if_header", options.fail_if_header);
  visit("max_redirects", options.max_redirects);
  visit("max_bytes", options.max_bytes);
  visit("batch", options.batch);
  visit("unit", options.unit);
  visit("format", options.format);
  visit("next", options.next);
  visit("next_parameter", options.next_parameter);
  visit("max_pages", options.max_pages);
  visit("discover", options.discover);
  fields(options.rules, visit);
}

}  // namespace config
