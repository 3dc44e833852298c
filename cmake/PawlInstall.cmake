# SPDX-License-Identifier: MIT
# What `cmake --install` puts where: headers, libraries, programs, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

set(pawl_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pawl")

foreach(name headers core co port_posix sim sim_sqlite host glib graph)
	if(TARGET pawl_${name})
		set_target_properties(pawl_${name} PROPERTIES EXPORT_NAME ${name})
		install(TARGETS pawl_${name} EXPORT pawl-targets)
	endif()
endforeach()
# Only the compiler that made it reads its bytecode, and slowly: what is installed is machine code.
if(PAWL_LTO AND CMAKE_OBJCOPY)
	foreach(name core co port_posix host)
		install(CODE "execute_process(COMMAND ${CMAKE_OBJCOPY} --wildcard
			--remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_*
			\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libpawl_${name}.a
			COMMAND_ERROR_IS_FATAL ANY)")
	endforeach()
endif()
install(EXPORT pawl-targets NAMESPACE pawl:: DESTINATION ${pawl_package_dir})
if(EXISTS "${PROJECT_SOURCE_DIR}/include/pawl")
	install(DIRECTORY include/pawl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
install(FILES tool/gdb/pawl.py DESTINATION ${CMAKE_INSTALL_DATADIR}/pawl/gdb)
if(TARGET pawl)
	install(TARGETS pawl)
	install(DIRECTORY layers/pawl DESTINATION ${CMAKE_INSTALL_DATADIR}/pawl/layers)
endif()
if(TARGET pawl-fetch)
	install(TARGETS pawl-fetch DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/pawl)
endif()

configure_package_config_file(cmake/pawl-config.cmake.in cmake/pawl-config.cmake
	INSTALL_DESTINATION ${pawl_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/pawl-config-version.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/pawl-config.cmake
	${PROJECT_BINARY_DIR}/cmake/pawl-config-version.cmake DESTINATION ${pawl_package_dir})

configure_file(cmake/pawl.pc.in cmake/pawl.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/pawl.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET pawl_glib)
	configure_file(cmake/pawl-glib.pc.in cmake/pawl-glib.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/cmake/pawl-glib.pc
		DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
