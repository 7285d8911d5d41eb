// Who may use what: every route of the gateway against everybody who might ask.
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/integration/gateway/gateway_fixture.h"

namespace tms::gateway {
namespace {

using testing::Contains;

// One line for each route: its method and pattern, then what is answered to nobody, viewer,
// operator, auditor, admin, and to a session that has ended. Bodies are `{}`, jobs are the caller's
// own, so 200 means that the service behind was asked, 400 that only the body was wrong.
constexpr std::string_view kTable = R"(
POST  /api/v1/actions            401 403 200 403 200 401
GET   /api/v1/actions            401 200 200 200 200 401
GET   /api/v1/clusters           401 200 200 200 200 401
GET   /api/v1/me                 401 200 200 200 200 401
GET   /api/v1/jobs               401 200 200 200 200 401
GET   /api/v1/jobs:stats         401 200 200 200 200 401
GET   /api/v1/jobs:watch         401 200 200 200 200 401
GET   /api/v1/jobs:export        401 403 403 200 200 401
GET   /api/v1/jobs/{id}          401 200 200 200 200 401
PATCH /api/v1/jobs/{id}          401 403 403 403 200 401
GET   /api/v1/jobs/{id}/events   401 200 200 200 200 401
GET   /api/v1/jobs/{id}/customers 401 200 200 200 200 401
GET   /healthz                   200 200 200 200 200 200
GET   /readyz                    200 200 200 200 200 200
POST  /api/login                 400 400 400 400 400 400
POST  /api/logout                401 200 200 200 200 401
GET   /api/user/info             302 200 200 200 200 302
GET   /api/user/role             302 200 200 200 200 302
GET   /api/clusters              302 200 200 200 200 302
GET   /api/devices               302 200 200 200 200 302
POST  /proxy_fetch               401 403 501 403 501 401
GET   /api/jobs/mine             302 200 200 200 200 302
GET   /api/jobs/{id}             302 200 200 200 200 302
GET   /api/jobs/{id}/customers   302 200 200 200 200 302
GET   /api/audit/customer/{cid}  302 200 200 200 200 302
GET   /api/audit/trail           302 200 200 200 200 302
)";
constexpr const char* kWho[] = {"", "vic", "oscar", "audrey", "adam", "expired"};

std::map<std::string, std::vector<int>> Table() {
  std::map<std::string, std::vector<int>> table;
  std::istringstream lines{std::string(kTable)};
  std::string method, pattern;
  while (lines >> method >> pattern) {
    std::vector<int>& statuses = table[method + " " + pattern];
    for (int status; statuses.size() < std::size(kWho) && lines >> status;) {
      statuses.push_back(status);
    }
  }
  return table;
}

class AccessTable : public GatewayTest {
 protected:
  void Become(const std::string& who) {
    cookie_.clear();
    if (who == "expired") {
      LogIn("ann");
      clock_.Advance(absl::Minutes(15));
    } else if (!who.empty()) {
      LogIn(who);
      OwnJobsOf(who);
    }
  }
  // Every job that the ledger knows is this user's.
  void OwnJobsOf(const std::string& user) {
    ledger_.script.SetAnswer([user](auto*, google::protobuf::Message* response) {
      if (auto* job = dynamic_cast<tms::ledger::v1::Job*>(response)) job->set_user_id(user);
      return grpc::Status::OK;
    });
  }
  // The status of an answer, whose body may never end.
  int StatusOf(const std::string& method, std::string path) {
    for (size_t at = 0; (at = path.find('{')) != path.npos;) {
      path.replace(at, path.find('}') - at + 1, "j1");
    }
    if (path.ends_with(":export")) path += "?format=csv";
    test::RawHttpClient client(port_);
    const bool body = method != "GET";
    client.Send(
        Raw(method, path, body ? "{}" : "", body ? "Content-Type: application/json\r\n" : ""));
    return client.ReceiveHead().status;
  }
};

TEST_F(AccessTable, S17EveryRouteLetsInExactlyWhomItsRowNames) {
  for (const auto& [route, statuses] : Table()) {
    const size_t blank = route.find(' ');
    for (size_t i = 0; i < std::size(kWho); ++i) {
      Become(kWho[i]);
      EXPECT_EQ(StatusOf(route.substr(0, blank), route.substr(blank + 1)), statuses.at(i))
          << route << " for " << (*kWho[i] == '\0' ? "nobody" : kWho[i]);
    }
  }
}

TEST_F(AccessTable, S17EveryRouteHasARow) {
  const auto table = Table();
  std::set<std::string> routes;
  for (const Route& route : AllRoutes(services_, login_, streams_)) {
    const std::string name = route.method + " " + route.pattern;
    EXPECT_EQ(table.count(name), 1u) << name;
    EXPECT_TRUE(routes.insert(name).second) << name << " is there twice";
  }
  EXPECT_EQ(routes.size(), table.size());
  // The page's files are for everybody, and only to be read.
  for (const Route& route : WebRoutes(ReadWebFiles().value())) {
    EXPECT_EQ(route.method, "GET") << route.pattern;
    EXPECT_EQ(route.access, Access::kAnyone) << route.pattern;
  }
}

TEST_F(AccessTable, S17OnlyTheLoginAndTheProbesAreForAnyone) {
  for (const Route& route : AllRoutes(services_, login_, streams_)) {
    const bool open =
        route.pattern == "/api/login" || route.pattern == "/healthz" || route.pattern == "/readyz";
    EXPECT_EQ(route.access == Access::kAnyone, open) << route.pattern;
  }
}

TEST_F(AccessTable, ADenialIsRecorded) {
  LogIn("vic");
  EXPECT_EQ(SendJson("PATCH", "/api/v1/jobs/1", "{}").status, 403);
  ASSERT_THAT(audit_.actions(), Contains("!ACCESS_DENIED"));
  EXPECT_EQ(audit_.records().back().user_id(), "vic");
  EXPECT_EQ(audit_.records().back().target(), "PATCH /api/v1/jobs/{id}");
}

TEST_F(AccessTable, S25OthersJobsAreForbiddenAndTheTryIsRecorded) {
  OwnJobsOf("ann");
  LogIn("oscar");
  for (const char* path : {"/api/v1/jobs/1", "/api/v1/jobs/1/events", "/api/v1/jobs/1/customers",
                           "/api/v1/jobs?user_ids=ann", "/api/v1/jobs?user_ids=oscar&user_ids=ann",
                           "/api/v1/jobs:stats?user_ids=ann", "/api/v1/jobs:watch?user_ids=ann",
                           "/api/v1/jobs:export?format=csv", "/api/jobs/1", "/api/jobs/1/customers",
                           "/api/audit/trail?user_id=ann"}) {
    const size_t before = audit_.records().size();
    EXPECT_EQ(Get(path).status, 403) << path;
    EXPECT_EQ(audit_.records().size(), before + 1) << path;
  }
  for (const SeenCall& call : ledger_.script.seen()) {
    EXPECT_EQ(call.context.user, "oscar") << call.method;
    EXPECT_EQ(call.method, "GetJob");
  }
}

TEST_F(AccessTable, S25ListsOfThoseWhoSeeOnlyTheirOwnAreAskedForTheirOwn) {
  LogIn("vic");
  EXPECT_EQ(Get("/api/v1/jobs").status, 200);
  EXPECT_EQ(Get("/api/v1/jobs:stats").status, 200);
  const auto seen = ledger_.script.seen();
  ASSERT_EQ(seen.size(), 2u);
  using tms::ledger::v1::GetJobStatsRequest;
  using tms::ledger::v1::ListJobsRequest;
  EXPECT_THAT(seen[0].As<ListJobsRequest>().filter().user_ids(), testing::ElementsAre("vic"));
  EXPECT_THAT(seen[1].As<GetJobStatsRequest>().user_ids(), testing::ElementsAre("vic"));
  LogIn("audrey");
  EXPECT_EQ(Get("/api/v1/jobs").status, 200);
  EXPECT_THAT(ledger_.script.seen().back().As<ListJobsRequest>().filter().user_ids(),
              testing::IsEmpty());
}

}  // namespace
}  // namespace tms::gateway
