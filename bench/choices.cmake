# How well critics choose, to detectors.
add_executable(choices ${CMAKE_CURRENT_LIST_DIR}/choices.cpp)
target_link_libraries(choices PRIVATE segue::judge nlohmann_json::nlohmann_json)
segue_warnings(choices)
add_dependencies(choices segue-media segue-torch)
