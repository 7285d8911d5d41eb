#include "services/ledger/offline/history_verifier.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledger/offline/checks.h"
#include "services/ledger/offline/open_history.h"

namespace tms::ledger {
namespace {

struct Anchors {
  std::vector<AnchorLine> lines;  // by row
  Finding finding;                // the first line that is wrong by itself
};

Finding JudgeAnchor(const absl::StatusOr<Anchor>& anchor, const VerifyOptions& options,
                    const std::string& chain_id) {
  if (!anchor.ok()) return std::string(Message(anchor.status()));
  if (!options.public_key.empty() && HexEncode(anchor->public_key) != options.public_key) {
    return "it is signed with the key " + HexEncode(anchor->public_key);
  }
  if (anchor->chain_id != chain_id) {
    return "it is of the chain " + anchor->chain_id + ", the database's is " + chain_id;
  }
  return std::nullopt;
}

absl::StatusOr<Anchors> ReadAnchors(const VerifyOptions& options, const std::string& chain_id) {
  std::ifstream file(options.anchors, std::ios::binary);
  if (!file) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      options.anchors + ": there is no such file, or it can't be read");
  }
  Anchors anchors;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    // Without its end the last line is one that was being written when the power went.
    if (file.eof()) break;
    ++number;
    absl::StatusOr<Anchor> anchor = ReadAnchor(line);
    const Finding fault = JudgeAnchor(anchor, options, chain_id);
    if (fault.has_value()) {
      if (!anchors.finding) {
        anchors.finding = "anchor in line " + std::to_string(number) + ": " + *fault;
      }
      continue;
    }
    anchors.lines.push_back({.line = number, .anchor = *std::move(anchor)});
  }
  std::ranges::stable_sort(anchors.lines, {}, [](const AnchorLine& a) { return a.anchor.number; });
  return anchors;
}

void ReportAnchors(const Anchors& anchors, VerifyReport& report) {
  report.anchor_count = std::ssize(anchors.lines);
  for (const AnchorLine& line : anchors.lines) {
    report.newest_anchor = line.anchor.number;
    std::string key = HexEncode(line.anchor.public_key);
    if (std::ranges::find(report.anchor_keys, key) == report.anchor_keys.end()) {
      report.anchor_keys.push_back(std::move(key));
    }
  }
}

void Note(const Finding& finding, VerifyReport& report) {
  if (finding.has_value()) report.findings.push_back(*finding);
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyHistory(const VerifyOptions& options) {
  TMS_ASSIGN_OR_RETURN(const auto connection, OpenHistory(options.db));
  VerifyReport report;
  TMS_ASSIGN_OR_RETURN(report.chain_id, ReadChainId(*connection));
  Anchors anchors;
  if (!options.anchors.empty()) {
    TMS_ASSIGN_OR_RETURN(anchors, ReadAnchors(options, report.chain_id));
  }
  ReportAnchors(anchors, report);
  TMS_ASSIGN_OR_RETURN(const ChainCheck chain,
                       CheckChain(*connection, report.chain_id, anchors.lines));
  report.row_count = chain.head.number;
  report.head_hash = chain.head.hash;
  report.acceptances = chain.acceptances;
  Note(chain.chain, report);
  Note(anchors.finding.has_value() ? anchors.finding : chain.anchors, report);
  TMS_ASSIGN_OR_RETURN(const Finding customers, CheckAuditCustomers(*connection));
  Note(customers, report);
  TMS_ASSIGN_OR_RETURN(const JobsCheck jobs, CheckJobs(*connection));
  report.job_count = jobs.job_count;
  Note(jobs.finding, report);
  TMS_ASSIGN_OR_RETURN(const Finding counters, CheckCounters(*connection));
  Note(counters, report);
  return report;
}

}  // namespace tms::ledger
