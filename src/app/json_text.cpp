#include "app/json_text.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

void append(std::string& out, const json::value& value) {
  if (const json::array* array = value.if_array()) {
    out += '[';
    for (const json::value& item : *array) {
      if (&item != array->begin()) out += ',';
      append(out, item);
    }
    out += ']';
  } else if (const json::object* object = value.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      if (&member != object->begin()) out += ',';
      base::append_json_string(out, member.key());
      out += ':';
      append(out, member.value());
    }
    out += '}';
  } else if (const double* number = value.if_double()) {
    out += base::number_text(*number);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string to_json(const json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace app
