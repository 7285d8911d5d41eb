#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "services/fake_cluster/admin.h"
#include "services/fake_cluster/behaviour.h"
#include "services/fake_cluster/fake_cluster.h"

namespace {

using tms::fake_cluster::Config;
using tms::fake_cluster::FakeCluster;

constexpr char kHelp[] =
    "A cluster that speaks the Set Action API and misbehaves on demand.\n\n"
    "A request chooses its behaviour by its bearer token, `fake-BEHAVIOUR`, or by a cid,\n"
    "`behave-BEHAVIOUR`; otherwise the admin routes or --behaviour say it. A behaviour is\n"
    "written NAME or NAME~key=value~…, for instance `delay~ms=500`. Each one also takes\n"
    "`applied` (0 or 1: whether the hit counts as acted on) and `salt` (ignored; makes tokens\n"
    "differ).\n\n";

// Keeps the longest answer of `slow` under five hours.
constexpr int kMaxSlowPercent = 100'000;

}  // namespace

int main(int argc, char** argv) {
  tms::BeginProcess();
  Config config;
  std::string listen = "127.0.0.1:18080";
  int seed = 0;
  int slow_percent = 100;
  bool print_port = false;
  tms::Options options("fake_cluster", kHelp + std::string("Behaviours:\n") +
                                           tms::fake_cluster::DescribeCatalogue() +
                                           "\nAdmin routes:\n" + tms::fake_cluster::kAdminHelp);
  options.AddAddress("--listen", listen, "Where to listen; port 0 lets the system choose");
  options.Add("--print-port", print_port, "Print the port as a line on stdout");
  options.Add("--tls-cert", config.tls_cert, "PEM file with the certificate chain; without: HTTP");
  options.Add("--tls-key", config.tls_key, "PEM file with the key of --tls-cert");
  options.Add("--hits", config.hits_file, "Append each request as a line of JSON to this file");
  options.Add("--behaviour", config.behaviour, "What requests meet that choose nothing else");
  options.Add("--seed", seed, "Seed of the times of `slow`", 0, INT32_MAX);
  options.Add("--slow-percent", slow_percent, "Scales the times of `slow`", 0, kMaxSlowPercent);
  if (const auto exit_code = options.Parse(argc, argv)) return *exit_code;

  const tms::HostPort address = *tms::ParseHostPort(listen);
  config.host = address.host;
  config.port = address.port;
  config.seed = static_cast<uint64_t>(seed);
  config.slow_factor = slow_percent / 100.0;
  const auto cluster = FakeCluster::Start(config);
  if (!cluster.ok()) {
    std::cerr << "fake_cluster: " << tms::Message(cluster.status()) << "\n";
    return 2;
  }
  tms::log::Info("FAKE", "serving", {{"host", config.host}, {"port", (*cluster)->port()}});
  if (print_port) std::cout << (*cluster)->port() << std::endl;
  tms::WaitForTermination();
  return 0;
}
