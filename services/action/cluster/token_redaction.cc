#include "services/action/cluster/token_redaction.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace tms::action {
namespace {

constexpr std::string_view kPlaceholder = "[token]";
constexpr size_t kMinTokenBytes = 4;
// A shorter beginning at the end of a text is more likely chance than a cut token.
constexpr size_t kTellingPrefixBytes = 8;

// Size of the spelling of `c` at the start of `text`: itself or a JSON escape; 0 if it is another.
size_t MatchCharacter(std::string_view text, char c) {
  if (text.front() == c) return 1;
  if (text.front() != '\\' || text.size() < 2) return 0;
  if (text[1] == c) return 2;
  constexpr size_t kEscapeSize = 6;  // \u002b
  if (text[1] != 'u' || text.size() < kEscapeSize) return 0;
  unsigned value = 0;
  const char* end = text.data() + kEscapeSize;
  const auto parsed = std::from_chars(text.data() + 2, end, value, 16);
  return parsed.ptr == end && value == static_cast<unsigned char>(c) ? kEscapeSize : 0;
}

// Size of the token's spelling at the start of `text`, 0 if it is not there.
size_t MatchToken(std::string_view text, std::string_view token) {
  size_t at = 0;
  for (size_t matched = 0; matched < token.size(); ++matched) {
    if (at == text.size()) return matched >= kTellingPrefixBytes ? at : 0;
    const size_t size = MatchCharacter(text.substr(at), token[matched]);
    if (size == 0) return 0;
    at += size;
  }
  return at;
}

}  // namespace

std::string RedactToken(std::string_view text, std::string_view token) {
  if (token.size() < kMinTokenBytes) return std::string(text);
  const char beginnings[] = {token.front(), '\\'};
  std::string redacted;
  redacted.reserve(text.size());
  while (!text.empty()) {
    const size_t size = MatchToken(text, token);
    if (size > 0) {
      redacted += kPlaceholder;
      text.remove_prefix(size);
      continue;
    }
    const size_t next = text.find_first_of(std::string_view(beginnings, sizeof(beginnings)), 1);
    redacted += text.substr(0, next);
    text.remove_prefix(std::min(next, text.size()));
  }
  return redacted;
}

}  // namespace tms::action
