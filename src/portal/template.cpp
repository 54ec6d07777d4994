#include "portal/template.hpp"

#include <stdexcept>

#include "portal/embedded.hpp"

namespace portal {
namespace {

std::string text_of(const std::string& name) {
  for (const base::EmbeddedFile& file : embedded_files())
    if (file.name == name + ".mustache") return std::string(file.content);
  throw std::logic_error("the template " + name + " is not in the program");
}

/// Once for all, where the library would parse an included one again for every row.
std::string with_included(std::string text) {
  constexpr std::string_view kBegin = "{{>";
  constexpr std::string_view kEnd = "}}";
  for (std::size_t at = 0; (at = text.find(kBegin, at)) != std::string::npos;) {
    const std::size_t name = at + kBegin.size();
    const std::size_t end = text.find(kEnd, name);
    text.replace(at, end + kEnd.size() - at, text_of(text.substr(name, end - name)));
  }
  return text;
}

}  // namespace

kainjow::mustache::mustache load_template(const std::string& name) {
  kainjow::mustache::mustache page(with_included(text_of(name)));
  if (!page.is_valid()) throw std::logic_error("the template " + name + " is wrong: " + page.error_message());
  return page;
}

}  // namespace portal
