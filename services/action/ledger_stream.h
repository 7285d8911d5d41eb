// One RecordEvents call, with gRPC's reactions brought onto a strand.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::action {

// Its methods and its observer's functions run on the strand; gRPC's reactions only post to it.
// Keeps itself, and the strand's context, alive until gRPC is done with it.
class LedgerStream final : public grpc::ClientBidiReactor<ledger::v1::RecordEventsRequest,
                                                          ledger::v1::RecordEventsResponse> {
 public:
  using Message = std::shared_ptr<const ledger::v1::RecordEventsRequest>;

  struct Observer {
    // The ledger has taken the stream on; comes at most once.
    std::function<void()> on_open;
    // The last message was handed to the transport: the next one may be written.
    std::function<void()> on_written;
    std::function<void(ledger::v1::RecordEventsResponse)> on_ack;
    // The stream is over; comes exactly once, last.
    std::function<void(grpc::Status)> on_done;
  };

  static std::shared_ptr<LedgerStream> Open(ledger::v1::JobLedgerService::StubInterface& stub,
                                            boost::asio::any_io_executor strand, Observer observer);

  // Writes one message; the next only after on_written.
  void Write(Message message);

  // Ends the stream soon, with on_done.
  void Cancel() { context_.TryCancel(); }

 private:
  LedgerStream(boost::asio::any_io_executor strand, Observer observer);

  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  // Lets gRPC finish: nothing is written any more.
  void Break();

  // Each copy counts as work: the context outlives them all, also those on gRPC's threads. (A work
  // guard would not do: it holds one copy that does not count.)
  const boost::asio::any_io_executor strand_;
  const Observer observer_;
  grpc::ClientContext context_;
  ledger::v1::RecordEventsResponse ack_;  // gRPC's, between StartRead and OnReadDone
  Message writing_;                       // gRPC's, between StartWrite and OnWriteDone
  bool broken_ = false;
  std::shared_ptr<LedgerStream> self_;
};

}  // namespace tms::action
