# What scripts/fit_continuity.py learns from.
add_executable(continuity_pairs ${CMAKE_CURRENT_LIST_DIR}/continuity_pairs.cpp)
target_link_libraries(continuity_pairs PRIVATE segue::audio segue::model nlohmann_json::nlohmann_json)
segue_warnings(continuity_pairs)
add_dependencies(continuity_pairs segue-media)
