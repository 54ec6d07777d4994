#include "config/yaml_reader.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/fields.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

/// A piece of the document, the path of its key, and "file:line".
struct Value {
  YAML::Node node;
  std::string path;
  std::string where;
};

[[noreturn]] void refuse(const Value& value, std::string_view message) {
  const auto path = value.path.empty() ? std::string() : value.path + ": ";
  throw base::UsageError(fmt::format("{}: {}{}", value.where, path, message));
}

std::string_view form_of(const YAML::Node& node) {
  if (node.IsMap()) return "is a mapping";
  if (node.IsSequence()) return "is a list";
  return node.IsScalar() ? "is a single value" : "has no value";
}

/// Are all keys known once the fields have been visited? An unknown kind leaves its options unknown: then the kind is
/// the mistake to name, and validate does.
template <class T>
bool knows_its_keys(const T&) {
  return true;
}

/// Of a probe or a receiver.
template <class T>
  requires requires(const T& one) { kinds(one, [](std::string_view, const auto&) {}); }
bool knows_its_keys(const T& one) {
  bool known = false;
  kinds(one, [&](std::string_view kind, const auto&) { known = known || kind == one.kind; });
  return known;
}

bool knows_its_keys(const MetricSpec& metric) {
  return metric.type == "Pods" || metric.type == "External";
}

class Reader {
 public:
  Reader(std::string source, Origins& origins) : source_(std::move(source)), origins_(origins) {}

  Value document(const std::string& text, const std::string& path) const {
    try {
      auto documents = YAML::LoadAll(text);
      if (documents.empty() || documents.front().IsNull())
        throw base::UsageError(fmt::format("{}: holds no configuration; write at least one key", source_));
      if (documents.size() > 1)
        throw base::UsageError(fmt::format("{}: holds {} YAML documents; keep one", source_, documents.size()));
      return {documents.front(), path, where(documents.front().Mark())};
    } catch (const YAML::Exception& e) {
      throw base::UsageError(fmt::format("{}: is not YAML: {}", where(e.mark), e.msg));
    }
  }

  template <Scalar T>
  void read(const Value& value, T& out) {
    origins_.set(value.path, value.where);
    if (!value.node.IsScalar()) refuse(value, fmt::format("{}; give a single value", form_of(value.node)));
    if (const auto done = assign(out, value.node.Scalar()); !done) refuse(value, done.error().message);
  }

  template <class T>
  void read(const Value& value, std::vector<T>& out) {
    origins_.forget(value.path);
    origins_.set(value.path, value.where);
    if (!value.node.IsSequence()) refuse(value, fmt::format("{}; give a list", form_of(value.node)));
    out.clear();
    for (const auto& node : value.node)
      read({node, fmt::format("{}[{}]", value.path, out.size()), where(node.Mark())}, out.emplace_back());
  }

  /// A profile may be short: "Amazon/c5".
  void read(const Value& value, core::NewProfile& out) { read_profile(value, out, out.key.provider, out.key.name); }
  void read(const Value& value, ProfileEntry& out) { read_profile(value, out, out.provider, out.name); }

  void read(const Value& value, std::optional<std::map<std::string, std::string>>& out) { read(value, out.emplace()); }

  template <class T>
  void read(const Value& value, std::optional<std::vector<T>>& out) {
    read(value, out.emplace());
  }

  /// All names and none are short: true and false.
  void read(const Value& value, Globs& out) {
    if (value.node.IsSequence()) return read(value, out.patterns);
    origins_.set(value.path, value.where);
    bool all = false;
    if (!value.node.IsScalar() || !assign(all, value.node.Scalar()))
      refuse(value, "is not true, false or a list of patterns such as [gpu*, batch]");
    out.patterns = all ? std::vector<std::string>{"*"} : std::vector<std::string>{};
  }

  template <class T>
  void read(const Value& value, std::map<std::string, T>& out) {
    origins_.set(value.path, value.where);
    if (!value.node.IsMap()) refuse(value, fmt::format("{}; give keys with their values", form_of(value.node)));
    out.clear();
    for (const auto& [key, entry] : entries_of(value)) read(entry, out[key]);
  }

  template <Section T>
  void read(const Value& value, T& out) {
    read_section(value, out);
  }

 private:
  using Entries = std::vector<std::pair<std::string, Value>>;

  std::string where(const YAML::Mark& mark) const {
    return mark.is_null() ? source_ : fmt::format("{}:{}", source_, mark.line + 1);
  }

  template <class T>
  void read_profile(const Value& value, T& out, std::string& provider, std::string& name) {
    if (!value.node.IsScalar()) return read_section(value, out);
    origins_.set(value.path, value.where);
    const std::string& text = value.node.Scalar();
    const auto slash = text.find('/');
    if (slash == std::string::npos)
      refuse(value, fmt::format("'{}' is not a profile; write PROVIDER/NAME or {{provider: …, name: …}}", text));
    provider = text.substr(0, slash);
    name = text.substr(slash + 1);
  }

  template <class T>
  void read_section(const Value& value, T& out) {
    origins_.set(value.path, value.where);
    std::vector<std::string_view> known;
    if (!value.node.IsMap()) {
      fields(out, [&](std::string_view key, auto&) { known.push_back(key); });
      refuse(value, fmt::format("{}; give keys: {}", form_of(value.node), fmt::join(known, ", ")));
    }
    const Entries entries = entries_of(value);
    fields(out, [&](std::string_view key, auto& field) {
      known.push_back(key);
      const auto entry = std::ranges::find(entries, key, &Entries::value_type::first);
      if (entry != entries.end()) read(entry->second, field);
    });
    if (!knows_its_keys(std::as_const(out))) return;
    for (const auto& [key, entry] : entries) {
      if (std::ranges::find(known, key) != known.end()) continue;
      refuse(entry, fmt::format("unknown key{}", suggestion(key, known)));
    }
  }

  /// The entries of a mapping, in order. A value's line is its key's, where the reader of a message looks.
  Entries entries_of(const Value& value) const {
    Entries entries;
    for (const auto& entry : value.node) {
      const auto at = where(entry.first.Mark());
      // A word of an answer, beside true and false.
      const bool null = entry.first.IsNull();
      if (!entry.first.IsScalar() && !null) refuse({value.node, value.path, at}, "a key must be a single word");
      const std::string key = null ? "null" : entry.first.Scalar();
      Value item{entry.second, join(value.path, key), at};
      if (std::ranges::find(entries, key, &Entries::value_type::first) != entries.end())
        refuse(item, "the key is there twice; keep one");
      entries.emplace_back(key, std::move(item));
    }
    return entries;
  }

  std::string source_;
  Origins& origins_;
};

}  // namespace

bool begins_with_list(std::string_view text) {
  for (;;) {
    text = base::trim(text);
    if (!text.starts_with('#') && !text.starts_with("---")) break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  return text.starts_with('[') || text.starts_with('-');
}

template <class T>
void read_yaml(const std::string& text, const std::string& source, const std::string& path, T& out, Origins& origins) {
  Reader reader(source, origins);
  reader.read(reader.document(text, path), out);
}

using Text = const std::string&;
template void read_yaml(Text, Text, Text, Config&, Origins&);
template void read_yaml(Text, Text, Text, Servers&, Origins&);
template void read_yaml(Text, Text, Text, ProfileFile&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<ProfileEntry>&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<core::NewProfile>&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<ProbeConfig>&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<ScaledService>&, Origins&);
template void read_yaml(Text, Text, Text, std::map<std::string, std::vector<std::string>>&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<AlertReceiver>&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<AlertRule>&, Origins&);
template void read_yaml(Text, Text, Text, std::vector<QuietHours>&, Origins&);

}  // namespace config
