#pragma once

#include <kainjow/mustache.hpp>
#include <string>

namespace portal {

/// A page's template from web/, with its includes ({{>name}}) put in.
kainjow::mustache::mustache load_template(const std::string& name);

}  // namespace portal
