#include "services/ledgerctl/listing.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "services/ledgerctl/messages.h"

namespace tms::ledgerctl {
namespace {

size_t OutputWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const int width = std::atoi(columns); width > 0) return static_cast<size_t>(width);
  }
  return kUnlimitedWidth;
}

}  // namespace

Listing::Listing(std::vector<Column> columns, bool json, bool wide)
    : json_(json), table_(std::move(columns), wide ? kUnlimitedWidth : OutputWidth()) {}

void Listing::Add(const google::protobuf::Message& item, std::vector<std::string> cells) {
  if (json_) {
    std::cout << ToJson(item) << '\n';
  } else {
    table_.AddRow(std::move(cells));
  }
}

void Listing::Flush() {
  if (!json_) table_.Flush(std::cout);
}

}  // namespace tms::ledgerctl
