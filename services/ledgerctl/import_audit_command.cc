#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledger/offline/legacy_audit_file.h"
#include "services/ledgerctl/audit_sender.h"
#include "services/ledgerctl/commands.h"
#include "services/ledgerctl/messages.h"
#include "services/ledgerctl/parse.h"

namespace tms::ledgerctl {
namespace {

namespace api = tms::ledger::v1;

// Of one record: a ledger that has much to do answers late.
constexpr absl::Duration kRecordDeadline = absl::Seconds(60);
constexpr absl::Duration kProgressInterval = absl::Seconds(2);
// Rows between two looks at the clock.
constexpr int64_t kRowsPerLook = 500;

struct ImportFlags {
  std::string file;
  std::string timezone;
  std::string patience = "15s";
};

api::AuditRecord MessageOf(const ledger::AuditRecord& record) {
  api::AuditRecord message;
  *message.mutable_occurred_at() = ToProto(record.occurred_at);
  message.set_user_id(record.user_id);
  message.set_action(record.action);
  message.set_target(record.target);
  message.set_source_ip(record.source_ip);
  message.set_success(record.success);
  message.set_detail(record.detail);
  *message.mutable_customer_ids() = {record.customer_ids.begin(), record.customer_ids.end()};
  if (record.error_message) message.set_error_message(*record.error_message);
  if (record.elapsed) *message.mutable_elapsed() = ToProto(*record.elapsed);
  message.set_record_key(record.record_key);
  return message;
}

// One run over one file.
class Import {
 public:
  Import(ledger::LegacyAuditFile& file, Session& session, absl::TimeZone zone,
         absl::Duration patience)
      : file_(file),
        zone_(zone),
        sender_(session.ledger(), [&session] { return session.NewCall(kRecordDeadline); },
                SystemClock(), {.patience = patience}),
        began_(SystemClock().SinceBoot()) {}

  int Run() {
    const auto total = file_.CountRows();
    if (!total.ok()) return Refuse(total.status());
    total_ = *total;
    const absl::Status read =
        file_.Visit([this](const ledger::LegacyAuditRow& row) { return SendRow(row); });
    if (failure_.ok() && read.ok()) failure_ = sender_.Finish();
    ShowProgress();
    if (failure_.ok() && read.ok()) {
      PrintSummary();
      return kDone;
    }
    std::cerr << "ledgerctl: stopped before the end; run it again: nothing is added twice\n";
    return failure_.ok() ? Refuse(read) : Session::Fail("RecordAudit", failure_);
  }

  static int Refuse(const absl::Status& status) {
    std::cerr << "ledgerctl: " << Sanitize(Message(status)) << '\n';
    return kFailed;
  }

 private:
  absl::Status SendRow(const ledger::LegacyAuditRow& row) {
    ledger::ImportedAudit imported = ledger::ConvertLegacyAudit(row, zone_, last_time_);
    last_time_ = imported.records.front().occurred_at;
    for (const std::string& oddity : imported.oddities) ++odd_rows_[oddity];
    if (!imported.oddities.empty()) ++rows_with_oddities_;
    if (imported.ambiguous_time) ++ambiguous_times_;
    bool first = true;
    for (const ledger::AuditRecord& record : imported.records) {
      failure_ = sender_.Send(MessageOf(record), std::exchange(first, false));
      if (!failure_.ok()) return MakeStatus(absl::StatusCode::kAborted, "not sent");
    }
    if (++rows_ % kRowsPerLook == 0) MaybeShowProgress();
    return absl::OkStatus();
  }

  void MaybeShowProgress() {
    if (SystemClock().SinceBoot() - last_shown_ >= kProgressInterval) ShowProgress();
  }

  void ShowProgress() {
    last_shown_ = SystemClock().SinceBoot();
    const double seconds = absl::ToDoubleSeconds(last_shown_ - began_);
    const AuditSender::Counts counts = sender_.counts();
    const int64_t there = counts.added + counts.already_there;
    std::cerr << there << " of " << total_ << " rows";
    if (seconds >= 1) {
      std::cerr << ", " << static_cast<int64_t>(static_cast<double>(there) / seconds)
                << " a second";
    }
    std::cerr << '\n';
  }

  void PrintSummary() {
    const AuditSender::Counts counts = sender_.counts();
    const auto line = [](std::string_view what, int64_t rows) {
      std::cout << std::left << std::setw(15) << what << ' ' << rows << '\n';
    };
    line("rows", rows_);
    line("added", counts.added);
    line("already there", counts.already_there);
    line("kept as it was", rows_with_oddities_);
    for (const auto& [what, rows] : odd_rows_) std::cout << "  " << rows << "  " << what << '\n';
    if (ambiguous_times_ > 0) {
      std::cout << ambiguous_times_
                << " local times that the clock showed twice: taken as the first\n";
    }
  }

  ledger::LegacyAuditFile& file_;
  const absl::TimeZone zone_;
  AuditSender sender_;
  const absl::Duration began_;
  absl::Duration last_shown_ = began_;
  absl::Time last_time_ = absl::UnixEpoch();
  grpc::Status failure_;
  int64_t total_ = 0;
  int64_t rows_ = 0;
  int64_t rows_with_oddities_ = 0;
  int64_t ambiguous_times_ = 0;
  std::map<std::string, int64_t> odd_rows_;
};

absl::Status RefuseZone(std::string_view message) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

absl::StatusOr<absl::TimeZone> ZoneOf(const ImportFlags& flags, ledger::LegacyAuditFile& file) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!flags.timezone.empty()) {
    if (absl::LoadTimeZone(flags.timezone, &zone)) return zone;
    return RefuseZone("--legacy-timezone: there is no time zone '" + Sanitize(flags.timezone) +
                      "' on this machine (package tzdata)");
  }
  TMS_ASSIGN_OR_RETURN(const bool needed, file.NeedsZone());
  if (!needed) return zone;
  return RefuseZone(Sanitize(flags.file) +
                    " has local times: say where the replaced system ran with --legacy-timezone "
                    "(for instance Europe/Berlin); nothing was sent");
}

int RunImport(Session& session, const ImportFlags& flags) {
  const auto patience = ParsePositiveDuration(flags.patience);
  if (!patience.ok()) return Session::RefuseUsage(patience.status());
  const auto file = ledger::LegacyAuditFile::Open(flags.file);
  if (!file.ok()) return Import::Refuse(file.status());
  const auto zone = ZoneOf(flags, **file);
  if (!zone.ok()) {
    return absl::IsInvalidArgument(zone.status()) ? Session::RefuseUsage(zone.status())
                                                  : Import::Refuse(zone.status());
  }
  return Import(**file, session, *zone, *patience).Run();
}

}  // namespace

void AddImportAuditCommand(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "import-audit",
      "Take over the replaced system's audit.db, row for row. The file is only read, its -wal "
      "included; a second run, or one after an interruption, adds nothing twice");
  auto flags = std::make_shared<ImportFlags>();
  command->add_option("FILE", flags->file, "The audit.db; stop the replaced system first")
      ->required();
  command
      ->add_option("--legacy-timezone", flags->timezone,
                   "Time zone of its local times, as in Europe/Berlin; needed if there are any")
      ->envname("TMS_LEGACY_TIMEZONE");
  command
      ->add_option("--patience", flags->patience,
                   "Give up when for so long no record arrived, as the ledger is away")
      ->capture_default_str();
  command->callback([&session, flags] {
    session.command = [&session, flags] { return RunImport(session, *flags); };
  });
}

}  // namespace tms::ledgerctl
