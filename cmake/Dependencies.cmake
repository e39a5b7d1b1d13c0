# Every library segue stands on, once. scripts/packages.sh names the Debian packages.
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)  # JSON: plans, cards, reports
find_package(PNG REQUIRED)            # pictures of what networks learn
find_package(PkgConfig REQUIRED)

if(NOT SEGUE_LEARNING_ONLY)
  pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswresample)  # decoding
  pkg_check_modules(SNDFILE REQUIRED IMPORTED_TARGET sndfile)        # encoding
  pkg_check_modules(TAGLIB REQUIRED IMPORTED_TARGET taglib)          # chapter marks
  pkg_check_modules(SOXR REQUIRED IMPORTED_TARGET soxr)              # resampling of what is rendered
  pkg_check_modules(RUBBERBAND REQUIRED IMPORTED_TARGET rubberband)  # other speed and pitch
  pkg_check_modules(EBUR128 REQUIRED IMPORTED_TARGET libebur128)     # loudness, true peak
  pkg_check_modules(FFTW REQUIRED IMPORTED_TARGET fftw3f)            # log-mel
  find_library(QM_DSP qm-dsp REQUIRED)                               # beats, tempo, pitch classes
  find_path(QM_DSP_INCLUDE dsp/tempotracking/TempoTrackV2.h PATH_SUFFIXES qm-dsp REQUIRED)
  add_library(qm-dsp INTERFACE IMPORTED)
  target_link_libraries(qm-dsp INTERFACE ${QM_DSP})
  target_include_directories(qm-dsp SYSTEM INTERFACE ${QM_DSP_INCLUDE})
  pkg_check_modules(CHROMAPRINT REQUIRED IMPORTED_TARGET libchromaprint)  # doubles in other formats
  pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)         # catalog
  find_package(OpenMP REQUIRED)                                      # FAISS asks for it
  find_package(faiss REQUIRED)                                       # nearest embeddings among very many
  find_package(CLI11 REQUIRED)                                       # command line
endif()
