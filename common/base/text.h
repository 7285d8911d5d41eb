// Text as bytes in UTF-8: checks, cuts and encodings that everything else shares.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tms {

// Without ASCII white space at both ends.
std::string_view Trim(std::string_view text);

std::string ToLowerAscii(std::string_view text);

bool EqualsIgnoreCaseAscii(std::string_view a, std::string_view b);

bool IsValidUtf8(std::string_view text);

// Valid UTF-8 without control characters (C0, DEL, C1).
bool IsPrintable(std::string_view text);

// Number of Unicode code points; `text` must be valid UTF-8.
size_t CountCharacters(std::string_view text);

// The longest prefix of at most `max_bytes` that ends at a code point's boundary.
std::string_view CutUtf8(std::string_view text, size_t max_bytes);

// The first `max_characters` code points.
std::string_view CutCharacters(std::string_view text, size_t max_characters);

// `text` as valid UTF-8 on one line: invalid bytes become U+FFFD, control characters spaces. For
// error messages and logs made from what somebody else sent.
std::string Sanitize(std::string_view text);

// `text` as valid UTF-8: invalid bytes become U+FFFD, control characters stay.
std::string RepairUtf8(std::string_view text);

std::string HexEncode(std::string_view bytes);

// RFC 4648 §5, without padding.
std::string Base64UrlEncode(std::string_view bytes);
// Nothing if `text` is not exactly what Base64UrlEncode would give.
std::optional<std::string> Base64UrlDecode(std::string_view text);

}  // namespace tms
