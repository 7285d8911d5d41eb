// Checks the configuration file's entries and turns them into what the service works with.
#pragma once

#include <vector>

#include "common/base/status.h"
#include "services/action/catalogue.h"
#include "tms/config/v1/action_config.pb.h"

namespace tms::action {

// Each adds what is wrong to `violations`, by the entry's path; the result is meaningful only if
// nothing was added. Sorted by name and by code.
std::vector<Cluster> ReadClusters(const config::v1::ActionConfig& config, Violations& violations);
// The five usual actions if none are configured.
std::vector<Action> ReadActions(const config::v1::ActionConfig& config, Violations& violations);

}  // namespace tms::action
