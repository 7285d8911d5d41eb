#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tms {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

struct CodePoint {
  size_t size;  // bytes; 0 if the bytes at this place are not valid UTF-8
  uint32_t value;
};

// Decodes the code point at the start of `text`, which is not empty (Unicode 15, table 3-7).
CodePoint Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, first};
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {0, 0};
  uint32_t value = first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(byte(i))) return {0, 0};
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[size] || value > 0x10FFFF || surrogate) return {0, 0};
  return {size, value};
}

bool IsControl(uint32_t value) { return value < 0x20 || (value >= 0x7F && value < 0xA0); }

std::string Repair(std::string_view text, bool one_line) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (point.size == 0) {
      repaired += kReplacement;
    } else if (one_line && IsControl(point.value)) {
      repaired += ' ';
    } else {
      repaired += text.substr(0, point.size);
    }
    text.remove_prefix(std::max<size_t>(point.size, 1));
  }
  return repaired;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string ToLowerAscii(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), LowerAscii);
  return lower;
}

bool EqualsIgnoreCaseAscii(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerAscii, LowerAscii);
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (point.size == 0) return false;
    text.remove_prefix(point.size);
  }
  return true;
}

bool IsPrintable(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (point.size == 0 || IsControl(point.value)) return false;
    text.remove_prefix(point.size);
  }
  return true;
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return !IsContinuation(static_cast<unsigned char>(c)); }));
}

std::string_view CutUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && IsContinuation(static_cast<unsigned char>(text[end]))) --end;
  return text.substr(0, end);
}

std::string_view CutCharacters(std::string_view text, size_t max_characters) {
  size_t seen = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsContinuation(static_cast<unsigned char>(text[at]))) continue;
    if (seen++ == max_characters) return text.substr(0, at);
  }
  return text;
}

std::string Sanitize(std::string_view text) { return Repair(text, true); }

std::string RepairUtf8(std::string_view text) { return Repair(text, false); }

std::string HexEncode(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 0x0F];
  }
  return hex;
}

std::string Base64UrlEncode(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) text += kBase64Url[bits >> (count - 6) & 0x3F];
  }
  if (count > 0) text += kBase64Url[bits << (6 - count) & 0x3F];
  return text;
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kBase64Url.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count);
  }
  // One value, one spelling: leftover bits must be none or zero.
  if (Base64UrlEncode(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace tms
