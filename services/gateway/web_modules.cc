#include "services/gateway/web_modules.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace tms::gateway {
namespace {

// `./x.js` in the module `importer`, as the path of a file.
std::string Resolve(const std::string& importer, std::string_view name) {
  const auto folder = std::filesystem::path(importer).parent_path();
  return (folder / name).lexically_normal().generic_string();
}

std::vector<std::string> ImportsOf(const std::string& path, std::string_view content) {
  constexpr std::string_view kFrom = "from \".";
  std::vector<std::string> imports;
  for (size_t at = content.find(kFrom); at != content.npos; at = content.find(kFrom, at)) {
    const size_t begin = at + kFrom.size() - 1;
    at = content.find('"', begin);
    if (at == content.npos) break;
    imports.push_back(Resolve(path, content.substr(begin, at - begin)));
  }
  return imports;
}

}  // namespace

std::vector<std::string> ModulesOf(std::span<const WebFile> files,
                                   std::vector<std::string> entries) {
  std::vector<std::string> wanted = std::move(entries);
  std::vector<std::string> found;
  std::set<std::string> seen;
  for (size_t at = 0; at < wanted.size(); ++at) {
    const std::string path = wanted[at];
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const WebFile& each) { return each.path == path; });
    if (file == files.end() || !seen.insert(path).second) continue;
    found.push_back(path);
    for (std::string& import : ImportsOf(path, file->content)) wanted.push_back(std::move(import));
  }
  return found;
}

}  // namespace tms::gateway
