#include "config/environment_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "config/fields.hpp"
#include "config/scalar.hpp"
#include "config/yaml_reader.hpp"

namespace config {
namespace {

constexpr std::string_view kPrefix = "VACANCY_";
/// Variables of the command line, without the prefix.
constexpr std::array<std::string_view, 8> kCommandLine{"CONFIG",     "URL",        "HARDWARE_URL", "SERVER",
                                                       "TOKEN_FILE", "LOGIN_FILE", "HEADER_FILE",  "CA_FILE"};

/// "portal.http.port" → "PORTAL_HTTP_PORT".
std::string name_of(std::string_view path) {
  std::string name(path);
  for (char& c : name) c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

/// Kubernetes sets such variables in every pod for a service whose name begins with "vacancy": VACANCY_PORTAL_PORT,
/// VACANCY_PORTAL_PORT_5000_TCP_ADDR, VACANCY_PORTAL_SERVICE_HOST. They are no configuration.
bool is_service_link(std::string_view name, std::string_view value) {
  const bool address = value.starts_with("tcp://") || value.starts_with("udp://");
  return (name.ends_with("_PORT") && address) || base::glob_match("*_PORT_*_TCP*", name) ||
         base::glob_match("*_PORT_*_UDP*", name) || base::glob_match("*_SERVICE_HOST", name) ||
         base::glob_match("*_SERVICE_PORT*", name);
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    items.emplace_back(base::trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return items;
}

class Reader {
 public:
  Reader(const Environment& environment, Origins& origins) : environment_(environment), origins_(origins) {}

  template <Section T>
  void read(const std::string& path, T& section) {
    fields(section, [&](std::string_view key, auto& field) { read(join(path, key), field); });
  }

  template <class T>
  void read(const std::string& path, T& field) {
    known_.push_back(name_of(path));
    const std::string variable = std::string(kPrefix) + known_.back();
    const auto found = environment_.find(variable);
    if (found == environment_.end() || found->second.empty() || is_service_link(variable, found->second)) return;
    origins_.forget(path);
    origins_.set(path, variable);
    set(field, path, variable, found->second);
  }

  /// REQUIRES: every field has been read.
  void refuse_unknown() const {
    std::vector<std::string_view> known(known_.begin(), known_.end());
    known.insert(known.end(), kCommandLine.begin(), kCommandLine.end());
    for (const auto& [variable, value] : environment_) {
      if (!variable.starts_with(kPrefix) || is_service_link(variable, value)) continue;
      const auto name = std::string_view(variable).substr(kPrefix.size());
      if (std::ranges::find(known, name) != known.end()) continue;
      const auto near = base::nearest(name, known);
      throw base::UsageError(
          near.empty() ? fmt::format("{}: unknown variable; write {}, then the path of a key, such as {}LOG_LEVEL",
                                     variable, kPrefix, kPrefix)
                       : fmt::format("{}: unknown variable; did you mean {}{}?", variable, kPrefix, near));
    }
  }

 private:
  template <Scalar T>
  void set(T& field, const std::string& path, const std::string& variable, const std::string& text) {
    if (const auto done = assign(field, text); !done)
      throw base::UsageError(fmt::format("{}: {}: {}", variable, path, done.error().message));
  }

  void set(std::vector<std::string>& field, const std::string&, const std::string&, const std::string& text) {
    field = split_at_commas(text);
  }

  template <class T>
  void set(std::vector<T>& field, const std::string& path, const std::string& variable, const std::string& text) {
    read_yaml(text, variable, path, field, origins_);
  }

  template <class T>
  void set(std::map<std::string, T>& field, const std::string& path, const std::string& variable,
           const std::string& text) {
    read_yaml(text, variable, path, field, origins_);
  }

  const Environment& environment_;
  Origins& origins_;
  std::vector<std::string> known_;
};

}  // namespace

void read_environment(const Environment& environment, Config& out, Origins& origins) {
  Reader reader(environment, origins);
  reader.read("", out);
  reader.refuse_unknown();
}

}  // namespace config
