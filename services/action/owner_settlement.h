// After a restart: has the ledger end what earlier starts of this instance left open.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "common/base/clock.h"
#include "services/action/event.h"
#include "services/action/job_events.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::action {

// Confined to `strand`; created with make_shared. Asks SettleOwner once all that earlier starts
// left in the spool is delivered, and again until the ledger has done it.
class OwnerSettlement final : public std::enable_shared_from_this<OwnerSettlement> {
 public:
  OwnerSettlement(boost::asio::any_io_executor strand,
                  std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub, Owner owner,
                  const Clock& clock);

  // `delivered` is set when the spool holds nothing of earlier starts any more.
  void Open(std::shared_ptr<Event> delivered);
  void Close();

 private:
  boost::asio::awaitable<void> Run(std::shared_ptr<Event> delivered);

  const boost::asio::any_io_executor strand_;
  const std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub_;
  const Owner owner_;
  const Clock& clock_;
  // Set by Close; also shared with waits that outlive it.
  const std::shared_ptr<Event> closed_ = std::make_shared<Event>();
};

}  // namespace tms::action
