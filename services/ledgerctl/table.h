// A text table that fits a terminal.
#pragma once

#include <cstddef>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace tms::ledgerctl {

// Never cut, never drop: what a pipe or a file gets.
inline constexpr size_t kUnlimitedWidth = std::numeric_limits<size_t>::max();

struct Column {
  std::string header;
  bool right_aligned = false;
  // Characters that a cell may be cut down to where the room is short, though not below the header;
  // 0: cells are never cut.
  size_t min_width = 0;
  // Where cutting is not enough, columns go by rank, the highest first; 0: stays always.
  int drop_rank = 0;
};

// Writes rows in aligned columns. The first Flush settles the columns and their widths by the rows
// that are there; later rows keep them, so that a long list can be written page by page.
// For one thread.
class Table {
 public:
  // `width` is in characters.
  Table(std::vector<Column> columns, size_t width);

  // One cell for each column, without line breaks.
  void AddRow(std::vector<std::string> cells);

  // Writes the rows added since the last call, before the first of them the headers.
  void Flush(std::ostream& out);

  // Headers of the columns for which there was no room; known after the first Flush.
  std::vector<std::string> dropped() const;

 private:
  void Settle();
  void WriteRow(std::ostream& out, const std::vector<std::string>& cells) const;

  std::vector<Column> columns_;
  size_t width_;
  std::vector<std::vector<std::string>> rows_;
  // Width and presence of each column, once settled.
  std::vector<size_t> widths_;
  std::vector<bool> shown_;
};

}  // namespace tms::ledgerctl
