# Writes OUT: the contents of FILES ("a|b") as string literals in namespace NAMESPACE. See embed.cmake.
string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${file} content)
  get_filename_component(name ${file} NAME)
  string(APPEND entries "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
endforeach()
file(WRITE ${OUT}
"// Made by cmake/embed_files.cmake.
#include \"${NAMESPACE}/embedded.hpp\"

namespace ${NAMESPACE} {
namespace {
const base::EmbeddedFile kFiles[] = {
${entries}};
}  // namespace

std::span<const base::EmbeddedFile> embedded_files() { return kFiles; }
}  // namespace ${NAMESPACE}
")
