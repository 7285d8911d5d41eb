// Errors inside the project: absl::Status, built and read through std types (Debian's abseil has a
// string_view of its own), with the two details that reach a caller: wrong fields and a reason.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tms {

// The one place where a code meets a std::string_view message.
absl::Status MakeStatus(absl::StatusCode code, std::string_view message);

// A status with an ErrorInfo reason: a constant in UPPER_SNAKE_CASE such as CLUSTER_BUSY.
absl::Status MakeStatus(absl::StatusCode code, std::string_view reason, std::string_view message);

std::string_view Message(const absl::Status& status);

// The reason given to MakeStatus, or empty.
std::string Reason(const absl::Status& status);

// Keeps the message of `status` for our own logs, and gives callers `text` in its place.
absl::Status WithPublicMessage(absl::Status status, std::string_view text);

// What a caller may read: the text given to WithPublicMessage, else the message.
std::string PublicMessage(const absl::Status& status);

// One wrong field of a request. `field` is a path such as `cids[17]`; `description` names the
// limit.
struct FieldViolation {
  std::string field;
  std::string description;

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// Collects what is wrong with a request, so that a caller hears of everything at once.
// Keeps the first 50: enough to mend a request, bounded whatever was sent.
class Violations {
 public:
  // The first is kept; of the others as many as an answer can carry.
  void Add(std::string_view field, std::string_view description);
  bool empty() const { return violations_.empty(); }

  // OK if nothing was added, else INVALID_ARGUMENT that carries the violations.
  absl::Status ToStatus() const;

 private:
  std::vector<FieldViolation> violations_;
  size_t bytes_ = 0;  // of all that were added, also beyond what is kept
};

// The violations that `status` carries; empty for any other status.
std::vector<FieldViolation> GetViolations(const absl::Status& status);

}  // namespace tms

// Returns from the function with the status of `expr` unless it is OK.
#define TMS_RETURN_IF_ERROR(expr)                             \
  do {                                                        \
    if (absl::Status tms_status = (expr); !tms_status.ok()) { \
      return tms_status;                                      \
    }                                                         \
  } while (false)

#define TMS_CONCAT_INNER(a, b) a##b
#define TMS_CONCAT(a, b) TMS_CONCAT_INNER(a, b)

// `TMS_ASSIGN_OR_RETURN(auto value, F());` unwraps a StatusOr or returns its status.
#define TMS_ASSIGN_OR_RETURN(lhs, expr) \
  TMS_ASSIGN_OR_RETURN_IMPL(TMS_CONCAT(tms_status_or_, __LINE__), lhs, expr)
#define TMS_ASSIGN_OR_RETURN_IMPL(result, lhs, expr) \
  auto result = (expr);                              \
  if (!result.ok()) {                                \
    return result.status();                          \
  }                                                  \
  lhs = *std::move(result)
