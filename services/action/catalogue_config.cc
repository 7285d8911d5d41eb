#include "services/action/catalogue_config.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "common/base/text.h"
#include "common/base/time_text.h"
#include "services/action/address_policy.h"
#include "services/action/cluster_url.h"

namespace tms::action {
namespace {

using config::v1::ActionConfig;
using config::v1::ActionEntry;
using config::v1::ClusterConfig;

constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxDescriptionCharacters = 500;
// No cluster was seen to need longer, and callers wait.
constexpr absl::Duration kMostTimeout = absl::Seconds(120);
constexpr absl::Duration kLeastTimeout = absl::Milliseconds(1);
// Each call in flight is a connection and its cids in memory, each waiting one its cids.
constexpr int kMostInFlight = 10'000;
constexpr int kMostWaiting = 100'000;
// The RPC's answer carries the body.
constexpr int kMostResponseBytes = 1 << 20;

// One entry while it is checked: knows its path and collects what is wrong.
class Entry {
 public:
  Entry(std::string path, Violations& violations)
      : path_(std::move(path)), violations_(violations) {}

  void Wrong(std::string_view field, std::string_view why) {
    violations_.Add(path_ + "." + std::string(field), why);
  }
  // `given` where it is set, else `fallback`.
  int Number(std::string_view field, int given, int fallback, int most) {
    if (given < 0 || given > most) Wrong(field, "must be 1 to " + std::to_string(most));
    return given == 0 ? fallback : given;
  }
  void CheckDescription(const std::string& text) {
    if (!IsPrintable(text) || CountCharacters(text) > kMaxDescriptionCharacters) {
      Wrong("description", "must be at most 500 printable characters");
    }
  }

 private:
  const std::string path_;
  Violations& violations_;
};

std::string Path(std::string_view list, int index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

bool IsClusterName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool IsActionName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxNameBytes && IsPrintable(name) && Trim(name) == name;
}

absl::Duration ReadTimeout(Entry& entry, std::string_view field,
                           const google::protobuf::Duration& given, absl::Duration most) {
  const auto timeout = absl::Seconds(given.seconds()) + absl::Nanoseconds(given.nanos());
  if (timeout < kLeastTimeout || timeout > most) {
    entry.Wrong(field, "must be 0.001s to " + FormatSeconds(most));
  }
  return timeout;
}

void ReadUrl(Entry& entry, const std::string& text, Cluster& cluster) {
  const auto url = ParseClusterUrl(text);
  if (!url.ok()) {
    entry.Wrong("base_url", Message(url.status()));
    return;
  }
  cluster.base_url = url->Normalised();
  cluster.tls = url->tls;
  cluster.host = url->host;
  cluster.port = url->port;
  cluster.path = url->path;
}

void ReadTimeouts(Entry& entry, const ClusterConfig& config, Cluster& cluster) {
  if (config.has_max_timeout()) {
    cluster.max_timeout = ReadTimeout(entry, "max_timeout", config.max_timeout(), kMostTimeout);
  }
  if (config.has_default_timeout()) {
    cluster.default_timeout =
        ReadTimeout(entry, "default_timeout", config.default_timeout(), cluster.max_timeout);
  } else {
    cluster.default_timeout = std::min(cluster.default_timeout, cluster.max_timeout);
  }
}

Cluster ReadCluster(Entry entry, const ClusterConfig& config) {
  Cluster cluster;
  cluster.name = config.name();
  if (!IsClusterName(config.name())) entry.Wrong("name", "must be 1 to 64 of [A-Za-z0-9._-]");
  ReadUrl(entry, config.base_url(), cluster);
  cluster.description = config.description();
  entry.CheckDescription(config.description());
  ReadTimeouts(entry, config, cluster);
  cluster.max_in_flight =
      entry.Number("max_in_flight", config.max_in_flight(), cluster.max_in_flight, kMostInFlight);
  cluster.max_waiting =
      entry.Number("max_waiting", config.max_waiting(), cluster.max_waiting, kMostWaiting);
  cluster.max_response_bytes = entry.Number("max_response_bytes", config.max_response_bytes(),
                                            kMostResponseBytes, kMostResponseBytes);
  cluster.ca_file = config.ca_file();
  if (!cluster.ca_file.empty() && !std::ifstream(cluster.ca_file).good()) {
    entry.Wrong("ca_file", "can't be read");
  }
  for (int i = 0; i < config.allowed_networks_size(); ++i) {
    if (!AddressPolicy::Parse({config.allowed_networks(i)}).ok()) {
      entry.Wrong(Path("allowed_networks", i), "must be a CIDR block such as 10.0.0.0/8");
    }
    cluster.allowed_networks.push_back(config.allowed_networks(i));
  }
  return cluster;
}

Action ReadAction(Entry& entry, const ActionEntry& config, std::set<std::string>& names) {
  const auto check = [&](std::string_view field, const std::string& name) {
    if (!IsActionName(name)) {
      entry.Wrong(field, "must be 1 to 64 printable characters without space around them");
    } else if (!names.insert(ToLowerAscii(name)).second) {
      entry.Wrong(field, "is used twice; names and aliases are unique in any case");
    }
  };
  check("name", config.name());
  for (int i = 0; i < config.aliases_size(); ++i) check(Path("aliases", i), config.aliases(i));
  entry.CheckDescription(config.description());
  return {.code = config.code(),
          .name = config.name(),
          .aliases = {config.aliases().begin(), config.aliases().end()},
          .description = config.description()};
}

std::vector<Action> DefaultActions() {
  return {{.code = 1, .name = "Tran-Begin", .aliases = {"Trans-Begin"}},
          {.code = 2, .name = "PE-Enable"},
          {.code = 3, .name = "T-Enable"},
          {.code = 4, .name = "PE-Finalize"},
          {.code = 5, .name = "PE-Direct"}};
}

}  // namespace

std::vector<Cluster> ReadClusters(const ActionConfig& config, Violations& violations) {
  if (config.clusters().empty()) violations.Add("clusters", "at least one is needed");
  std::vector<Cluster> clusters;
  std::set<std::string> names, urls;
  for (int i = 0; i < config.clusters_size(); ++i) {
    Entry entry(Path("clusters", i), violations);
    Cluster cluster = ReadCluster(entry, config.clusters(i));
    if (!names.insert(ToLowerAscii(cluster.name)).second) {
      entry.Wrong("name", "is used twice; names are unique in any case");
    }
    if (!cluster.base_url.empty() && !urls.insert(cluster.base_url).second) {
      entry.Wrong("base_url", "is another cluster's too");
    }
    clusters.push_back(std::move(cluster));
  }
  std::ranges::sort(clusters, {}, &Cluster::name);
  return clusters;
}

std::vector<Action> ReadActions(const ActionConfig& config, Violations& violations) {
  if (config.actions().empty()) return DefaultActions();
  std::vector<Action> actions;
  std::set<std::string> names;
  std::set<int> codes;
  for (int i = 0; i < config.actions_size(); ++i) {
    Entry entry(Path("actions", i), violations);
    const int code = config.actions(i).code();
    if (code < 1) {
      entry.Wrong("code", "must be 1 or more");
    } else if (!codes.insert(code).second) {
      entry.Wrong("code", "is used twice");
    }
    actions.push_back(ReadAction(entry, config.actions(i), names));
  }
  std::ranges::sort(actions, {}, &Action::code);
  return actions;
}

}  // namespace tms::action
