# Files from FPGA register maps as part of a CMake build; CMake 3.20 or later, Ninja or Makefiles.
#
#   execute_process(COMMAND hal paths cmake OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
#   list(APPEND CMAKE_MODULE_PATH "${dir}")
#   include(FpgaHal)
#
#   fpga_hal_generate(<target> MAPS <map>... [LANGUAGES <language>...] [TEMPLATES <folder>]
#                     [OUTPUT_DIRECTORY <folder>])
#
# <target> generates what is not up to date; only maps that changed, or that include what changed. Languages are those
# of `hal generate --lang`; python when none is given. <target>_FILES is set to the files, in OUTPUT_DIRECTORY (the
# current binary folder when not given). For C and C++, add <target> to add_dependencies() of what includes them.
include_guard(GLOBAL)

find_program(FPGA_HAL_EXECUTABLE hal REQUIRED DOC "The hal command")

function(fpga_hal_generate target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT_DIRECTORY;TEMPLATES" "MAPS;LANGUAGES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "fpga_hal_generate: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_MAPS)
    message(FATAL_ERROR "fpga_hal_generate: MAPS is missing")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  get_filename_component(output "${arg_OUTPUT_DIRECTORY}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")

  set(options -o "${output}")
  foreach(language IN LISTS arg_LANGUAGES)
    list(APPEND options --lang "${language}")
  endforeach()
  if(arg_TEMPLATES)
    get_filename_component(templates "${arg_TEMPLATES}" ABSOLUTE)
    list(APPEND options --templates "${templates}")
  endif()

  set(stamps)
  set(all_files)
  foreach(map IN LISTS arg_MAPS)
    get_filename_component(path "${map}" ABSOLUTE)
    # The files' names come from inside of the map, so a changed map is reason to look again.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    execute_process(
      COMMAND "${FPGA_HAL_EXECUTABLE}" generate "${path}" ${options} --list
      OUTPUT_VARIABLE files
      RESULT_VARIABLE result
      OUTPUT_STRIP_TRAILING_WHITESPACE
    )
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "fpga_hal_generate: hal refused ${map}")
    endif()
    string(REPLACE "\n" ";" files "${files}")
    string(SHA256 key "${path}")
    string(SUBSTRING "${key}" 0 12 key)
    set(stamp "${CMAKE_CURRENT_BINARY_DIR}/${target}.${key}.stamp")
    # Files that did not change keep their time, so what is compared is a stamp.
    add_custom_command(
      OUTPUT "${stamp}"
      BYPRODUCTS ${files}
      COMMAND "${FPGA_HAL_EXECUTABLE}" generate "${path}" ${options} --depfile "${stamp}.d" --depfile-target "${stamp}"
      COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
      DEPENDS "${path}"
      DEPFILE "${stamp}.d"
      COMMENT "Generating from ${map}"
      VERBATIM
    )
    list(APPEND stamps "${stamp}")
    list(APPEND all_files ${files})
  endforeach()
  add_custom_target(${target} ALL DEPENDS ${stamps})
  set(${target}_FILES "${all_files}" PARENT_SCOPE)
endfunction()
