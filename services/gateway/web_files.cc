#include "services/gateway/web_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "common/base/status.h"

namespace tms::gateway {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) return MakeStatus(absl::StatusCode::kUnavailable, "can't read " + path.string());
  return content;
}

absl::Status ReadFolder(const fs::path& folder, std::map<std::string, std::string>& files) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; at != end; at.increment(error)) {
    if (error) break;
    if (!at->is_regular_file(error)) continue;
    TMS_ASSIGN_OR_RETURN(files["/" + at->path().lexically_relative(folder).generic_string()],
                         ReadFile(at->path()));
  }
  if (!error) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnavailable, folder.string() + ": " + error.message());
}

}  // namespace

absl::StatusOr<std::vector<WebFile>> ReadWebFiles(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const BuiltInFile& file : BuiltInFiles()) files[std::string(file.path)] = file.content;
  if (!folder.empty()) TMS_RETURN_IF_ERROR(ReadFolder(folder, files));
  std::vector<WebFile> all;
  for (auto& [path, content] : files) all.push_back({path, std::move(content)});
  return all;
}

}  // namespace tms::gateway
