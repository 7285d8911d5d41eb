// Runs cluster calls against scripted servers, and says what their results should be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "services/action/cluster/http_cluster_client.h"
#include "tests/integration/action/scripted_server.h"

namespace tms::action {

constexpr char kToken[] = "canary-token-0123456789";
constexpr char kAccepted[] = R"({"message":"Sending action to migration services","success":true})";
// A timeout for tests that wait for it.
constexpr absl::Duration kShort = absl::Milliseconds(200);

// A cluster at `host`, which must lie on or resolve to the loopback interface.
Cluster ClusterAt(uint16_t port, const std::string& host = "127.0.0.1");

ClusterCall CallTo(const Cluster& cluster, absl::Duration timeout = absl::Seconds(10),
                   const Clock& clock = SystemClock());

// The same with 6.6 MB of cids: more than sockets buffer.
ClusterCall LargeCallTo(const Cluster& cluster, absl::Duration timeout = absl::Seconds(10));

// Runs the call until nothing of it is left: that this returns shows that no coroutine leaks.
CallResult Finish(ClusterClient& client, ClusterCall call);

// A call to a server of its own, which must see one connection.
CallResult CallOnce(Script script, absl::Duration timeout = absl::Seconds(10));

// A resolver that knows one answer.
LookUpFunction Always(absl::StatusOr<std::vector<std::string>> answer);

std::string Response(const std::string& status, const std::string& body,
                     const std::string& headers = "");
// Reads the request, sends the bytes and closes.
Script Answer(std::string bytes);
// The same, but leaves it to the client to close.
Script AnswerAndStay(std::string bytes);

struct Expected {
  tms::ledger::v1::Job::Status status = tms::ledger::v1::Job::FAILED;
  std::optional<int> http_status;
  tms::ledger::v1::Job::FailureReason reason = tms::ledger::v1::Job::FAILURE_REASON_UNSPECIFIED;
  tms::ledger::v1::Job::Effect effect = tms::ledger::v1::Job::UNKNOWN;
  // What the error message begins with; empty: there is none.
  std::string message;
};

void ExpectResult(const CallResult& result, const Expected& expected);

Expected NotCalled();
Expected ConnectError(std::string message);
Expected ConnectionLost(std::string message);
// Of a call with the timeout kShort.
Expected Timeout(tms::ledger::v1::Job::Effect effect,
                 std::optional<int> http_status = std::nullopt);
Expected HttpError(int status, tms::ledger::v1::Job::Effect effect, std::string message);
Expected InvalidResponse(std::string message);
Expected Success(int http_status = 200);

}  // namespace tms::action
