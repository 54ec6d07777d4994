#include "portal/assets.hpp"

#include "portal/embedded.hpp"

namespace portal {
namespace {

struct Type {
  std::string_view ending;
  std::string_view media_type;
};

constexpr Type kTypes[] = {
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".yaml", "application/yaml"},
};

}  // namespace

Assets::Assets(std::size_t cores) : files_(cores) {
  for (auto& files : files_)
    for (const base::EmbeddedFile& file : embedded_files())
      for (const Type& type : kTypes)
        if (file.name.ends_with(type.ending))
          files.emplace(file.name, http::Prepared(std::string(type.media_type), std::string(file.content)));
  // At another path it has other headers, which its answers keep.
  for (auto& files : files_) openapi_.push_back(std::move(files.extract("openapi.yaml").mapped()));
}

http::Reply Assets::handle(const http::Request& request) {
  return file(request, request.parameters.front());
}

http::Reply Assets::openapi(const http::Request& request) {
  return http::answer(request, openapi_[request.core]);
}

http::Reply Assets::file(const http::Request& request, std::string_view name) {
  auto& files = files_[request.core];
  const auto file = files.find(name);
  if (file == files.end()) return http::problem(404, "there is no such file");
  return http::answer(request, file->second);
}

}  // namespace portal
