# Everything comes from the distribution's packages; docs/dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
# Debian's libsodium brings no package file for CMake.
find_library(SODIUM_LIBRARY sodium REQUIRED)
find_path(SODIUM_INCLUDE_DIR sodium.h REQUIRED)
add_library(Sodium::Sodium UNKNOWN IMPORTED)
set_target_properties(Sodium::Sodium PROPERTIES
  IMPORTED_LOCATION ${SODIUM_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${SODIUM_INCLUDE_DIR})
# The package's own file for CMake also wants its web server, zlib and curl.
find_library(PROMETHEUS_CORE_LIBRARY prometheus-cpp-core REQUIRED)
find_path(PROMETHEUS_CORE_INCLUDE_DIR prometheus/registry.h REQUIRED)
add_library(PrometheusCore::PrometheusCore UNKNOWN IMPORTED)
set_target_properties(PrometheusCore::PrometheusCore PROPERTIES
  IMPORTED_LOCATION ${PROMETHEUS_CORE_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${PROMETHEUS_CORE_INCLUDE_DIR})
if(TMS_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
