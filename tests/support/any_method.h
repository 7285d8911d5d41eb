// Calls any method of any service with an empty message, to see who is let in.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tms {

using Metadata = std::vector<std::pair<std::string, std::string>>;

// The final status of `/package.Service/Method`, whether it streams or not; DEADLINE_EXCEEDED if it
// has not ended within `patience`.
inline grpc::Status CallAnyMethod(const std::shared_ptr<grpc::Channel>& channel,
                                  const std::string& method, const Metadata& metadata,
                                  std::chrono::milliseconds patience = std::chrono::minutes(1)) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  grpc::CompletionQueue queue;
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  wait();
  const grpc::Slice nothing("", 0);
  call->WriteLast(grpc::ByteBuffer(&nothing, 1), grpc::WriteOptions(), nullptr);
  wait();
  grpc::ByteBuffer answer;
  do {
    call->Read(&answer, nullptr);
  } while (wait());
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  queue.Shutdown();
  while (wait()) {
  }
  return status;
}

}  // namespace tms
