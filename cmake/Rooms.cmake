# A room is a folder with one job. It becomes one library; a program is its main.cc plus its room's
# library. Includes are written from the top of the tree ("common/base/clock.h").

# Warnings as errors on our own code only; headers of others come in as system headers.
add_library(tms_warnings INTERFACE)
target_compile_options(tms_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow=local -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 mistakes the frames of Asio's coroutines, once it inlines their allocation.
  target_compile_options(tms_warnings INTERFACE -Wno-mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tms_warnings INTERFACE -Wthread-safety)
endif()
if(TMS_SANITIZE)
  # GCC 12 reports false maybe-uninitialized and dangling cases under sanitizers.
  target_compile_options(tms_warnings INTERFACE -Wno-error=maybe-uninitialized)
endif()

# tms_room(NAME SOURCES a.cc … DEPS lib …): the library of a room; its DEPS are public.
function(tms_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ROOM_DEPS} PRIVATE tms_warnings)
endfunction()

# tms_has_crash_points(NAME): common/base/crash_points.h works in this room, in builds that want it.
function(tms_has_crash_points name)
  if(TMS_CRASH_POINTS)
    target_compile_definitions(${name} PRIVATE TMS_CRASH_POINTS)
  endif()
endfunction()

# tms_program(NAME DEPS lib …): bin/NAME from main.cc.
function(tms_program name)
  cmake_parse_arguments(PROGRAM "" "" "DEPS" ${ARGN})
  add_executable(${name} main.cc)
  target_link_libraries(${name} PRIVATE ${PROGRAM_DEPS} tms_warnings)
endfunction()

# What the preset tsan has to build.
add_custom_target(tsan_tests)

# tms_test(NAME SOURCES a.cc … DEPS lib … LABELS label …): a GoogleTest program; each of its tests
# is a ctest test of its own, run with bounded time. Labels that tests/run knows: `full` (long; only
# in tier full), `tsan-ok` (no gRPC in it, so ThreadSanitizer can judge it). Default: `unit`.
function(tms_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_DEPS} GTest::gtest GTest::gmock GTest::gtest_main
                                        tms_warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  if("tsan-ok" IN_LIST TEST_LABELS)
    add_dependencies(tsan_tests ${name})
  endif()
  if(TMS_SANITIZE STREQUAL "thread")
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/tsan_abseil.cc)
  endif()
  # A list must survive the three times that gtest_discover_tests hands it on.
  string(REPLACE ";" "\\\\\\\\\\\\\\;" labels "${TEST_LABELS}")
  gtest_discover_tests(${name} PROPERTIES LABELS "${labels}" TIMEOUT 120
                       DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
endfunction()
include(GoogleTest)
