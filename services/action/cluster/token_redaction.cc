#include "services/action/cluster/token_redaction.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <utility>

namespace tms::action {
namespace {

constexpr std::string_view kPlaceholder = "[token]";
constexpr std::string_view kShortPlaceholder = "***";
constexpr size_t kMinTokenBytes = 4;
// A shorter beginning at the end of a text is more likely chance than a cut token.
constexpr size_t kTellingPrefixBytes = 8;

// Size of `digits` up to its end or `most` characters, if they spell `c` in `base`; else 0.
size_t MatchNumber(std::string_view digits, size_t most, int base, char c) {
  unsigned value = 0;
  const std::string_view text = digits.substr(0, most);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const auto size = static_cast<size_t>(parsed.ptr - text.data());
  return parsed.ec == std::errc() && value == static_cast<unsigned char>(c) ? size : 0;
}

// `\/`, `\u002b`
size_t MatchJson(std::string_view text, char c) {
  if (text.size() < 2) return 0;
  if (text[1] == c) return 2;
  constexpr size_t kDigits = 4;
  return text[1] == 'u' && MatchNumber(text.substr(2), kDigits, 16, c) == kDigits ? 6 : 0;
}

// `%2B`
size_t MatchUrl(std::string_view text, char c) {
  constexpr size_t kDigits = 2;
  return MatchNumber(text.substr(1), kDigits, 16, c) == kDigits ? 3 : 0;
}

// `&amp;`, `&#43;`, `&#x2b;`
size_t MatchHtml(std::string_view text, char c) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (const auto& [name, named] : kNamed) {
    if (named == c && text.starts_with(name)) return name.size();
  }
  if (!text.starts_with("&#") || text.size() < 3) return 0;
  const bool hex = text[2] == 'x' || text[2] == 'X';
  const size_t begin = hex ? 3 : 2;
  constexpr size_t kMostDigits = 8;  // leading zeros are allowed
  const size_t digits = MatchNumber(text.substr(begin), kMostDigits, hex ? 16 : 10, c);
  if (digits == 0 || text.size() <= begin + digits || text[begin + digits] != ';') return 0;
  return begin + digits + 1;
}

// Size of the spelling of `c` at the start of `text`: itself or an escape; 0 if it is another.
size_t MatchCharacter(std::string_view text, char c) {
  size_t size = 0;
  if (text.front() == '\\') size = MatchJson(text, c);
  if (text.front() == '%') size = MatchUrl(text, c);
  if (text.front() == '&') size = MatchHtml(text, c);
  if (size > 0) return size;
  return text.front() == c ? 1 : 0;
}

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

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
  if (token.empty()) return std::string(text);
  const bool is_short = token.size() < kMinTokenBytes;
  const char beginnings[] = {token.front(), '\\', '%', '&'};
  std::string redacted;
  redacted.reserve(text.size());
  while (!text.empty()) {
    // As it is first: a token may look like an escape of another one.
    size_t size = text.starts_with(token) ? token.size() : MatchToken(text, token);
    const bool in_word = (!redacted.empty() && IsWordCharacter(redacted.back())) ||
                         (size < text.size() && IsWordCharacter(text[size]));
    if (is_short && in_word) size = 0;
    if (size > 0) {
      redacted += is_short ? kShortPlaceholder : kPlaceholder;
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
