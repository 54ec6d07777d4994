#include "config/print.hpp"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string_view>
#include <vector>

#include "config/fields.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

class Printer {
 public:
  template <Section T>
  void print(const T& section) {
    out_ << YAML::BeginMap;
    fields(section, [&](std::string_view key, const auto& field) { print(key, field); });
    out_ << YAML::EndMap;
  }

  template <class T>
  void print(const std::vector<T>& list) {
    // In block style an empty list gets a line of its own.
    out_ << (list.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const T& item : list) print(item);
    out_ << YAML::EndSeq;
  }

  void print(const Globs& globs) {
    if (globs.empty() || globs.patterns == std::vector<std::string>{"*"})
      out_ << to_text(!globs.empty());
    else
      print(globs.patterns);
  }

  template <class T>
  void print(const std::map<std::string, T>& values) {
    out_ << YAML::BeginMap;
    for (const auto& [key, value] : values) print(key, value);
    out_ << YAML::EndMap;
  }

  template <Scalar T>
  void print(const T& scalar) {
    out_ << to_text(scalar);
  }

  std::string text() const { return std::string(out_.c_str()) + '\n'; }

 private:
  template <class T>
  void print(std::string_view key, const T& field) {
    out_ << YAML::Key << std::string(key) << YAML::Value;
    print(field);
  }

  template <class T>
  void print(std::string_view key, const std::optional<T>& field) {
    if (field) print(key, *field);
  }

  YAML::Emitter out_;
};

}  // namespace

std::string to_yaml(const Config& config) {
  Printer printer;
  printer.print(config);
  return printer.text();
}

}  // namespace config
