// The dashboard's files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tms::gateway {

// A file as it was compiled in.
struct BuiltInFile {
  std::string_view path;
  std::string_view content;
};

// What services/gateway/web holds, and what its vendor.txt names. Defined in the build tree.
std::span<const BuiltInFile> BuiltInFiles();

struct WebFile {
  std::string path;  // `/vendor/htm-preact.js`
  std::string content;
};

// The built-in files; with a `folder`, its files over them and beside them.
absl::StatusOr<std::vector<WebFile>> ReadWebFiles(const std::string& folder = "");

}  // namespace tms::gateway
