// Reads jobs from the ledger.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::action {

// Thread-safe. Owned by main.
class JobReader {
 public:
  virtual ~JobReader() = default;

  // The job as the ledger has it now, BASIC view. Resumes on the awaiting coroutine's executor.
  virtual boost::asio::awaitable<absl::StatusOr<ledger::v1::Job>> GetJob(
      std::string job_id, absl::Duration timeout) = 0;
};

class LedgerJobReader final : public JobReader {
 public:
  explicit LedgerJobReader(std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub)
      : stub_(std::move(stub)) {}

  boost::asio::awaitable<absl::StatusOr<ledger::v1::Job>> GetJob(std::string job_id,
                                                                 absl::Duration timeout) override;

 private:
  const std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub_;
};

}  // namespace tms::action
