#include "common/http/head_scanner.h"

#include <algorithm>

namespace tms::http {
namespace {

// RFC 9110 §5.6.2.
bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

// `method SP target SP HTTP/1.1`, with a target of visible ASCII. Empty if it is, else why not.
std::optional<Refusal> CheckRequestLine(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return Refusal{400, "the request line is malformed"};
  if (!IsToken(line.substr(0, first))) return Refusal{400, "the method is malformed"};
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const bool visible =
      std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!visible || !target.starts_with('/')) return Refusal{400, "the target is not a path"};
  const std::string_view version = line.substr(last + 1);
  if (version == "HTTP/1.1") return std::nullopt;
  if (version.starts_with("HTTP/")) return Refusal{505, "only HTTP/1.1 is spoken here"};
  return Refusal{400, "the request line is malformed"};
}

std::optional<Refusal> CheckHeaderLine(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) return Refusal{400, "a header is folded"};
  const size_t colon = line.find(':');
  if (colon == line.npos || !IsToken(line.substr(0, colon))) {
    return Refusal{400, "the name of a header is malformed"};
  }
  const std::string_view value = line.substr(colon + 1);
  const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
  if (!clean) return Refusal{400, "a header holds a control character"};
  return std::nullopt;
}

}  // namespace

HeadScanner::State HeadScanner::Scan(std::string_view bytes) {
  while (true) {
    const size_t end = bytes.find('\n', at_);
    const size_t line_end = end == bytes.npos ? bytes.size() : end;
    if (line_end >= max_bytes_) return Refuse(431, "the head of the request is too large");
    if (end == bytes.npos) return State::kIncomplete;
    std::string_view line = bytes.substr(at_, end - at_);
    if (!line.ends_with('\r')) return Refuse(400, "a line does not end in CR LF");
    line.remove_suffix(1);
    if (line.empty() && !has_request_line_) return Refuse(400, "the request line is empty");
    at_ = end + 1;
    if (line.empty()) return State::kComplete;
    refusal_ = has_request_line_ ? CheckHeaderLine(line) : CheckRequestLine(line);
    if (refusal_.has_value()) return State::kRefused;
    has_request_line_ = true;
  }
}

HeadScanner::State HeadScanner::Refuse(int status, std::string_view detail) {
  refusal_ = Refusal{status, std::string(detail)};
  return State::kRefused;
}

}  // namespace tms::http
