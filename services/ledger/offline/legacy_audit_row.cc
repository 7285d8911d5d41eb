#include "services/ledger/offline/legacy_audit_row.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/digest.h"
#include "common/base/text.h"
#include "services/ledger/audit_checks.h"
#include "services/ledger/checks.h"
#include "services/ledger/sqlite/legacy_time.h"

namespace tms::ledger {
namespace {

namespace json = boost::json;
using sqlite::ValueType;

// Of kept literals in one record; leaves room for what is said around them.
constexpr size_t kMaxKeptCharacters = kMaxAuditTextCharacters - 500;
// Of the customers of one record, so that it fits into a message.
constexpr size_t kMaxCustomerBytes = 4 << 20;
// Of the digest in a key: enough that no two rows share it.
constexpr size_t kKeyDigestBytes = 16;
// Where `T` or a space stands in a time.
constexpr size_t kTimeSeparator = 10;

constexpr std::string_view kNotUnderstood = "not understood";
constexpr std::string_view kMissing = "missing";
constexpr std::string_view kNotPlainText = "not text on one line";
constexpr std::string_view kTooLong = "too long";

// On one line, whatever the value holds.
std::string PrintableLiteral(const LegacyValue& value) {
  std::string literal = ToLiteral(value);
  if (IsPrintable(literal)) return literal;
  return "CAST(X'" + HexEncode(value.text) + "' AS TEXT)";
}

// As the ledger demands it of `action`; empty if nothing is left.
std::string ToActionWord(std::string_view text) {
  std::string word;
  for (const char c : text) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool plain = lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (word.empty() && !plain) continue;
    word += lower ? static_cast<char>(c - 'a' + 'A') : plain ? c : '_';
  }
  return word.substr(0, kMaxAuditActionCharacters);
}

bool IsCustomer(std::string_view text) {
  return !text.empty() && IsPrintable(text) && CountCharacters(text) <= kMaxNameCharacters;
}

class Converter {
 public:
  Converter(const LegacyAuditRow& row, const absl::TimeZone& zone) : row_(row), zone_(zone) {}

  ImportedAudit Convert(absl::Time fallback) {
    CheckId();
    first_.user_id = Text(kAuditUserId, kMaxNameCharacters).value_or("");
    if (first_.user_id.empty()) first_.user_id = "(unknown)";
    first_.action = Action();
    Customers();
    first_.occurred_at = Time().value_or(fallback);
    first_.source_ip = OptionalText(kAuditIpAddress, kMaxAddressCharacters).value_or("");
    first_.success = Success();
    first_.error_message = OptionalText(kAuditErrorMessage, kMaxAuditTextCharacters);
    first_.elapsed = Elapsed();
    first_.target = "audit_log/" + std::to_string(row_.row_id);
    KeepUnknownColumns();
    SplitIntoRecords();
    return std::move(result_);
  }

 private:
  const LegacyValue& Value(LegacyAuditColumn column) const { return row_.values[column]; }
  bool IsNull(LegacyAuditColumn column) const { return Value(column).type == ValueType::kNull; }

  void Keep(std::string_view column, std::string_view why, const LegacyValue& value) {
    result_.oddities.push_back(std::string(column) + ": " + std::string(why));
    kept_ +=
        "; " + Sanitize(column) + " " + PrintableLiteral(value) + " (" + std::string(why) + ")";
  }
  void Note(LegacyAuditColumn column, std::string_view why) {
    Keep(kLegacyAuditColumnNames[column], why, Value(column));
  }

  void CheckId() {
    const LegacyValue& id = Value(kAuditId);
    const bool own = id.type == ValueType::kInteger && id.number == row_.row_id;
    if (!own) Note(kAuditId, "not the row's number");
  }

  std::optional<std::string> OptionalText(LegacyAuditColumn column, size_t max_characters) {
    if (IsNull(column)) return std::nullopt;
    const LegacyText text = ToText(Value(column));
    std::string line = Sanitize(text.text);
    const bool plain = text.exact && line == text.text;
    const bool fits = CountCharacters(line) <= max_characters;
    if (!plain || !fits) Note(column, plain ? kTooLong : kNotPlainText);
    return fits ? line : std::string(CutCharacters(line, max_characters));
  }

  std::optional<std::string> Text(LegacyAuditColumn column, size_t max_characters) {
    if (IsNull(column)) Note(column, kMissing);
    return OptionalText(column, max_characters);
  }

  std::string Action() {
    const LegacyValue& value = Value(kAuditActionType);
    std::string word = ToActionWord(value.text);
    if (IsNull(kAuditActionType)) {
      Note(kAuditActionType, kMissing);
    } else if (word != value.text || value.type != ValueType::kText) {
      Note(kAuditActionType, "not a word in upper case");
    }
    return word.empty() ? "UNKNOWN" : word;
  }

  void Customers() {
    if (IsNull(kAuditCustomerIds)) return;
    const LegacyValue& value = Value(kAuditCustomerIds);
    const std::string text(Trim(value.text));
    bool whole = value.type != ValueType::kBlob && IsValidUtf8(text);
    if (whole && text.starts_with('[')) {
      whole = CustomersOfArray(text);
    } else if (whole && !text.empty()) {
      whole = AddCustomer(text);
    }
    if (!whole) Note(kAuditCustomerIds, kNotUnderstood);
  }

  bool AddCustomer(std::string_view text) {
    const std::string_view id = Trim(text);
    if (!IsCustomer(id)) return false;
    customers_.emplace_back(id);
    return id == text;
  }

  // False if something in it is no customer; the others are taken.
  bool CustomersOfArray(std::string_view text) {
    json::error_code error;
    const json::value parsed = json::parse(text, error);
    if (error || !parsed.is_array()) return false;
    bool whole = true;
    for (const json::value& item : parsed.get_array()) {
      if (const json::string* id = item.if_string()) {
        whole = AddCustomer(std::string_view(id->data(), id->size())) && whole;
      } else if (item.is_int64()) {
        customers_.push_back(std::to_string(item.get_int64()));
      } else if (item.is_uint64()) {
        customers_.push_back(std::to_string(item.get_uint64()));
      } else {
        whole = false;
      }
    }
    return whole;
  }

  std::optional<absl::Time> Time() {
    const LegacyValue& value = Value(kAuditTimestamp);
    const std::optional<LegacyTime> time =
        value.type == ValueType::kText ? ParseLegacyTime(value.text) : std::nullopt;
    if (!time.has_value()) {
      Note(kAuditTimestamp, IsNull(kAuditTimestamp) ? kMissing : kNotUnderstood);
      return std::nullopt;
    }
    const UtcTime utc = ToUtc(*time, NeedsZone(value) ? zone_ : absl::UTCTimeZone());
    if (utc.skipped) Note(kAuditTimestamp, "a local time that the clock skipped");
    if (time->finer) Note(kAuditTimestamp, "finer than a microsecond");
    result_.ambiguous_time = utc.ambiguous;
    return utc.time;
  }

  bool Success() {
    const LegacyValue& value = Value(kAuditStatus);
    const std::string_view word = Trim(value.text);
    if (value.type == ValueType::kText) {
      if (EqualsIgnoreCaseAscii(word, "success")) return true;
      if (EqualsIgnoreCaseAscii(word, "failure") || EqualsIgnoreCaseAscii(word, "failed")) {
        return false;
      }
    }
    Note(kAuditStatus, IsNull(kAuditStatus) ? kMissing : kNotUnderstood);
    return false;
  }

  std::optional<absl::Duration> Elapsed() {
    if (IsNull(kAuditDurationMs)) return std::nullopt;
    const LegacyValue& value = Value(kAuditDurationMs);
    double millis = 0;
    const double limit = absl::ToDoubleMilliseconds(kMaxAuditElapsed);
    if (!absl::SimpleAtod(value.text, &millis) || !(millis >= 0 && millis <= limit)) {
      Note(kAuditDurationMs, kNotUnderstood);
      return std::nullopt;
    }
    if (value.type != ValueType::kInteger) Note(kAuditDurationMs, "not whole milliseconds");
    return absl::Milliseconds(static_cast<int64_t>(std::floor(millis)));
  }

  void KeepUnknownColumns() {
    for (size_t i = 0; i < row_.more.size(); ++i) {
      if (row_.more[i].type == ValueType::kNull) continue;
      Keep(row_.more_names[i], "a column of no known generation", row_.more[i]);
    }
  }

  std::string Key() const {
    PartsEncoder parts;
    for (size_t i = 0; i < row_.values.size(); ++i) {
      parts.Add(kLegacyAuditColumnNames[i])
          .Add(static_cast<int>(row_.values[i].type))
          .Add(row_.values[i].text);
    }
    for (size_t i = 0; i < row_.more.size(); ++i) {
      parts.Add(row_.more_names[i]).Add(static_cast<int>(row_.more[i].type)).Add(row_.more[i].text);
    }
    const std::string digest = HexEncode(Sha256(parts.bytes()).substr(0, kKeyDigestBytes));
    return std::string(kImportKeyPrefix) + std::to_string(row_.row_id) + "/" + digest;
  }

  // As many as one record can hold, from the front.
  std::vector<std::string> TakeCustomers() {
    size_t count = 0;
    size_t bytes = 0;
    while (taken_ + count < customers_.size() && count < kMaxCids && bytes < kMaxCustomerBytes) {
      bytes += customers_[taken_ + count++].size();
    }
    const auto begin = customers_.begin() + static_cast<ptrdiff_t>(taken_);
    taken_ += count;
    return {std::make_move_iterator(begin),
            std::make_move_iterator(begin + static_cast<ptrdiff_t>(count))};
  }

  void SplitIntoRecords() {
    const std::string key = Key();
    std::string_view rest = kept_;
    do {
      AuditRecord record = first_;
      const size_t part = result_.records.size() + 1;
      record.record_key = part == 1 ? key : key + "/" + std::to_string(part);
      record.customer_ids = TakeCustomers();
      const std::string_view kept = CutCharacters(rest, kMaxKeptCharacters);
      rest.remove_prefix(kept.size());
      record.detail = "row " + std::to_string(row_.row_id) + " of the replaced system's audit_log";
      if (part > 1) record.detail += ", part " + std::to_string(part);
      record.detail += kept;
      result_.records.push_back(std::move(record));
    } while (!rest.empty() || taken_ < customers_.size());
  }

  const LegacyAuditRow& row_;
  const absl::TimeZone& zone_;
  AuditRecord first_;
  std::vector<std::string> customers_;
  size_t taken_ = 0;
  std::string kept_;
  ImportedAudit result_;
};

}  // namespace

ImportedAudit ConvertLegacyAudit(const LegacyAuditRow& row, const absl::TimeZone& zone,
                                 absl::Time fallback) {
  return Converter(row, zone).Convert(fallback);
}

bool NeedsZone(const LegacyValue& timestamp) {
  if (timestamp.type != ValueType::kText) return false;
  const std::optional<LegacyTime> time = ParseLegacyTime(timestamp.text);
  return time.has_value() && time->local() && timestamp.text[kTimeSeparator] == 'T';
}

}  // namespace tms::ledger
