# RingsideBug.cmake - mutants: guests with a bug put back, each from a patch
#
#   ringside_add_bug(GUEST reference PATCH scenarios/timer/x.patch [ROOT dir])
#       builds guests/reference!x.so beside the guest of ringside_add_guest(NAME reference …), and a test, bug.x
#
# The patch is in unified format, its paths are a/… and b/… below ROOT (the project's folder), and it changes sources of the
# guest that there are. Only those are compiled again: they are copied into the build folder and patched there; every other object is
# the guest's own. Where a header is patched, those that include it are compiled too. Who they are is found out when the build is
# configured; the test bug.x fails when it has changed since.
#
# A patch has to fit exactly: lines may have moved, but none of its context may have changed. When it does not, the build goes on,
# the reason goes into guests/reference!x.failed, and the test bug.x and the tests of its `guards` lines fail with it.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(RINGSIDE_BUGS_TOOL ${RINGSIDE_GUEST_ROOT}/tools/bugs.py)

# The files that a patch changes, below its root.
function(ringside_bug_files patch result)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${patch})
  file(STRINGS ${patch} lines REGEX "^[+][+][+] b/")
  set(files)
  foreach(line ${lines})
    string(REGEX REPLACE "^[+][+][+] b/([^\t ]+).*" "\\1" file "${line}")
    list(APPEND files ${file})
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# The arguments by which the tool finds out who includes what a patch changes; "" when that is no header.
function(ringside_bug_reach_arguments guest files copies result)
  set(arguments)
  if(files MATCHES "[.]h(;|$)")
    get_target_property(sources ${guest} SOURCES)
    get_target_property(source_dir ${guest} SOURCE_DIR)
    get_target_property(includes ${guest} INCLUDE_DIRECTORIES)
    list(FILTER sources EXCLUDE REGEX "^[$]<")
    set(folders ${includes})
    set(paths)
    foreach(source ${sources})
      get_filename_component(path ${source} ABSOLUTE BASE_DIR ${source_dir})
      get_filename_component(folder ${path} DIRECTORY)
      list(APPEND paths ${path})
      list(APPEND folders ${folder})
    endforeach()
    list(REMOVE_DUPLICATES folders)
    set(arguments --into ${copies}.reached --headers ${folders} --sources ${paths} --)
  endif()
  set(${result} "${arguments}" PARENT_SCOPE)
endfunction()

# Sorts the sources of the guest into those to compile anew, from `copies` where they are patched, and objects of the guest.
function(ringside_bug_split guest root files reached copies sources_result objects_result)
  get_target_property(sources ${guest} SOURCES)
  get_target_property(source_dir ${guest} SOURCE_DIR)
  set(compiled)
  set(touched)
  foreach(source ${sources})
    if(source MATCHES "^[$]<")
      continue() # the runtime, which every guest gets as it is
    endif()
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${source_dir})
    file(RELATIVE_PATH below_root ${root} ${path})
    file(RELATIVE_PATH below_guest ${source_dir} ${path})
    if(below_root IN_LIST files)
      list(APPEND compiled ${copies}/${below_root})
      list(APPEND touched ${below_guest})
    elseif(path IN_LIST reached)
      list(APPEND compiled ${path})
      list(APPEND touched ${below_guest})
    endif()
  endforeach()
  string(REPLACE "." "[.]" touched "${touched}")
  string(REPLACE ";" "|" touched "${touched}")
  set(${sources_result} ${compiled} PARENT_SCOPE)
  set(${objects_result}
    "$<FILTER:$<TARGET_OBJECTS:${guest}>,EXCLUDE,/${guest}[.]dir/([.]/)?(${touched})[.]o$>" PARENT_SCOPE)
endfunction()

function(ringside_bug_module target guest patch root files)
  get_target_property(folder ${guest} LIBRARY_OUTPUT_DIRECTORY)
  get_target_property(guest_name ${guest} OUTPUT_NAME)
  get_target_property(includes ${guest} INCLUDE_DIRECTORIES)
  get_target_property(link_libraries ${guest} LINK_LIBRARIES)
  get_filename_component(bug ${patch} NAME_WLE)
  set(copies ${CMAKE_CURRENT_BINARY_DIR}/${target})
  set(reached)
  ringside_bug_reach_arguments(${guest} "${files}" ${copies} arguments)
  if(arguments)
    execute_process(COMMAND ${Python3_EXECUTABLE} -B ${RINGSIDE_BUGS_TOOL} reach ${arguments} ${patch}
      COMMAND_ERROR_IS_FATAL ANY)
    file(READ ${copies}.reached reached)
  endif()
  set(reach_arguments "${arguments}" PARENT_SCOPE) # for the test
  ringside_bug_split(${guest} ${root} "${files}" "${reached}" ${copies} sources objects)

  list(TRANSFORM files PREPEND ${root}/ OUTPUT_VARIABLE originals)
  list(TRANSFORM files PREPEND ${copies}/ OUTPUT_VARIABLE patched)
  add_custom_command(OUTPUT ${patched}
    COMMAND ${Python3_EXECUTABLE} -B ${RINGSIDE_BUGS_TOOL} apply --root ${root} --into ${copies}
      --failed ${folder}/${guest_name}!${bug}.failed ${patch}
    DEPENDS ${patch} ${originals} ${RINGSIDE_BUGS_TOOL}
    COMMENT "Patching ${guest_name}!${bug}"
    VERBATIM)

  # The copies stand where the originals would: includes are looked for among them first.
  set(shadow_includes)
  foreach(include ${includes})
    file(RELATIVE_PATH below ${root} ${include})
    list(APPEND shadow_includes ${copies}/${below})
  endforeach()
  # And a header beside a source is found beside the original.
  set(quoted)
  foreach(file ${originals})
    get_filename_component(place ${file} DIRECTORY)
    list(APPEND quoted "SHELL:-iquote ${place}")
  endforeach()
  list(REMOVE_DUPLICATES quoted)
  get_target_property(runtime ${guest} RINGSIDE_RUNTIME_OBJECTS)
  add_library(${target} MODULE ${sources} ${patched} ${runtime})
  if(TARGET product)
    add_dependencies(product ${target})
  endif()
  target_include_directories(${target} PRIVATE ${shadow_includes} ${includes})
  foreach(property COMPILE_DEFINITIONS COMPILE_OPTIONS LINK_OPTIONS LINK_DEPENDS
      C_STANDARD C_EXTENSIONS LINKER_LANGUAGE PREFIX SUFFIX)
    get_target_property(value ${guest} ${property})
    if(NOT value MATCHES "-NOTFOUND$")
      set_target_properties(${target} PROPERTIES ${property} "${value}")
    endif()
  endforeach()
  # The debugger and the evidence show the place of the original.
  file(RELATIVE_PATH copies_relative ${CMAKE_BINARY_DIR} ${copies})
  target_compile_options(${target} PRIVATE
    -ffile-prefix-map=${copies}/= -ffile-prefix-map=${copies_relative}/= ${quoted})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${guest_name}!${bug} LIBRARY_OUTPUT_DIRECTORY ${folder})
  # As libraries: among the sources, a filter around the objects of another target does not count.
  target_link_libraries(${target} PRIVATE "${objects}")
  if(link_libraries)
    target_link_libraries(${target} PRIVATE ${link_libraries})
  endif()
endfunction()

function(ringside_add_bug)
  cmake_parse_arguments(ARG "" "GUEST;PATCH;ROOT" "" ${ARGN})
  if(NOT ARG_GUEST OR NOT ARG_PATCH OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "ringside_add_bug: GUEST or PATCH is missing, or a word is unknown: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_ROOT)
    set(ARG_ROOT ${CMAKE_SOURCE_DIR})
  endif()
  get_filename_component(patch ${ARG_PATCH} ABSOLUTE)
  get_filename_component(bug ${patch} NAME_WLE)
  set(guest guest_${ARG_GUEST})
  set(target ${guest}.${bug})
  if(NOT TARGET ${guest})
    message(FATAL_ERROR "ringside_add_bug: no guest is called ${ARG_GUEST}; ringside_add_guest comes first.")
  endif()
  if(TARGET ${target})
    message(FATAL_ERROR "ringside_add_bug: two patches are called ${bug}.patch; ${patch} is the second.")
  endif()
  get_target_property(folder ${guest} LIBRARY_OUTPUT_DIRECTORY)
  set(failed ${folder}/${ARG_GUEST}!${bug}.failed)

  ringside_bug_files(${patch} files)
  set(reach_arguments)
  set(missing)
  foreach(file ${files})
    if(NOT EXISTS ${ARG_ROOT}/${file})
      list(APPEND missing ${file})
    endif()
  endforeach()
  if(NOT files)
    file(WRITE ${failed} "${bug}.patch: changes no file; its paths have to begin with a/ and b/\n")
  elseif(missing)
    list(JOIN missing ", " missing)
    file(WRITE ${failed} "${bug}.patch: no such file: ${missing}; renew the patch with ./dev rebase-bugs\n")
  else()
    ringside_bug_module(${target} ${guest} ${patch} ${ARG_ROOT} "${files}")
  endif()
  add_test(NAME bug.${bug}
    COMMAND ${Python3_EXECUTABLE} -B ${RINGSIDE_BUGS_TOOL} check --failed ${failed} ${reach_arguments} ${patch})
endfunction()
