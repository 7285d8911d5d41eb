// Comma-separated values (RFC 4180) that a spreadsheet takes for nothing but text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tms::gateway {

// One line with CR LF. A cell that a spreadsheet would run as a formula gets an apostrophe before
// it; control characters other than line ends become blanks.
std::string CsvLine(const std::vector<std::string>& cells);

}  // namespace tms::gateway
