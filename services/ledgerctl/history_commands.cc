#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledger/offline/history_verifier.h"
#include "services/ledgerctl/commands.h"

namespace tms::ledgerctl {
namespace {

constexpr size_t kKeyDigits = 64;

// Texts out of a file may be quotes of what is damaged in it.
int Fail(const absl::Status& status) {
  std::cerr << "ledgerctl: " << Sanitize(Message(status)) << '\n';
  return kFailed;
}

bool IsKey(const std::string& text) {
  return text.size() == kKeyDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// 64 hexadecimal digits, or a file that begins with them.
absl::StatusOr<std::string> ReadPublicKey(const std::string& text) {
  if (text.empty() || IsKey(text)) return text;
  std::string line;
  std::getline(std::ifstream(text), line);
  std::string key(Trim(line));
  if (IsKey(key)) return key;
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "--public-key: must be 64 hexadecimal digits, or a file of them");
}

void PrintReport(const ledger::VerifyReport& report, const ledger::VerifyOptions& options) {
  std::cout << "chain    " << report.chain_id << ": " << report.row_count << " rows, the last has "
            << HexEncode(report.head_hash) << '\n';
  if (options.anchors.empty()) {
    std::cout << "anchors  none: a history cut off or made anew can't be told from the whole one\n";
  } else {
    std::cout << "anchors  " << report.anchor_count << ", the newest at row "
              << report.newest_anchor << '\n';
    for (const std::string& key : report.anchor_keys) {
      std::cout << "         signed with " << key
                << (options.public_key.empty() ? " (not compared: --public-key)" : "") << '\n';
    }
  }
  for (const std::string& text : report.acceptances) {
    std::cout << "ACCEPTED " << Sanitize(text) << '\n';
  }
  std::cout << "jobs     " << report.job_count << " replayed\n";
  for (const std::string& finding : report.findings) {
    std::cout << "WRONG    " << Sanitize(finding) << '\n';
  }
  if (report.findings.empty()) std::cout << "All is as it was written.\n";
}

int Verify(ledger::VerifyOptions options) {
  const auto key = ReadPublicKey(options.public_key);
  if (!key.ok()) return Session::RefuseUsage(key.status());
  options.public_key = *key;
  const std::string usual = options.db + ".anchors";
  if (options.anchors.empty() && std::filesystem::exists(usual)) options.anchors = usual;
  const auto report = ledger::VerifyHistory(options);
  if (!report.ok()) return Fail(report.status());
  PrintReport(*report, options);
  return report->findings.empty() ? kDone : kFailed;
}

int ExportEvents(const std::string& db, int64_t after) {
  const auto write = [](const std::string& line) {
    std::cout << line << '\n';
    return std::cout.good();
  };
  const absl::Status status = ledger::ExportHistory(db, after, write);
  std::cout.flush();
  return status.ok() ? kDone : Fail(status);
}

void AddDb(CLI::App& command, std::string& db) {
  db = "jobs.db";
  command.add_option("--db", db, "The ledger's file, also while the ledger uses it")
      ->envname("TMS_DB")
      ->capture_default_str();
}

}  // namespace

void AddHistoryCommands(CLI::App& app, Session& session) {
  CLI::App* verify = app.add_subcommand(
      "verify", "Recompute the history's hash chain, check its anchors, replay every job");
  auto options = std::make_shared<ledger::VerifyOptions>();
  AddDb(*verify, options->db);
  verify->add_option("--anchors", options->anchors,
                     "Anchors, best from another machine; without it DB.anchors, if there is one");
  verify->add_option("--public-key", options->public_key,
                     "The key that anchors must be signed with, or a file of it");
  verify->callback(
      [&session, options] { session.command = [options] { return Verify(*options); }; });

  CLI::App* events = app.add_subcommand(
      "export-events", "The whole history as JSON, a row a line, enough to check its chain");
  auto db = std::make_shared<std::string>();
  auto after = std::make_shared<int64_t>(0);
  AddDb(*events, *db);
  events->add_option("--after", *after, "Only rows behind this number")
      ->check(CLI::NonNegativeNumber);
  events->callback([&session, db, after] {
    session.command = [db, after] { return ExportEvents(*db, *after); };
  });
}

}  // namespace tms::ledgerctl
