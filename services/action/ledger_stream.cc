#include "services/action/ledger_stream.h"

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <utility>

namespace tms::action {

namespace asio = boost::asio;

std::shared_ptr<LedgerStream> LedgerStream::Open(ledger::v1::JobLedgerService::StubInterface& stub,
                                                 asio::any_io_executor strand, Observer observer) {
  auto stream =
      std::shared_ptr<LedgerStream>(new LedgerStream(std::move(strand), std::move(observer)));
  stream->self_ = stream;
  stub.async()->RecordEvents(&stream->context_, stream.get());
  // Writes come from outside of reactions: without a hold gRPC could finish between them.
  stream->AddHold();
  stream->StartRead(&stream->ack_);
  stream->StartCall();
  return stream;
}

LedgerStream::LedgerStream(asio::any_io_executor strand, Observer observer)
    : strand_(asio::prefer(strand, asio::execution::outstanding_work.tracked)),
      observer_(std::move(observer)) {}

void LedgerStream::Write(Message message) {
  if (broken_) return;
  writing_ = std::move(message);
  StartWrite(writing_.get());
}

void LedgerStream::OnReadInitialMetadataDone(bool ok) {
  if (!ok) return;
  asio::post(strand_, [self = self_] { self->observer_.on_open(); });
}

void LedgerStream::OnReadDone(bool ok) {
  if (!ok) {
    asio::post(strand_, [self = self_] { self->Break(); });
    return;
  }
  asio::post(strand_, [self = self_, ack = std::exchange(ack_, {})]() mutable {
    self->observer_.on_ack(std::move(ack));
  });
  StartRead(&ack_);
}

void LedgerStream::OnWriteDone(bool ok) {
  asio::post(strand_, [self = self_, ok] {
    self->writing_.reset();
    if (!ok) return self->Break();
    self->observer_.on_written();
  });
}

void LedgerStream::Break() {
  if (std::exchange(broken_, true)) return;
  RemoveHold();
}

void LedgerStream::OnDone(const grpc::Status& status) {
  // What is posted may run, and `this` be gone, before this thread has let go of the strand.
  const asio::any_io_executor strand = strand_;
  asio::post(strand, [self = std::move(self_), status] {
    self->broken_ = true;
    self->observer_.on_done(status);
  });
}

}  // namespace tms::action
