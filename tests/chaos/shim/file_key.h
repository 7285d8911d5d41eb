// What tells a file from every other that ever was: its inode's number may be used again.
#pragma once

#include <string>

namespace tms::chaos {

// `inode-birthtime`, as `stat --format=%i-%.9W` prints it; empty if the file is not there.
std::string KeyOf(const std::string& path);
std::string KeyOf(int descriptor);

}  // namespace tms::chaos
