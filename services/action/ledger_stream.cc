#include "services/action/ledger_stream.h"

#include <boost/asio/post.hpp>
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
    : work_(asio::make_work_guard(strand)), observer_(std::move(observer)) {}

void LedgerStream::Write(Message message) {
  if (broken_) return;
  writing_ = std::move(message);
  StartWrite(writing_.get());
}

void LedgerStream::OnReadDone(bool ok) {
  if (!ok) {
    asio::post(work_.get_executor(), [self = self_] { self->Break(); });
    return;
  }
  asio::post(work_.get_executor(), [self = self_, ack = std::exchange(ack_, {})]() mutable {
    self->observer_.on_ack(std::move(ack));
  });
  StartRead(&ack_);
}

void LedgerStream::OnWriteDone(bool ok) {
  asio::post(work_.get_executor(), [self = self_, ok] {
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
  asio::post(work_.get_executor(), [self = std::move(self_), status] {
    self->broken_ = true;
    self->observer_.on_done(status);
  });
}

}  // namespace tms::action
