#include "services/ledgerctl/table.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace tms::ledgerctl {
namespace {

constexpr size_t kGap = 2;  // Spaces between columns.

std::string CutCell(const std::string& cell, size_t width) {
  if (CountCharacters(cell) <= width) return cell;
  return std::string(CutCharacters(cell, width - 1)) + "…";
}

}  // namespace

Table::Table(std::vector<Column> columns, size_t width)
    : columns_(std::move(columns)), width_(width) {}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  // What others sent may hold anything, and a terminal obeys control characters.
  for (std::string& cell : cells) cell = Sanitize(cell);
  rows_.push_back(std::move(cells));
}

void Table::Flush(std::ostream& out) {
  if (widths_.empty()) {
    Settle();
    std::vector<std::string> headers;
    for (const Column& column : columns_) headers.push_back(column.header);
    WriteRow(out, headers);
  }
  for (const auto& row : rows_) WriteRow(out, row);
  rows_.clear();
}

std::vector<std::string> Table::dropped() const {
  std::vector<std::string> headers;
  for (size_t i = 0; i < shown_.size(); ++i) {
    if (!shown_[i]) headers.push_back(columns_[i].header);
  }
  return headers;
}

void Table::Settle() {
  shown_.assign(columns_.size(), true);
  widths_.clear();
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t natural = CountCharacters(columns_[i].header);
    for (const auto& row : rows_) natural = std::max(natural, CountCharacters(row[i]));
    widths_.push_back(natural);
  }
  if (width_ == kUnlimitedWidth) return;

  const auto least = [this](size_t i) {
    if (columns_[i].min_width == 0) return widths_[i];
    return std::min(widths_[i], std::max(columns_[i].min_width, columns_[i].header.size()));
  };
  const auto total = [this](auto width_of) {
    size_t sum = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (shown_[i]) sum += width_of(i) + (sum > 0 ? kGap : 0);
    }
    return sum;
  };
  while (total(least) > width_) {
    size_t victim = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!shown_[i] || columns_[i].drop_rank == 0) continue;
      if (victim == columns_.size() || columns_[i].drop_rank > columns_[victim].drop_rank) {
        victim = i;
      }
    }
    if (victim == columns_.size()) break;
    shown_[victim] = false;
  }
  // The last columns give way first: they hold the longest texts.
  for (size_t i = columns_.size(); i-- > 0;) {
    const size_t wanted = total([this](size_t j) { return widths_[j]; });
    if (wanted <= width_) break;
    widths_[i] -= std::min(wanted - width_, widths_[i] - least(i));
  }
}

void Table::WriteRow(std::ostream& out, const std::vector<std::string>& cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!shown_[i]) continue;
    if (!line.empty()) line.append(kGap, ' ');
    const std::string cell = columns_[i].min_width > 0 ? CutCell(cells[i], widths_[i]) : cells[i];
    const size_t used = CountCharacters(cell);
    const std::string padding(used < widths_[i] ? widths_[i] - used : 0, ' ');
    line += columns_[i].right_aligned ? padding + cell : cell + padding;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  out << line << '\n';
}

}  // namespace tms::ledgerctl
