# The .deb, by CPack: scripts/package. Included by CMakeLists.txt.
set(EASTAP_MAINTAINER "" CACHE STRING "Name <address> of who builds the .deb; scripts/package finds it out")
if(EASTAP_MAINTAINER)
  set(CPACK_PACKAGE_CONTACT "${EASTAP_MAINTAINER}")
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME eastap)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "intercepting proxy that explains Exchange ActiveSync traffic")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"eastap stands as HTTPS proxy between a phone and an Exchange server, decodes
what both say in Exchange ActiveSync while it happens, says in plain words
what was asked and what went wrong, and keeps a capture to be replayed.
.
The service is not started by the installation: systemctl enable --now eastap.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, init-system-helpers (>= 1.54~)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "sqlite3")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm ${CMAKE_CURRENT_LIST_DIR}/postrm
  ${CMAKE_CURRENT_LIST_DIR}/conffiles)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)

# What only the package has: files outside the prefix, and Debian's own documents.
configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in ${CMAKE_BINARY_DIR}/package/changelog @ONLY)
install(FILES ${PROJECT_SOURCE_DIR}/config/service/eastap.toml DESTINATION /etc/eastap
  COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/copyright ${CMAKE_BINARY_DIR}/package/changelog
  DESTINATION /usr/share/doc/eastap COMPONENT debian EXCLUDE_FROM_ALL)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS
  "${CMAKE_BINARY_DIR};eastap;ALL;/;${CMAKE_BINARY_DIR};eastap;debian;/")
# Debian wants them compressed.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/compress.cmake)
include(CPack)
