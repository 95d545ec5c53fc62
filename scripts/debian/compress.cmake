# Run by CPack in the staged tree: manual pages and changelog are compressed without a time in them.
file(GLOB pages ${CPACK_TEMPORARY_DIRECTORY}/usr/share/man/man*/*.[0-9]
  ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/eastap/changelog)
foreach(page ${pages})
  execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
