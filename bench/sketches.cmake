# What a sketch of a blend costs and tells beside the blend as sound.
add_executable(sketches ${CMAKE_CURRENT_LIST_DIR}/sketches.cpp)
target_link_libraries(sketches PRIVATE segue::judge nlohmann_json::nlohmann_json)
segue_warnings(sketches)
add_dependencies(sketches segue-media segue-torch)
