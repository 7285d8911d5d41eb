#include "services/action/cluster/http_request.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <utility>

namespace tms::action {
namespace {

constexpr std::string_view kActionPath = "/tms/v1/set/action";

std::string HostHeader(const Cluster& cluster) {
  const bool is_v6 = cluster.host.find(':') != std::string::npos;
  std::string host = is_v6 ? "[" + cluster.host + "]" : cluster.host;
  const uint16_t default_port = cluster.tls ? 443 : 80;
  if (cluster.port != default_port) host += ":" + std::to_string(cluster.port);
  return host;
}

}  // namespace

std::string SerialiseBody(std::string_view action, const std::vector<std::string>& cids) {
  std::string body = "{\"action\": " + boost::json::serialize(action) + ", \"cids\": [";
  std::string_view separator;
  for (const std::string& cid : cids) {
    body += separator;
    body += boost::json::serialize(boost::json::string_view(cid));
    separator = ", ";
  }
  body += "]}";
  return body;
}

bool IsSendableToken(std::string_view token) {
  return !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
}

Secret SerialiseRequest(const ClusterCall& call) {
  const Cluster& cluster = *call.cluster;
  const std::string host = HostHeader(cluster);
  const std::string body = SerialiseBody(call.action, call.cids);
  const std::string length = std::to_string(body.size());
  const std::string_view parts[] = {"POST ",
                                    cluster.path,
                                    kActionPath,
                                    " HTTP/1.1\r\nHost: ",
                                    host,
                                    "\r\nContent-Type: application/json\r\nAuthorization: Bearer ",
                                    call.bearer_token.Reveal(),
                                    "\r\nContent-Length: ",
                                    length,
                                    "\r\nConnection: close\r\n\r\n",
                                    body};
  size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string request;
  request.reserve(size);  // growing would leave copies of the token behind
  for (const std::string_view part : parts) request += part;
  return Secret(std::move(request));
}

}  // namespace tms::action
