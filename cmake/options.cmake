# Language, warnings, sanitizers and link options of every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# How programs find what tests need (tests/support/support_dir.hpp).
cmake_path(RELATIVE_PATH CMAKE_SOURCE_DIR BASE_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} OUTPUT_VARIABLE SUPPORT_FROM_BIN)
string(APPEND SUPPORT_FROM_BIN /tests/support)

set(VACANCY_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Fields that are left out have defaults in their struct: naming the few that differ is the point.
  add_compile_options(-Wno-missing-designated-field-initializers)
endif()
# Paths in messages and assertions do not depend on where the source stands, nor on whether the compiler is given absolute
# paths or, by cmake/ccache, relative ones.
cmake_path(RELATIVE_PATH CMAKE_SOURCE_DIR BASE_DIRECTORY ${CMAKE_BINARY_DIR} OUTPUT_VARIABLE SOURCE_FROM_BUILD)
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${SOURCE_FROM_BUILD}/=)
# Debug information for stack traces only: full information doubles link times.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(VACANCY_SANITIZE)
  add_compile_options(-fsanitize=${VACANCY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VACANCY_SANITIZE})
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld-19)
endif()

# Asio and Beast are compiled once, in src/base/asio.cpp and src/http/beast.cpp, not in every file that includes them.
add_compile_definitions(VACANCY_VERSION="${PROJECT_VERSION}")
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
