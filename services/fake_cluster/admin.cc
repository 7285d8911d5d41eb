#include "services/fake_cluster/admin.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace tms::fake_cluster {
namespace {

namespace json = boost::json;

// The body of `PUT /admin/behaviour`.
struct Order {
  std::string behaviour;
  std::optional<long> count;
  std::optional<std::vector<std::string>> cids;
};

absl::Status Malformed() {
  return MakeStatus(
      absl::StatusCode::kInvalidArgument,
      R"(expected {"behaviour": "…", "count": N, "cids": ["…"]}, the last two optional)");
}

absl::StatusOr<Order> ParseOrder(const std::string& body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object()) return Malformed();
  Order order;
  for (const auto& [key, field] : value.get_object()) {
    if (key == "behaviour" && field.is_string()) {
      order.behaviour = json::value_to<std::string>(field);
    } else if (key == "count" && field.is_int64() && field.get_int64() > 0) {
      order.count = field.get_int64();
    } else if (key == "cids" && field.is_array()) {
      order.cids.emplace();
      for (const json::value& cid : field.get_array()) {
        if (!cid.is_string()) return Malformed();
        order.cids->push_back(json::value_to<std::string>(cid));
      }
    } else {
      return Malformed();
    }
  }
  return order;
}

absl::Status SetBehaviour(const std::string& body, Script& script) {
  TMS_ASSIGN_OR_RETURN(const Order order, ParseOrder(body));
  TMS_ASSIGN_OR_RETURN(Choice choice, Choice::Parse(order.behaviour));
  if (order.cids) return script.SetForCids(std::move(choice), *order.cids);
  return script.SetForNext(std::move(choice), order.count);
}

Reply ToReply(const absl::Status& status) {
  if (status.ok()) return {.body = R"({"ok":true})"};
  const json::object body = {{"error", std::string(Message(status))}};
  return {.status = 400, .reason = "Bad Request", .body = json::serialize(body)};
}

Reply ListBehaviours() {
  json::array list;
  for (const Behaviour& behaviour : Catalogue()) {
    list.push_back({{"name", std::string(behaviour.name)},
                    {"keys", std::string(behaviour.keys)},
                    {"help", std::string(behaviour.help)},
                    {"applied", behaviour.applies}});
  }
  return {.body = json::serialize(list)};
}

Reply ListHits(const HitLog& hits) {
  return {.body =
              R"({"count":)" + std::to_string(hits.count()) + R"(,"hits":)" + hits.ToJson() + "}"};
}

}  // namespace

const char* const kAdminHelp =
    "  PUT /admin/behaviour {\"behaviour\": B, \"count\": N}: for the next N requests, else until "
    "changed\n"
    "  PUT /admin/behaviour {\"behaviour\": B, \"cids\": [C, …]}: for requests with one of these "
    "cids\n"
    "  DELETE /admin/behaviour: back to the standard\n"
    "  GET /admin/behaviours: the catalogue\n"
    "  GET /admin/hits, DELETE /admin/hits: the latest requests; forget them\n"
    "  GET /healthz: 200\n";

bool IsAdmin(const Request& request) {
  return request.target.starts_with("/admin/") || request.target == "/healthz";
}

Reply HandleAdmin(const Request& request, Script& script, HitLog& hits) {
  const std::string route = request.method + " " + request.target;
  if (route == "PUT /admin/behaviour") return ToReply(SetBehaviour(request.body, script));
  if (route == "DELETE /admin/behaviour") {
    script.Clear();
    return ToReply(absl::OkStatus());
  }
  if (route == "GET /admin/behaviours") return ListBehaviours();
  if (route == "GET /admin/hits") return ListHits(hits);
  if (route == "DELETE /admin/hits") {
    hits.Clear();
    return ToReply(absl::OkStatus());
  }
  if (route == "GET /healthz") return ToReply(absl::OkStatus());
  return {.status = 404, .reason = "Not Found"};
}

}  // namespace tms::fake_cluster
