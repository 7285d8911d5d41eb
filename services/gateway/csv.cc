#include "services/gateway/csv.h"

#include <algorithm>

namespace tms::gateway {
namespace {

// What spreadsheets take for the begin of a formula, also after blanks and what becomes a blank.
bool LooksLikeFormula(std::string_view cell) {
  const auto* const first = std::ranges::find_if(
      cell, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; });
  if (first == cell.end()) return false;
  const auto begin = static_cast<size_t>(first - cell.begin());
  const std::string_view rest = cell.substr(begin);
  // The full-width forms (＝＋－＠) too.
  for (const std::string_view sign :
       {"=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"}) {
    if (rest.starts_with(sign)) return true;
  }
  return begin > 0 && cell.find_first_of("\t\r\n") == 0;
}

std::string Cell(std::string_view text) {
  std::string cell = LooksLikeFormula(text) ? "'" : "";
  bool quoted = !cell.empty();
  for (const char c : text) {
    quoted = quoted || c == '"' || c == ',' || c == '\n' || c == '\r' || c == ' ';
    if (c == '"') cell += '"';
    const bool control =
        (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r') || c == '\x7f';
    cell += control ? ' ' : c;
  }
  return quoted ? '"' + cell + '"' : cell;
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) line += (&cell == &cells.front() ? "" : ",") + Cell(cell);
  return line + "\r\n";
}

}  // namespace tms::gateway
