// Keeps the bearer token out of texts that a cluster sent.
#pragma once

#include <string>
#include <string_view>

namespace tms::action {

// `text` with `[token]` in place of each occurrence of `token`, also where JSON, a URL or HTML wrote
// a character of it as `\/`, `\u002b`, `%2B`, `&#43;`, `&#x2b;` or `&amp;`, and where the end of the
// text cuts it after its first 8 bytes. A token of fewer than 4 bytes is replaced, by `***`, only
// where it stands as a word: elsewhere it is chance, and replacing it would spoil every text.
std::string RedactToken(std::string_view text, std::string_view token);

}  // namespace tms::action
