// Times as the replaced system wrote them: `2026-01-31T12:17:04.655816`, by its own clock on the
// wall.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tms::ledger {

// What a text says, before it is known which zone it is of.
struct LegacyTime {
  absl::CivilSecond civil;
  absl::Duration fraction;
  // Of texts that end in `Z`, `+05:30` or `+0530`; the others are local.
  std::optional<absl::Duration> offset;
  // Finer than a microsecond: what is stored says less than the text.
  bool finer = false;

  bool local() const { return !offset.has_value(); }
};

// `YYYY-MM-DDTHH:MM:SS`, with a space instead of the T, with a fraction, with an offset. Nothing
// for any other text, for a date that no calendar has, and for years outside of 1 to 9998.
std::optional<LegacyTime> ParseLegacyTime(std::string_view text);

struct UtcTime {
  absl::Time time;
  // Local times only. Twice: the clock was set back, and it may also have been the second time.
  bool ambiguous = false;
  // The clock was set forward over it: no clock that was right has shown it.
  bool skipped = false;
};

// `zone` is that of local times. An ambiguous one is taken as the first of the two; a skipped one
// is counted with the offset before the change, as if the clock had not been set yet. (So does
// Python, in which the replaced system was written, with `fold=0`.)
UtcTime ToUtc(const LegacyTime& time, const absl::TimeZone& zone);

}  // namespace tms::ledger
