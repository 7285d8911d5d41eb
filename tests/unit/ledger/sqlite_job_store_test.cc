#include "services/ledger/sqlite/sqlite_job_store.h"

#include <future>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "gmock/gmock.h"
#include "tests/unit/ledger/job_store_contract.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<SqliteJobStore> OpenStore(const std::string& path, const Clock& clock) {
  auto store = SqliteJobStore::Open({.path = path}, clock);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

class SqliteHarness final : public StoreHarness {
 public:
  explicit SqliteHarness(const Clock& clock)
      : clock_(clock), store_(OpenStore(dir_.File("jobs.db"), clock)) {}

  JobStore& store() override { return *store_; }
  void Reopen() override {
    store_.reset();
    store_ = OpenStore(dir_.File("jobs.db"), clock_);
  }

 private:
  TempDir dir_;
  const Clock& clock_;
  std::unique_ptr<SqliteJobStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, JobStoreContract,
                         ::testing::Values([](const Clock& clock) -> std::unique_ptr<StoreHarness> {
                           return std::make_unique<SqliteHarness>(clock);
                         }),
                         [](const auto&) { return std::string("Embedded"); });

TEST(SqliteJobStoreTest, SecondOpenerIsRefused) {
  const TempDir dir;
  const FakeClock clock;
  const auto first = OpenStore(dir.File("jobs.db"), clock);
  const auto second = SqliteJobStore::Open({.path = dir.File("jobs.db")}, clock);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr("is locked by process"));
}

TEST(SqliteJobStoreTest, S06_OwnersOfARetiredIdentityAreTheNextOnesToNameThem) {
  const TempDir dir;
  const FakeClock clock;
  const auto may_settle = [&](const std::string& teller, std::vector<std::string> identities) {
    auto store = SqliteJobStore::Open(
        {.path = dir.File("jobs.db"), .owner_identities = std::move(identities)}, clock);
    std::promise<bool> settled;
    (*store)->Settle(
        {.owner = "o", .incarnation = 1, .message = "gone", .limit = 1, .teller = teller},
        [&](const auto& answer) { settled.set_value(answer.ok()); });
    return settled.get_future().get();
  };
  EXPECT_TRUE(may_settle("spiffe://old", {"spiffe://old"}));
  EXPECT_FALSE(may_settle("spiffe://new", {"spiffe://old", "spiffe://new"}));
  EXPECT_TRUE(may_settle("spiffe://new", {"spiffe://new"}));
  EXPECT_FALSE(may_settle("spiffe://old", {"spiffe://new"}));
}

TEST(SqliteJobStoreTest, TwoLedgersHaveDifferentPageTokenKeys) {
  const TempDir dir;
  const FakeClock clock;
  const auto first = OpenStore(dir.File("first.db"), clock);
  const auto second = OpenStore(dir.File("second.db"), clock);
  EXPECT_NE(first->PageTokenKey(), second->PageTokenKey());
}

TEST(SqliteJobStoreTest, DatabaseOfTheReplacedSystemIsLeftAsItIs) {
  const TempDir dir;
  const FakeClock clock;
  const std::string path = dir.File("jobs.db");
  auto legacy = sqlite::Connection::Open(path, sqlite::OpenMode::kCreateOrWrite).value();
  ASSERT_TRUE(legacy->RunScript("CREATE TABLE jobs(job_id TEXT PRIMARY KEY)").ok());
  legacy.reset();
  const auto store = SqliteJobStore::Open({.path = path}, clock);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SqliteJobStoreStateTest, AProbeChangesNoJobAndTellsThatThereIsRoom) {
  const TempDir folder;
  FakeClock clock;
  auto store = SqliteJobStore::Open({.path = folder.File("jobs.db")}, clock).value();
  const HistoryPosition before = store->LastPosition().value();
  store->Probe();
  store->Probe();
  EXPECT_EQ(store->State(), StoreState::kWritable);
  EXPECT_EQ(store->LastPosition().value(), before);
}

}  // namespace
}  // namespace tms::ledger
