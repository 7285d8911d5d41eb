#include "services/ledger/sqlite/legacy_time.h"

namespace tms::ledger {
namespace {

constexpr int kLastYear = 9998;  // so that no offset leads out of four digits
constexpr int kStoredDigits = 6;

// Takes texts apart from the left; once something is missing, everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool done() const { return rest_.empty(); }

  // Exactly `digits` of them.
  int Number(size_t digits) {
    int number = 0;
    for (size_t i = 0; i < digits; ++i) number = number * 10 + Digit();
    return number;
  }

  void Expect(std::string_view any_of) {
    if (!Take(any_of)) ok_ = false;
  }

  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool AtDigit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

  int Digit() {
    if (!AtDigit()) {
      ok_ = false;
      return 0;
    }
    const int digit = rest_.front() - '0';
    rest_.remove_prefix(1);
    return digit;
  }

  bool TakeMinus() { return Take("-"); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void ScanFraction(Scanner& scanner, LegacyTime& time) {
  if (!scanner.Take(".,")) return;
  int64_t micros = scanner.Digit();
  int digits = 1;
  for (; scanner.AtDigit(); ++digits) {
    const int digit = scanner.Digit();
    if (digits < kStoredDigits) micros = micros * 10 + digit;
    if (digits >= kStoredDigits && digit != 0) time.finer = true;
  }
  for (; digits < kStoredDigits; ++digits) micros *= 10;
  time.fraction = absl::Microseconds(micros);
}

void ScanOffset(Scanner& scanner, LegacyTime& time) {
  if (scanner.Take("Zz")) {
    time.offset = absl::ZeroDuration();
    return;
  }
  if (scanner.done()) return;
  const bool west = scanner.TakeMinus();
  if (!west) scanner.Expect("+");
  absl::Duration offset = absl::Hours(scanner.Number(2));
  scanner.Take(":");
  offset += absl::Minutes(scanner.Number(2));
  time.offset = west ? -offset : offset;
}

}  // namespace

std::optional<LegacyTime> ParseLegacyTime(std::string_view text) {
  Scanner scanner(text);
  const int year = scanner.Number(4);
  scanner.Expect("-");
  const int month = scanner.Number(2);
  scanner.Expect("-");
  const int day = scanner.Number(2);
  scanner.Expect("T ");
  const int hour = scanner.Number(2);
  scanner.Expect(":");
  const int minute = scanner.Number(2);
  scanner.Expect(":");
  const int second = scanner.Number(2);

  LegacyTime time{.civil = absl::CivilSecond(year, month, day, hour, minute, second)};
  ScanFraction(scanner, time);
  ScanOffset(scanner, time);
  const absl::CivilSecond& civil = time.civil;
  const bool exists = civil.year() == year && civil.month() == month && civil.day() == day &&
                      civil.hour() == hour && civil.minute() == minute && civil.second() == second;
  if (!scanner.ok() || !scanner.done() || !exists) return std::nullopt;
  if (year < 1 || year > kLastYear) return std::nullopt;
  return time;
}

UtcTime ToUtc(const LegacyTime& time, const absl::TimeZone& zone) {
  if (time.offset.has_value()) {
    return {.time =
                absl::FromCivil(time.civil, absl::UTCTimeZone()) + time.fraction - *time.offset};
  }
  const absl::TimeZone::TimeInfo info = zone.At(time.civil);
  return {.time = info.pre + time.fraction,
          .ambiguous = info.kind == absl::TimeZone::TimeInfo::REPEATED,
          .skipped = info.kind == absl::TimeZone::TimeInfo::SKIPPED};
}

}  // namespace tms::ledger
