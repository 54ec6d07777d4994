#include "probe/xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <pugixml.hpp>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace probe {
namespace {

namespace json = boost::json;

constexpr int kDeepest = 64;
constexpr std::ptrdiff_t kMostParts = 250'000;

/// A second value of the same name makes a list.
void add(json::object& object, std::string_view name, json::value value) {
  const auto [entry, is_new] = object.emplace(json::string_view(name.data(), name.size()), nullptr);
  if (is_new) {
    entry->value() = std::move(value);
    return;
  }
  // An element is never a list itself.
  if (!entry->value().is_array()) entry->value() = json::array{std::move(entry->value())};
  entry->value().as_array().push_back(std::move(value));
}

/// REQUIRES: no deeper than kDeepest.
json::value value_of(const pugi::xml_node& element) {
  json::object object;
  std::string text;
  bool has_elements = false;
  for (const pugi::xml_attribute& attribute : element.attributes())
    add(object, fmt::format("@{}", attribute.name()), json::value(attribute.value()));
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_element) {
      has_elements = true;
      add(object, child.name(), value_of(child));
    } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  const std::string_view words = base::trim(text);
  if (object.empty()) return words.empty() ? json::value() : json::value(json::string_view(words.data(), words.size()));
  if (!has_elements && !words.empty()) add(object, "#text", json::string_view(words.data(), words.size()));
  return object;
}

/// Looks at all nodes, and ends at the first mistake.
struct Checker : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_element && depth() >= kDeepest)
      mistake = fmt::format("is XML of more than {} levels", kDeepest);
    else if (!is_text(node))
      mistake = "is XML with text that is not UTF-8; the encodings are UTF-8, UTF-16, UTF-32 and ISO-8859-1";
    return mistake.empty();
  }

  static bool is_text(const pugi::xml_node& node) {
    const auto fine = [](const pugi::xml_attribute& attribute) {
      return base::is_utf8(attribute.name()) && base::is_utf8(attribute.value());
    };
    return base::is_utf8(node.name()) && base::is_utf8(node.value()) && std::ranges::all_of(node.attributes(), fine);
  }

  std::string mistake;
};

}  // namespace

std::expected<json::value, std::string> parse_xml(std::string_view text) {
  // Each is a node of memory.
  if (std::ranges::count_if(text, [](char c) { return c == '<' || c == '='; }) > 2 * kMostParts)
    return std::unexpected(fmt::format("is XML of more than {} tags and attributes", kMostParts));
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size());
  if (!result) return std::unexpected(fmt::format("is not XML ({})", result.description()));
  Checker checker;
  if (!document.traverse(checker)) return std::unexpected(std::move(checker.mistake));
  const pugi::xml_node root = document.document_element();
  json::object object;
  add(object, root.name(), value_of(root));
  return object;
}

}  // namespace probe
