# RingsideGuest.cmake - building guests, and executables that load them
#
#   ringside_add_guest(NAME demo SOURCES demo.c … [ARCHIVE libdemo.a] [INCLUDES dir …] [DEFINITIONS X=1 …]
#                      [INSTRUMENT none|ticks|accesses] [RUNTIME] [OUTPUT_DIRECTORY dir])
#       builds guests/demo.so (target guest_demo) and a test, guest.symbols.demo, of what the image exports and needs;
#       INSTRUMENT accesses: pointers to registers can be dereferenced, see guest/runtime/access.c;
#       RUNTIME: links in what guest/runtime/runtime.h declares
#   ringside_add_bug(GUEST demo PATCH bug.patch)
#       builds its mutant with a bug put back, see RingsideBug.cmake
#   ringside_export_hal(target)
#       makes an executable that links ringside_cpu export to guests what hal.h and probe.h declare, and nothing else
#
# A run is a function of the guest's build, so a guest is built the same way in every preset: its flags come last on the command
# line and undo what the build type brings. A guest is freestanding C at a fixed address inside guest RAM; the bench's
# sanitizers are not for it (they belong to the bench's targets alone).

find_package(Python3 REQUIRED COMPONENTS Interpreter)

get_filename_component(RINGSIDE_GUEST_ROOT ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
set(RINGSIDE_GUEST_BASE 0x40200000) # GMEM_IMAGE_BASE in emu/core/gmem.h

execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
  OUTPUT_VARIABLE RINGSIDE_GUEST_SYSTEM_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT EXISTS ${RINGSIDE_GUEST_SYSTEM_INCLUDE}/stddef.h)
  message(FATAL_ERROR "${CMAKE_C_COMPILER} does not tell where its own headers are.")
endif()

# A compiler cache with a base directory names files relative to the build folder.
file(RELATIVE_PATH ringside_guest_relative ${CMAKE_BINARY_DIR} ${RINGSIDE_GUEST_ROOT}/guest)
string(REGEX REPLACE "guest$" "" ringside_guest_relative "${ringside_guest_relative}")
if(NOT ringside_guest_relative STREQUAL "")
  set(ringside_guest_relative -ffile-prefix-map=${ringside_guest_relative}=)
endif()
set(RINGSIDE_GUEST_FLAGS
  -O2 -g -gno-record-gcc-switches -UNDEBUG
  -ffreestanding -nostdinc -isystem ${RINGSIDE_GUEST_SYSTEM_INCLUDE}
  -fPIC -fvisibility=hidden -fno-strict-aliasing -fno-omit-frame-pointer -fno-common
  -fno-stack-protector -fno-lto -fno-sanitize=all
  -ffile-prefix-map=${RINGSIDE_GUEST_ROOT}/= ${ringside_guest_relative}
  -ffile-prefix-map=${CMAKE_BINARY_DIR}=build
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND RINGSIDE_GUEST_FLAGS -fcf-protection=none)
endif()
if(RINGSIDE_WERROR)
  list(APPEND RINGSIDE_GUEST_FLAGS -Werror)
endif()

# One hook a basic block; clang prunes blocks, self-loops among them, unless it is told not to.
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  set(RINGSIDE_GUEST_TICKS -fsanitize-coverage=trace-pc,bb,no-prune)
  set(RINGSIDE_GUEST_ACCESSES -fsanitize=thread -mllvm -tsan-distinguish-volatile=1)
  set(RINGSIDE_GUEST_NO_IDIOMS -fno-builtin)
else()
  set(RINGSIDE_GUEST_TICKS -fsanitize-coverage=trace-pc)
  # gcc warns of fences, which its own runtime does not model.
  set(RINGSIDE_GUEST_ACCESSES -fsanitize=thread --param tsan-distinguish-volatile=1 -Wno-tsan)
  set(RINGSIDE_GUEST_NO_IDIOMS -fno-tree-loop-distribute-patterns)
endif()

# Files linked into guests as they are: never instrumented.
function(ringside_guest_objects target)
  if(TARGET ${target})
    return()
  endif()
  list(TRANSFORM ARGN PREPEND ${RINGSIDE_GUEST_ROOT}/guest/runtime/)
  add_library(${target} OBJECT ${ARGN})
  set_target_properties(${target} PROPERTIES C_STANDARD 17 C_EXTENSIONS OFF)
  target_include_directories(${target} PRIVATE ${RINGSIDE_GUEST_ROOT}/include)
  target_compile_options(${target} PRIVATE ${RINGSIDE_GUEST_FLAGS} ${RINGSIDE_GUEST_NO_IDIOMS})
endfunction()

function(ringside_add_guest)
  cmake_parse_arguments(ARG "RUNTIME" "NAME;ARCHIVE;INSTRUMENT;OUTPUT_DIRECTORY"
    "SOURCES;INCLUDES;DEFINITIONS" ${ARGN})
  if(NOT ARG_NAME OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ringside_add_guest: NAME is missing, or a word is unknown: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_INSTRUMENT)
    set(ARG_INSTRUMENT ticks)
  endif()
  if(NOT ARG_OUTPUT_DIRECTORY)
    set(ARG_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/guests)
  endif()
  set(flags ${RINGSIDE_GUEST_FLAGS})
  if(NOT ARG_INSTRUMENT MATCHES "^(none|ticks|accesses)$")
    message(FATAL_ERROR
      "ringside_add_guest(${ARG_NAME}): INSTRUMENT is none, ticks or accesses, not ${ARG_INSTRUMENT}")
  endif()
  if(NOT ARG_INSTRUMENT STREQUAL "none")
    list(APPEND flags ${RINGSIDE_GUEST_TICKS})
  endif()

  ringside_guest_objects(ringside_guest_runtime hook.c mem.c)
  set(runtime $<TARGET_OBJECTS:ringside_guest_runtime>)
  set(link_flags)
  if(ARG_INSTRUMENT STREQUAL "accesses")
    list(APPEND flags ${RINGSIDE_GUEST_ACCESSES})
    ringside_guest_objects(ringside_guest_accesses access.c)
    list(APPEND runtime $<TARGET_OBJECTS:ringside_guest_accesses>)
    list(APPEND link_flags -Wl,-T,${RINGSIDE_GUEST_ROOT}/cmake/accesses.ld)
  endif()
  set(objects ${runtime})
  if(ARG_RUNTIME)
    # Written so that ringside_add_bug() takes them for what they are: nothing of the guest's own.
    foreach(file heap irq log program time virtio)
      list(APPEND runtime $<1:${RINGSIDE_GUEST_ROOT}/guest/runtime/${file}.c>)
    endforeach()
    list(APPEND ARG_INCLUDES ${RINGSIDE_GUEST_ROOT}/guest)
  endif()
  set(target guest_${ARG_NAME})
  add_library(${target} MODULE ${ARG_SOURCES} ${runtime})
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${ARG_NAME}
    LIBRARY_OUTPUT_DIRECTORY ${ARG_OUTPUT_DIRECTORY}
    LINKER_LANGUAGE C C_STANDARD 17 C_EXTENSIONS OFF
    RINGSIDE_RUNTIME_OBJECTS "${objects}"
    LINK_DEPENDS ${RINGSIDE_GUEST_ROOT}/cmake/guest.map)
  target_include_directories(${target} PRIVATE
    ${ARG_INCLUDES} ${RINGSIDE_GUEST_ROOT}/include)
  target_compile_definitions(${target} PRIVATE ${ARG_DEFINITIONS})
  target_compile_options(${target} PRIVATE ${flags})
  target_link_options(${target} PRIVATE
    -nostdlib -Wl,-Bsymbolic -Wl,-Ttext-segment=${RINGSIDE_GUEST_BASE}
    -Wl,--version-script=${RINGSIDE_GUEST_ROOT}/cmake/guest.map
    -Wl,-u,ringside_guest -Wl,-z,now -Wl,-z,noexecstack -Wl,--build-id=sha1 ${link_flags})
  target_link_libraries(${target} PRIVATE ${ARG_ARCHIVE})

  if(TARGET product)
    add_dependencies(product ${target})
  endif()
  add_test(NAME guest.symbols.${ARG_NAME}
    COMMAND ${Python3_EXECUTABLE} ${RINGSIDE_GUEST_ROOT}/tools/check_guest_symbols.py
      --nm ${CMAKE_NM} --readelf ${CMAKE_READELF} --base ${RINGSIDE_GUEST_BASE}
      $<TARGET_FILE:${target}>)
endfunction()

# One function of each object file that guests call: the linker takes them out of the library although the executable itself
# does not use them. Calls are bound at start, because the dynamic linker's lazy binding would not fit on a guest's stack.
function(ringside_export_hal target)
  target_link_libraries(${target} PRIVATE ringside_cpu)
  target_link_options(${target} PRIVATE
    -Wl,--undefined=ringside_tick -Wl,--undefined=hal_mmio_read8 -Wl,--undefined=hal_raw_read -Wl,--undefined=hal_context_switch
    -Wl,--undefined=hal_dma_alloc -Wl,--undefined=hal_cpu_start -Wl,--undefined=probe_ready
    -Wl,--dynamic-list=${RINGSIDE_GUEST_ROOT}/cmake/hal.list -Wl,-z,now)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${RINGSIDE_GUEST_ROOT}/cmake/hal.list)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/RingsideBug.cmake)
