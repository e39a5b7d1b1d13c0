# What scripts/fit_metre.py learns from.
add_executable(beat_candidates ${CMAKE_CURRENT_LIST_DIR}/beat_candidates.cpp)
target_link_libraries(beat_candidates PRIVATE segue::analysis nlohmann_json::nlohmann_json)
segue_warnings(beat_candidates)
add_dependencies(beat_candidates segue-media)
