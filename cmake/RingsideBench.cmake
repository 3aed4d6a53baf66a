# RingsideBench.cmake - flags and helpers for the bench: everything that is not a guest
#
#   ringside_library(core SOURCES vclock.c … USES GLib …)       a static library ringside_core
#   ringside_unit_tests(core TESTS vclock_test.c … [USES …])    one CUnit program a file, ctest unit.core.vclock

find_package(PkgConfig REQUIRED)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0>=2.66)
pkg_check_modules(SLIRP REQUIRED IMPORTED_TARGET slirp>=4.7)
pkg_check_modules(JSON REQUIRED IMPORTED_TARGET json-glib-1.0>=1.6)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap>=1.9)
pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw>=0.176 libelf)
pkg_check_modules(CUNIT REQUIRED IMPORTED_TARGET cunit)
find_library(FDT_LIBRARY fdt REQUIRED)

add_library(ringside_flags INTERFACE)
target_include_directories(ringside_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_compile_options(ringside_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
  -fno-strict-aliasing -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_compile_definitions(ringside_flags INTERFACE _GNU_SOURCE G_LOG_DOMAIN="ringside")
if(RINGSIDE_WERROR)
  target_compile_options(ringside_flags INTERFACE -Werror)
endif()
if(RINGSIDE_LTO)
  # A frame passes a dozen small functions in as many files. Guests are built without it, always the same way.
  include(CheckIPOSupported)
  check_ipo_supported(RESULT RINGSIDE_LTO_WORKS OUTPUT RINGSIDE_LTO_REASON LANGUAGES C)
  if(RINGSIDE_LTO_WORKS)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    target_compile_options(ringside_flags INTERFACE -O3)
  else()
    message(STATUS "No optimisation across files: ${RINGSIDE_LTO_REASON}")
  endif()
endif()
if(RINGSIDE_SANITIZE)
  # A finding of either ends the program: it is a bug of the bench. The frame pointer stays, for their stack traces.
  set(RINGSIDE_SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(ringside_flags INTERFACE ${RINGSIDE_SANITIZERS})
  target_link_options(ringside_flags INTERFACE ${RINGSIDE_SANITIZERS})
endif()
if(RINGSIDE_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang" OR NOT RINGSIDE_SANITIZE)
    message(FATAL_ERROR "RINGSIDE_FUZZ needs clang and RINGSIDE_SANITIZE: use the preset fuzz.")
  endif()
  # Coverage of everything that a target runs; only the targets themselves link libFuzzer.
  target_compile_options(ringside_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(ringside_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(ringside_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(ringside_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(ringside_${name} PUBLIC ringside_flags ${ARG_USES})
endfunction()

function(ringside_unit_tests folder)
  cmake_parse_arguments(ARG "" "" "TESTS;USES;SOURCES" ${ARGN})
  foreach(file ${ARG_TESTS})
    string(REGEX REPLACE "_test\\.c$" "" module ${file})
    string(REPLACE "/" "." module ${module})
    set(target ${folder}_${module}_test)
    add_executable(${target} ${file} ${ARG_SOURCES})
    target_link_libraries(${target} PRIVATE ringside_flags PkgConfig::CUNIT ${ARG_USES})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME unit.${folder}.${module} COMMAND ${target})
    set_tests_properties(unit.${folder}.${module} PROPERTIES TIMEOUT 60)
  endforeach()
endfunction()
