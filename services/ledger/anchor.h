// Anchors: signed statements of where the history's chain stood, to be kept where whoever can
// change the database can't change them. docs/history.md gives their exact text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/secret.h"

namespace tms::ledger {

struct Anchor {
  std::string chain_id;
  int64_t number = 0;
  std::string hash;  // 32 bytes, of row `number`
  absl::Time time;
  std::string public_key;  // 32 bytes
};

// An Ed25519 key. Thread-safe, as it never changes.
class AnchorKey {
 public:
  // From the file `path` (64 hexadecimal digits), which is made with a new key, readable by its
  // owner alone, if there is none. FAILED_PRECONDITION if it can't be read or made.
  static absl::StatusOr<AnchorKey> LoadOrMake(const std::string& path);

  const std::string& public_key() const { return public_key_; }

  // The line of an anchor, without its end; `anchor.public_key` is this key's.
  std::string Sign(const Anchor& anchor) const;

 private:
  AnchorKey(std::string public_key, Secret secret_key)
      : public_key_(std::move(public_key)), secret_key_(std::move(secret_key)) {}
  static absl::StatusOr<AnchorKey> FromSeed(Secret seed);

  std::string public_key_;
  Secret secret_key_;
};

// Makes sure that the name of a file that was made at `path` outlasts a power loss.
absl::Status SyncFolderOf(const std::string& path);

// What a line says, if its signature is that of the key it names. INVALID_ARGUMENT says why not.
absl::StatusOr<Anchor> ReadAnchor(std::string_view line);

}  // namespace tms::ledger
