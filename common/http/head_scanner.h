// Reads the raw bytes of a request's head more strictly than Beast's parser does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tms::http {

// Why a request is not served, as the status of the answer and a sentence for it.
struct Refusal {
  int status = 0;
  std::string detail;
};

// Finds the end of a request's head in bytes that arrive bit by bit, and refuses shapes that other
// readers might understand differently: lines that don't end in CR LF, folded lines, spaces before
// a colon, control characters, empty lines before the request. One scanner a request; one thread.
class HeadScanner {
 public:
  enum class State { kIncomplete, kComplete, kRefused };

  explicit HeadScanner(size_t max_bytes) : max_bytes_(max_bytes) {}

  // `bytes` is all that has arrived of this request: what was given before, and more. What follows
  // the head is not looked at.
  State Scan(std::string_view bytes);

  // With kComplete: length of the head with its final empty line.
  size_t head_size() const { return at_; }
  // With kRefused.
  const Refusal& refusal() const { return *refusal_; }

 private:
  State Refuse(int status, std::string_view detail);

  const size_t max_bytes_;
  size_t at_ = 0;  // start of the first line that has not been checked
  bool has_request_line_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace tms::http
