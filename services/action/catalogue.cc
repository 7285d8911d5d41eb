#include "services/action/catalogue.h"

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <sstream>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/action/catalogue_config.h"
#include "services/action/cluster_url.h"

namespace tms::action {
namespace {

absl::Status Invalid(const std::string& why) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

template <typename Map>
typename Map::mapped_type Find(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

absl::StatusOr<Catalogue> Catalogue::Load(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good()) return Invalid("can't read the clusters' file " + path);
  auto catalogue = FromJson(text.str());
  if (catalogue.ok()) return catalogue;
  return Invalid(path + ": " + std::string(Message(catalogue.status())));
}

absl::StatusOr<Catalogue> Catalogue::FromJson(std::string_view json) {
  config::v1::ActionConfig config;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &config);
  if (!parsed.ok()) return Invalid(Sanitize(std::string(parsed.message())));
  Violations violations;
  std::vector<Cluster> clusters = ReadClusters(config, violations);
  std::vector<Action> actions = ReadActions(config, violations);
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  return Catalogue(std::move(clusters), std::move(actions));
}

Catalogue::Catalogue(std::vector<Cluster> clusters, std::vector<Action> actions)
    : clusters_(std::move(clusters)), actions_(std::move(actions)) {
  for (const Cluster& cluster : clusters_) {
    by_name_[cluster.name] = &cluster;
    by_url_[cluster.base_url] = &cluster;
  }
  for (const Action& action : actions_) {
    by_action_name_[ToLowerAscii(action.name)] = &action;
    for (const std::string& alias : action.aliases) by_action_name_[ToLowerAscii(alias)] = &action;
  }
}

const Cluster* Catalogue::FindCluster(std::string_view name) const { return Find(by_name_, name); }

const Cluster* Catalogue::FindClusterByUrl(std::string_view text) const {
  const auto url = ParseClusterUrl(text);
  if (!url.ok()) return nullptr;
  const std::string normalised = url->Normalised();
  if (const Cluster* cluster = Find(by_url_, normalised)) return cluster;
  if (text.ends_with('/') || !normalised.ends_with(kActionPath)) return nullptr;
  return Find(by_url_, normalised.substr(0, normalised.size() - kActionPath.size()));
}

const Action* Catalogue::FindAction(std::string_view name) const {
  return Find(by_action_name_, ToLowerAscii(name));
}

}  // namespace tms::action
