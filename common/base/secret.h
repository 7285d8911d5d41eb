// A secret in memory: wiped when it goes, never printed, never compared in a way that leaks.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "openssl/crypto.h"

namespace tms {

// Move-only owner of a secret's bytes. Its one reader is whoever puts it on the wire.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(Secret&& other) noexcept { *this = std::move(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    Wipe();
    // Not a plain move: a short string's bytes would stay behind in `other`.
    value_ = other.value_;
    other.Wipe();
    return *this;
  }
  ~Secret() { Wipe(); }

  bool empty() const { return value_.empty(); }
  std::string_view Reveal() const { return value_; }
  void Wipe() {
    OPENSSL_cleanse(value_.data(), value_.size());
    value_.clear();
  }

 private:
  std::string value_;
};

}  // namespace tms
