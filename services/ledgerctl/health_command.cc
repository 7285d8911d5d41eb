#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/runtime/options.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/ledgerctl/commands.h"

namespace tms::ledgerctl {
namespace {

constexpr std::string_view kHttpScheme = "http://";

int CheckGrpc(Session& session, const std::string& address) {
  const auto stub = grpc::health::v1::Health::NewStub(session.Connect(address));
  grpc::health::v1::HealthCheckResponse response;
  const auto status = stub->Check(session.NewCall().get(), {}, &response);
  if (!status.ok()) return Session::Fail("health", status);
  std::cout << grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status()) << '\n';
  return response.status() == grpc::health::v1::HealthCheckResponse::SERVING ? kDone : kFailed;
}

// GET; healthy is a 2xx.
int CheckHttp(const std::string& url, absl::Duration deadline) {
  const std::string rest = url.substr(kHttpScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto address = ParseHostPort(rest.substr(0, slash));
  const std::string path = slash < rest.size() ? rest.substr(slash) : "/";
  if (!address) {
    return Session::RefuseUsage(MakeStatus(absl::StatusCode::kInvalidArgument,
                                           "--target: must be HOST:PORT or http://HOST:PORT/PATH"));
  }
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(absl::ToChronoMilliseconds(deadline));
  stream.connect(address->host, std::to_string(address->port));
  stream << "GET " << path << " HTTP/1.1\r\nHost: " << rest.substr(0, slash)
         << "\r\nConnection: close\r\n\r\n"
         << std::flush;
  std::string version, line;
  int code = 0;
  stream >> version >> code;
  std::getline(stream, line);
  if (!stream) {
    std::cerr << "ledgerctl: health: no answer: " << stream.error().message() << "\n";
    return kFailed;
  }
  std::cout << code << '\n';
  return code >= 200 && code < 300 ? kDone : kFailed;
}

}  // namespace

void AddHealthCommand(CLI::App& app, Session& session) {
  CLI::App* health = app.add_subcommand("health", "Whether a server is ready to serve");
  auto target = std::make_shared<std::string>();
  health
      ->add_option("--target", *target,
                   "HOST:PORT of a gRPC server, or http://HOST:PORT/PATH of an HTTP server")
      ->required();
  health->callback([&session, target] {
    session.command = [&session, target] {
      return target->starts_with(kHttpScheme)
                 ? CheckHttp(*target, session.DeadlineOr(kQuestionDeadline))
                 : CheckGrpc(session, *target);
    };
  });
}

}  // namespace tms::ledgerctl
