// What operators see of the spool, and do with its dead letters.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>

#include "absl/status/status.h"
#include "common/rpc/call_context.h"
#include "services/action/spool/spool.h"
#include "tms/action/v1/action.pb.h"

namespace tms::action {

// Thread-safe. Owned by main; outlives the strand's work.
class SpoolAdmin {
 public:
  using Done = std::function<void(absl::Status)>;

  // `on_revived` runs on the strand: there is something new to deliver.
  SpoolAdmin(Spool& spool, int64_t limit, boost::asio::any_io_executor strand,
             std::function<void()> on_revived)
      : spool_(spool),
        limit_(limit),
        strand_(std::move(strand)),
        on_revived_(std::move(on_revived)) {}

  v1::SpoolState State() const;
  // `done` runs on the strand, after `response` is filled; both live until then.
  void List(const v1::ListDeadLettersRequest& request, v1::ListDeadLettersResponse& response,
            Done done);
  // The same. Logs what was resolved, who asked, and why.
  void Resolve(const rpc::CallContext& call, const v1::ResolveDeadLetterRequest& request,
               v1::ResolveDeadLetterResponse& response, Done done);

 private:
  boost::asio::awaitable<absl::Status> ResolveNow(rpc::CallContext call,
                                                  const v1::ResolveDeadLetterRequest& request,
                                                  v1::ResolveDeadLetterResponse& response);

  Spool& spool_;
  const int64_t limit_;
  const boost::asio::any_io_executor strand_;
  const std::function<void()> on_revived_;
};

}  // namespace tms::action
