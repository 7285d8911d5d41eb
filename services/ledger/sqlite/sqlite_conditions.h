// Repeated conditions of a filter as one bound value: a JSON list, or nothing where any value will
// do. For the SQLite store alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/ledger/job.h"
#include "services/ledger/sqlite/request_payload.h"

namespace tms::ledger {

inline std::optional<std::string> AnyOf(const std::vector<std::string>& texts) {
  if (texts.empty()) return std::nullopt;
  return JsonArray(texts);
}

inline std::optional<std::string> AnyOf(const std::vector<int>& numbers) {
  if (numbers.empty()) return std::nullopt;
  std::string json;
  for (const int number : numbers) json += (json.empty() ? "[" : ",") + std::to_string(number);
  return json + "]";
}

// By the words that the database holds.
template <typename Enum>
std::optional<std::string> AnyOf(const std::vector<Enum>& values) {
  std::vector<std::string> words;
  for (const Enum value : values) words.emplace_back(ToWord(value));
  return AnyOf(words);
}

}  // namespace tms::ledger
