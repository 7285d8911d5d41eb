// What is configured: the clusters that may be called and the actions that may be sent to them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/action/cluster_client.h"

namespace tms::action {

// An action that can be asked for by its name or an alias, in any case.
struct Action {
  int code = 0;
  std::string name;
  std::vector<std::string> aliases;
  std::string description;
};

// Immutable after loading, hence thread-safe. Owned by main; what it returns lives as long.
class Catalogue {
 public:
  // Reads a file of tms.config.v1.ActionConfig as JSON. The file is taken whole or not at all:
  // INVALID_ARGUMENT names every wrong entry, such as `clusters[2].base_url`.
  static absl::StatusOr<Catalogue> Load(const std::string& path);
  static absl::StatusOr<Catalogue> FromJson(std::string_view json);

  Catalogue(Catalogue&&) = default;
  Catalogue& operator=(Catalogue&&) = default;

  // Null if there is none. Case-sensitive.
  const Cluster* FindCluster(std::string_view name) const;

  // The cluster whose base URL this is, with or without a final `/` or the action path, whatever
  // its spelling; null for any other text.
  const Cluster* FindClusterByUrl(std::string_view url) const;

  // By name or alias, in any case; null if there is none.
  const Action* FindAction(std::string_view name) const;

  // By name.
  const std::vector<Cluster>& clusters() const { return clusters_; }
  // By code.
  const std::vector<Action>& actions() const { return actions_; }

 private:
  // Both checked and sorted.
  Catalogue(std::vector<Cluster> clusters, std::vector<Action> actions);

  std::vector<Cluster> clusters_;
  std::vector<Action> actions_;
  std::map<std::string, const Cluster*, std::less<>> by_name_;
  std::map<std::string, const Cluster*, std::less<>> by_url_;
  // Lower-case names and aliases.
  std::map<std::string, const Action*, std::less<>> by_action_name_;
};

}  // namespace tms::action
