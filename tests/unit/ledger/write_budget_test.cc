#include "services/ledger/write_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tms::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WriteBudgetTest : public testing::Test {
 protected:
  void Acquire(const std::string& name, size_t weight) {
    budget_.Acquire(weight, [this, name] { admitted_.push_back(name); });
  }
  std::vector<std::string> Admitted() { return std::exchange(admitted_, {}); }

  WriteBudget budget_{10};
  std::vector<std::string> admitted_;
};

TEST_F(WriteBudgetTest, AdmitsAtOnceWhileThereIsRoom) {
  Acquire("a", 4);
  Acquire("b", 6);
  EXPECT_THAT(Admitted(), ElementsAre("a", "b"));
  Acquire("c", 1);
  EXPECT_THAT(Admitted(), IsEmpty());
  budget_.Release(4);
  EXPECT_THAT(Admitted(), ElementsAre("c"));
}

TEST_F(WriteBudgetTest, AdmitsInTheOrderOfAskingAlsoLightOnesBehindHeavyOnes) {
  Acquire("a", 8);
  Acquire("heavy", 9);
  Acquire("light", 1);
  EXPECT_THAT(Admitted(), ElementsAre("a"));
  budget_.Release(8);
  EXPECT_THAT(Admitted(), ElementsAre("heavy", "light"));
}

TEST_F(WriteBudgetTest, AdmitsWhatIsHeavierThanItAllAlone) {
  Acquire("a", 1);
  Acquire("giant", 50);
  Acquire("b", 1);
  EXPECT_THAT(Admitted(), ElementsAre("a"));
  budget_.Release(1);
  EXPECT_THAT(Admitted(), ElementsAre("giant"));
  budget_.Release(50);
  EXPECT_THAT(Admitted(), ElementsAre("b"));
}

}  // namespace
}  // namespace tms::ledger
