# Run with `cmake -P`: writes OUTPUT, C++ source that holds files as bytes. LIST is a file with one
# `served path|file` a line. The source defines tms::gateway::BuiltInFiles().
file(STRINGS ${LIST} lines)
set(entries "")
foreach(line IN LISTS lines)
  string(FIND "${line}" "|" bar)
  string(SUBSTRING "${line}" 0 ${bar} served)
  math(EXPR after "${bar} + 1")
  string(SUBSTRING "${line}" ${after} -1 path)
  file(READ ${path} hex HEX)
  file(SIZE ${path} size)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${hex}")
  string(APPEND entries "    {\"${served}\", {\"${bytes}\", ${size}}},\n")
endforeach()
file(WRITE ${OUTPUT} "// Written by cmake/EmbedFiles.cmake.
#include \"services/gateway/web_files.h\"

namespace tms::gateway {

std::span<const BuiltInFile> BuiltInFiles() {
  static constexpr BuiltInFile kFiles[] = {
${entries}  };
  return kFiles;
}

}  // namespace tms::gateway
")
