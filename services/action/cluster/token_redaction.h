// Keeps the bearer token out of texts that a cluster sent.
#pragma once

#include <string>
#include <string_view>

namespace tms::action {

// `text` with `[token]` in place of each occurrence of `token`, also where JSON wrote a character
// of it as `\/` or `\u002b`, and where the end of the text cuts it after its first 8 bytes.
// Leaves a token of fewer than 4 bytes alone: that is no secret, and replacing it would let the
// text grow without bound.
std::string RedactToken(std::string_view text, std::string_view token);

}  // namespace tms::action
