#include "services/ledger/job_transitions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace tms::ledger {

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << "{" << ToWord(outcome.status) << " " << outcome.http_status.value_or(0) << " "
       << ToWord(outcome.failure_reason) << " " << ToWord(outcome.effect) << " by "
       << ToWord(outcome.source) << (outcome.conflict ? " conflict" : "") << "}";
}

namespace {

constexpr JobStatus kAllStatuses[] = {JobStatus::kInProgress, JobStatus::kSuccess,
                                      JobStatus::kFailed};
constexpr Effect kAllEffects[] = {Effect::kUnspecified, Effect::kApplied, Effect::kNotApplied,
                                  Effect::kUnknown};
constexpr OutcomeSource kAllSources[] = {OutcomeSource::kNone, OutcomeSource::kPresumed,
                                         OutcomeSource::kResolved, OutcomeSource::kTold};
constexpr FailureReason kAllReasons[] = {FailureReason::kNone,
                                         FailureReason::kNotCalled,
                                         FailureReason::kConnectError,
                                         FailureReason::kTimeout,
                                         FailureReason::kConnectionLost,
                                         FailureReason::kHttpError,
                                         FailureReason::kInvalidResponse,
                                         FailureReason::kRejected,
                                         FailureReason::kInterrupted};

// Every outcome that can be written down, also those that no job can ever have.
std::vector<Outcome> AllOutcomes() {
  std::vector<Outcome> all;
  for (const auto source : kAllSources) {
    for (const auto status : kAllStatuses) {
      for (const auto effect : kAllEffects) {
        for (const auto reason : kAllReasons) {
          all.push_back({.status = status,
                         .failure_reason = reason,
                         .effect = effect,
                         .error_message = std::string(ToWord(source)),
                         .source = source});
        }
      }
    }
  }
  return all;
}

bool Applies(const TransitionDecision& decision) {
  return decision.kind == TransitionDecision::Kind::kApply;
}

bool IsTerminal(const Outcome& outcome) { return outcome.status != JobStatus::kInProgress; }

bool IsKnown(Effect effect) { return effect == Effect::kApplied || effect == Effect::kNotApplied; }

// Calls `check(current, claim, overdue, decision)` for every claim on every job.
template <typename Check>
void ForEveryCombination(Check check) {
  const std::vector<Outcome> all = AllOutcomes();
  for (const Outcome& current : all) {
    for (const Outcome& claim : all) {
      for (const bool overdue : {false, true}) {
        const TransitionDecision decision = Decide(current, claim, overdue);
        check(current, claim, overdue, decision);
        if (::testing::Test::HasFailure()) {
          FAIL() << ::testing::PrintToString(current) << " then " << ::testing::PrintToString(claim)
                 << (overdue ? " overdue" : "");
        }
      }
    }
  }
}

TEST(Decide, AppliesTheClaimAsItIsOrSaysWhyNot) {
  ForEveryCombination([](const Outcome&, const Outcome& claim, bool, const auto& decision) {
    if (Applies(decision)) {
      Outcome next = decision.next;
      next.conflict = claim.conflict;
      EXPECT_EQ(next, claim);
      EXPECT_TRUE(decision.why.empty());
    } else {
      EXPECT_FALSE(decision.why.empty());
    }
  });
}

TEST(Decide, NeverAppliesAnInconsistentClaim) {
  ForEveryCombination([](const Outcome&, const Outcome& claim, bool, const auto& decision) {
    if (CheckClaim(claim)) {
      EXPECT_FALSE(Applies(decision));
    }
  });
}

TEST(Decide, NeverMakesAJobRunAgain) {
  ForEveryCombination([](const Outcome&, const Outcome&, bool, const auto& decision) {
    if (Applies(decision)) {
      EXPECT_TRUE(IsTerminal(decision.next));
    }
  });
}

TEST(Decide, NeverChangesWhatWasToldAppliedOrNotApplied) {
  ForEveryCombination([](const Outcome& current, const Outcome&, bool, const auto& decision) {
    if (current.source == OutcomeSource::kTold && IsKnown(current.effect)) {
      EXPECT_FALSE(Applies(decision));
    }
  });
}

TEST(Decide, NeverLetsAPresumptionReplaceAnOutcome) {
  ForEveryCombination([](const Outcome& current, const Outcome& claim, bool, const auto& decision) {
    if (claim.source == OutcomeSource::kPresumed && IsTerminal(current)) {
      EXPECT_FALSE(Applies(decision));
    }
  });
}

TEST(Decide, NeverLowersTheRankExceptWhereAPersonSettlesAToldUnknown) {
  ForEveryCombination([](const Outcome& current, const Outcome&, bool, const auto& decision) {
    if (!IsTerminal(current) || !Applies(decision)) return;
    if (decision.next.source < current.source) {
      EXPECT_EQ(current.source, OutcomeSource::kTold);
      EXPECT_EQ(current.effect == Effect::kUnknown || current.effect == Effect::kUnspecified, true);
      EXPECT_EQ(decision.next.source, OutcomeSource::kResolved);
    }
  });
}

TEST(Decide, NeverForgetsThatAnOutcomeWasTold) {
  ForEveryCombination([](const Outcome& current, const Outcome&, bool, const auto& decision) {
    const bool real = current.source != OutcomeSource::kTold ||
                      (current.failure_reason != FailureReason::kNone &&
                       current.failure_reason != FailureReason::kInterrupted);
    if (real && WasTold(current) && Applies(decision)) {
      EXPECT_TRUE(WasTold(decision.next));
    }
  });
}

TEST(Decide, LetsAPersonChangeOnlyTheEffectOfAToldUnknown) {
  ForEveryCombination([](const Outcome& current, const Outcome& claim, bool, const auto& decision) {
    if (current.source != OutcomeSource::kTold || current.effect != Effect::kUnknown) return;
    const bool same_call = claim.status == current.status &&
                           claim.failure_reason == current.failure_reason &&
                           claim.http_status == current.http_status;
    const bool allowed =
        claim.source == OutcomeSource::kResolved && !CheckClaim(claim) && same_call;
    EXPECT_EQ(Applies(decision), allowed);
  });
}

TEST(Decide, LetsTheOwnersTruthEndAnyJobThatItHasNotEndedBefore) {
  ForEveryCombination([](const Outcome& current, const Outcome& claim, bool, const auto& decision) {
    if (claim.source != OutcomeSource::kTold || CheckClaim(claim)) return;
    const bool taken_over = IsTerminal(current) && current.source == OutcomeSource::kNone;
    EXPECT_EQ(Applies(decision), !WasTold(current) && !taken_over);
  });
}

TEST(Decide, MarksAConflictExactlyWhereTheTruthContradictsAResolution) {
  ForEveryCombination([](const Outcome& current, const Outcome& claim, bool, const auto& decision) {
    if (!Applies(decision)) return;
    const bool contradicts =
        claim.status != current.status ||
        (IsKnown(claim.effect) && IsKnown(current.effect) && claim.effect != current.effect);
    EXPECT_EQ(decision.next.conflict, claim.source == OutcomeSource::kTold &&
                                          current.source == OutcomeSource::kResolved &&
                                          contradicts);
  });
}

TEST(Decide, LetsAPersonEndARunningJobOnlyOnceItIsOverdue) {
  ForEveryCombination(
      [](const Outcome& current, const Outcome& claim, bool overdue, const auto& decision) {
        if (claim.source != OutcomeSource::kResolved || IsTerminal(current)) return;
        if (!overdue) {
          EXPECT_FALSE(Applies(decision));
        }
      });
}

TEST(Decide, DoesNotAskWhoeverTellsOrPresumesWhetherTheJobIsOverdue) {
  ForEveryCombination([](const Outcome& current, const Outcome& claim, bool, const auto& decision) {
    if (claim.source == OutcomeSource::kResolved) return;
    EXPECT_EQ(Applies(decision), Applies(Decide(current, claim, true)));
  });
}

TEST(Decide, LetsAPersonSettleWhatWasTakenOverFromTheReplacedSystem) {
  const Outcome taken_over{.status = JobStatus::kFailed};
  const Outcome settled{.status = JobStatus::kSuccess,
                        .effect = Effect::kApplied,
                        .source = OutcomeSource::kResolved};
  EXPECT_TRUE(Applies(Decide(taken_over, settled, false)));
}

TEST(Decide, LetsAPersonCorrectAnEarlierSettlement) {
  const Outcome told{.status = JobStatus::kFailed,
                     .failure_reason = FailureReason::kTimeout,
                     .effect = Effect::kUnknown,
                     .source = OutcomeSource::kTold};
  Outcome settled = told;
  settled.source = OutcomeSource::kResolved;
  settled.effect = Effect::kNotApplied;
  const TransitionDecision first = Decide(told, settled, false);
  ASSERT_TRUE(Applies(first));

  settled.effect = Effect::kApplied;
  EXPECT_TRUE(Applies(Decide(first.next, settled, false)));
  EXPECT_FALSE(Applies(Decide(first.next, told, false))) << "told once, never again";
}

TEST(Decide, KeepsAConflictOnceItIsShown) {
  const Outcome current{.status = JobStatus::kFailed,
                        .failure_reason = FailureReason::kTimeout,
                        .effect = Effect::kUnknown,
                        .source = OutcomeSource::kTold,
                        .conflict = true};
  Outcome settled = current;
  settled.source = OutcomeSource::kResolved;
  settled.effect = Effect::kApplied;
  settled.conflict = false;
  EXPECT_TRUE(Decide(current, settled, false).next.conflict);
}

// From a new job, whatever is said in whatever order leads only to outcomes that make sense.
TEST(Decide, ReachesOnlyConsistentOutcomes) {
  const std::vector<Outcome> claims = AllOutcomes();
  std::vector<Outcome> reached = {Outcome{}};
  for (size_t i = 0; i < reached.size(); ++i) {
    for (const Outcome& claim : claims) {
      const TransitionDecision decision = Decide(reached[i], claim, true);
      if (!Applies(decision)) continue;
      EXPECT_FALSE(CheckClaim(decision.next)) << ::testing::PrintToString(decision.next);
      if (std::find(reached.begin(), reached.end(), decision.next) == reached.end()) {
        reached.push_back(decision.next);
      }
    }
  }
  EXPECT_GT(reached.size(), 10u);
}

struct Classified {
  FailureReason reason;
  Effect effect;
};

// The failure rows of the design's classification table.
constexpr Classified kTellable[] = {
    {FailureReason::kNotCalled, Effect::kNotApplied},
    {FailureReason::kConnectError, Effect::kNotApplied},
    {FailureReason::kTimeout, Effect::kUnknown},
    {FailureReason::kTimeout, Effect::kNotApplied},
    {FailureReason::kConnectionLost, Effect::kUnknown},
    {FailureReason::kHttpError, Effect::kUnknown},
    {FailureReason::kHttpError, Effect::kNotApplied},
    {FailureReason::kInvalidResponse, Effect::kUnknown},
    {FailureReason::kRejected, Effect::kNotApplied},
};

TEST(CheckClaim, LetsAnOwnerTellExactlyTheRowsOfTheClassification) {
  for (const auto reason : kAllReasons) {
    for (const auto effect : kAllEffects) {
      const bool listed = std::any_of(
          std::begin(kTellable), std::end(kTellable),
          [&](const Classified& row) { return row.reason == reason && row.effect == effect; });
      const Outcome failed{.status = JobStatus::kFailed,
                           .failure_reason = reason,
                           .effect = effect,
                           .source = OutcomeSource::kTold};
      EXPECT_EQ(!CheckClaim(failed), listed) << ::testing::PrintToString(failed);
      const Outcome success{.status = JobStatus::kSuccess,
                            .http_status = 200,
                            .failure_reason = reason,
                            .effect = effect,
                            .source = OutcomeSource::kTold};
      EXPECT_EQ(!CheckClaim(success), reason == FailureReason::kNone && effect == Effect::kApplied)
          << ::testing::PrintToString(success);
    }
  }
}

TEST(CheckClaim, RefusesAStatusOfAnAnswerThatNeverCame) {
  Outcome claim{.status = JobStatus::kFailed,
                .http_status = 200,
                .failure_reason = FailureReason::kConnectError,
                .effect = Effect::kNotApplied,
                .source = OutcomeSource::kTold};
  EXPECT_EQ(CheckClaim(claim)->field, "http_status");
  claim.failure_reason = FailureReason::kTimeout;  // headers came, the body was late
  EXPECT_FALSE(CheckClaim(claim));
}

TEST(CheckClaim, PresumesNothingButInterruptedWithAnUnknownEffect) {
  for (const Outcome& claim : AllOutcomes()) {
    if (claim.source != OutcomeSource::kPresumed) continue;
    const bool interrupted = claim.status == JobStatus::kFailed &&
                             claim.failure_reason == FailureReason::kInterrupted &&
                             claim.effect == Effect::kUnknown;
    EXPECT_EQ(!CheckClaim(claim), interrupted) << ::testing::PrintToString(claim);
  }
}

TEST(Words, GoThereAndBack) {
  for (const auto status : kAllStatuses) EXPECT_EQ(JobStatusFromWord(ToWord(status)), status);
  for (const auto effect : kAllEffects) EXPECT_EQ(EffectFromWord(ToWord(effect)), effect);
  for (const auto source : kAllSources) EXPECT_EQ(OutcomeSourceFromWord(ToWord(source)), source);
  for (const auto reason : kAllReasons) EXPECT_EQ(FailureReasonFromWord(ToWord(reason)), reason);
  for (int i = 1; i <= 7; ++i) {
    EXPECT_EQ(VerdictFromWord(ToWord(static_cast<Verdict>(i))), static_cast<Verdict>(i));
  }
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(HistoryKindFromWord(ToWord(static_cast<HistoryKind>(i))),
              static_cast<HistoryKind>(i));
  }
  EXPECT_EQ(JobStatusFromWord("success"), std::nullopt);
  EXPECT_EQ(JobStatusFromWord(""), std::nullopt);
}

}  // namespace
}  // namespace tms::ledger
