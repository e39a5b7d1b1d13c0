# cmake --install: the program, the plugin, the models, and the libraries with their headers for
# find_package(segue).
include(CMakePackageConfigHelpers)
if(SEGUE_LEARNING_ONLY)
  return()
endif()

set(modules base features plan audio analysis library model evaluation training render planning output judge adaptation)
add_library(segue_all INTERFACE)
set_target_properties(segue_all PROPERTIES EXPORT_NAME segue)
foreach(module ${modules})
  target_link_libraries(segue_all INTERFACE segue_${module})
  set_target_properties(segue_${module} PROPERTIES EXPORT_NAME ${module})
  install(DIRECTORY src/${module} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/segue FILES_MATCHING PATTERN "*.hpp")
  list(APPEND targets segue_${module})
endforeach()
set_target_properties(segue PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS segue RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${targets} segue_all EXPORT segueTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT segueTargets NAMESPACE segue:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/segue)
install(TARGETS segue-torch segue-media LIBRARY DESTINATION lib/segue)
install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/segue
        FILES_MATCHING PATTERN "*.safetensors" PATTERN "*.json")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/segueConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/segueConfig.cmake cmake/Dependencies.cmake ${PROJECT_BINARY_DIR}/segueConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/segue)
