# vacancy_library(NAME SOURCES … TESTS … LINK … TEST_LINK …)
#
# One library for a folder of src/, and one test program, NAME_test, from the *_test.cpp beside the code.
# Every target shares the precompiled header of `base`.
function(vacancy_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;LINK;TEST_LINK" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${NAME} PUBLIC ${ARG_LINK})
  vacancy_precompiled(${NAME})
  if(ARG_TESTS AND BUILD_TESTING)
    vacancy_test(${NAME}_test SOURCES ${ARG_TESTS} LINK ${NAME} ${ARG_TEST_LINK})
  endif()
endfunction()

# vacancy_test(NAME SOURCES … LINK …): a GoogleTest program, its cases known to ctest by name, with the label unit. Cases
# for a database server (parameters named mariadb and mysql) are one test for each server, which is started once.
function(vacancy_test NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${NAME} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  vacancy_precompiled(${NAME})
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST TEST_FILTER "-*/mariadb:*/mysql" PROPERTIES LABELS unit TIMEOUT 300)
  if("database" IN_LIST ARG_LINK)
    foreach(server mariadb mysql)
      add_test(NAME ${NAME}.${server} COMMAND ${NAME} --gtest_filter=*/${server})
      set_tests_properties(${NAME}.${server} PROPERTIES
        LABELS "unit;database" TIMEOUT 900 SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\][^\n]*\n$")  # what failed is listed after it
    endforeach()
  endif()
endfunction()

function(vacancy_precompiled NAME)
  if(NAME STREQUAL "base")
    target_precompile_headers(base PRIVATE <base/precompiled.hpp>)
  else()
    target_link_libraries(${NAME} PRIVATE Threads::Threads)
    target_precompile_headers(${NAME} REUSE_FROM base)
  endif()
endfunction()
