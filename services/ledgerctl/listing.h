// A list on stdout: a table, or one JSON object a line.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "services/ledgerctl/table.h"

namespace tms::ledgerctl {

// For one thread.
class Listing {
 public:
  // The table is as wide as the terminal, else $COLUMNS, else as it comes; `wide`: as it comes.
  Listing(std::vector<Column> columns, bool json, bool wide = false);

  // `cells` are what the table shows of `item`.
  void Add(const google::protobuf::Message& item, std::vector<std::string> cells);

  // Writes what was added since the last call; see Table::Flush.
  void Flush();

  // Whether the table had no room for some of its columns.
  bool columns_dropped() const { return !table_.dropped().empty(); }

 private:
  const bool json_;
  Table table_;
};

}  // namespace tms::ledgerctl
