# SPDX-License-Identifier: MIT
# pawl_test, pawl_sim_test and pawl_shell_test: how a folder registers its tests.

#	pawl_test(NAME source... [LIBS library...] [LABELS label...] [TIMEOUT seconds])
#
# Builds the program NAME from the sources, the test kit and the libraries, and registers it. It
# sees include/, src/ ("graph/base.h") and test/kit ("kit.h"). What links the host floor has
# threads and gets the label "threads": those are the tests that also run under the thread
# sanitizer. With PAWL_PORT_ONLY what links more than there is left out.
function(pawl_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LIBS;LABELS")
	foreach(lib IN LISTS arg_LIBS)
		if(PAWL_PORT_ONLY AND NOT TARGET ${lib})
			return()
		endif()
	endforeach()
	add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
	target_link_libraries(${name} PRIVATE ${arg_LIBS} pawl_kit pawl_headers)
	target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
	target_compile_definitions(${name} PRIVATE
		PAWL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PAWL_BUILD_DIR="${PROJECT_BINARY_DIR}")
	add_test(NAME ${name} COMMAND ${name})
	if("pawl_host" IN_LIST arg_LIBS OR "pawl::host" IN_LIST arg_LIBS)
		list(APPEND arg_LABELS threads)
	endif()
	pawl_test_properties_(${name} "${arg_TIMEOUT}" "${arg_LABELS}")
endfunction()

#	pawl_sim_test(NAME source... [LIBS library...] [LABELS label...] [TIMEOUT seconds])
#
# Builds a program of seeded tests, one with PAWL_SIM_MAIN, from the sources, pawl_sim and the
# libraries, and registers it, for CTest and for `make sim`.
function(pawl_sim_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LIBS;LABELS")
	add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
	target_link_libraries(${name} PRIVATE pawl_sim ${arg_LIBS} pawl_core pawl_port_posix)
	target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
	add_test(NAME ${name} COMMAND ${name})
	pawl_test_properties_(${name} "${arg_TIMEOUT}" "${arg_LABELS}")
	pawl_sim_program(${name})
endfunction()

#	pawl_sim_program(target...)
#
# Programs with PAWL_SIM_MAIN of which `make sim T=name` runs a test: sim-programs.txt in the build
# folder has their paths, and the target sim_programs builds them. They need not be CTest's tests.
function(pawl_sim_program)
	get_property(is_begun GLOBAL PROPERTY PAWL_SIM_PROGRAMS_ SET)
	if(NOT is_begun)
		add_custom_target(sim_programs)
		cmake_language(DEFER DIRECTORY ${PROJECT_SOURCE_DIR} CALL pawl_sim_list_)
	endif()
	foreach(target IN LISTS ARGV)
		set_property(GLOBAL APPEND_STRING PROPERTY PAWL_SIM_PROGRAMS_ "$<TARGET_FILE:${target}>\n")
		add_dependencies(sim_programs ${target})
	endforeach()
endfunction()

function(pawl_sim_list_)
	get_property(programs GLOBAL PROPERTY PAWL_SIM_PROGRAMS_)
	file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/sim-programs.txt CONTENT "${programs}")
endfunction()

#	pawl_shell_test(NAME script [LABELS label...] [TIMEOUT seconds])
#
# Registers a bash script that speaks the kit's output protocol. It finds PAWL (the program),
# PAWL_SOURCE and PAWL_BUILD (the two folders) and PAWL_PRESET_SANITIZE (what the build is
# sanitized with) in its environment.
function(pawl_shell_test name script)
	cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "LABELS")
	if(PAWL_PORT_ONLY)
		return() # they are about the project, or run what is left out
	endif()
	cmake_path(ABSOLUTE_PATH script)
	add_test(NAME ${name} COMMAND bash ${script})
	pawl_test_properties_(${name} "${arg_TIMEOUT}" "${arg_LABELS}")
endfunction()

function(pawl_test_properties_ name timeout labels)
	if(NOT timeout)
		set(timeout 600)
	endif()
	set(env "PAWL=${PROJECT_BINARY_DIR}/src/cli/pawl" "PAWL_SOURCE=${PROJECT_SOURCE_DIR}"
		"PAWL_BUILD=${PROJECT_BINARY_DIR}" "PAWL_PRESET_SANITIZE=${PAWL_SANITIZE}"
		"CC=${CMAKE_C_COMPILER}")
	set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} LABELS "${labels}"
		ENVIRONMENT "${env}")
endfunction()
