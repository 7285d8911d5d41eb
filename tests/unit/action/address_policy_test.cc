#include "services/action/address_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/status.h"

namespace tms::action {
namespace {

bool Allows(const std::vector<std::string>& networks, const std::string& address) {
  const absl::StatusOr<AddressPolicy> policy = AddressPolicy::Parse(networks);
  EXPECT_TRUE(policy.ok());
  return policy.ok() && policy->Allows(boost::asio::ip::make_address(address));
}

TEST(AddressPolicy, AllowsOrdinaryAddressesByDefault) {
  for (const char* address :
       {"10.0.0.1", "192.168.1.1", "172.16.0.1", "8.8.8.8", "1.0.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "223.255.255.255", "240.0.0.1",
        "255.255.255.254", "2001:db8::1", "fd00::1", "2600::", "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1", "2002:a00:1::1"}) {
    EXPECT_TRUE(Allows({}, address)) << address;
  }
}

TEST(AddressPolicy, RefusesSpecialAddressesByDefault) {
  for (const char* address :
       {"0.0.0.0", "0.255.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0",
        "169.254.169.254", "169.254.255.255", "224.0.0.1", "239.255.255.255", "255.255.255.255",
        "::", "::1", "fe80::1", "febf::1", "fe80::1%1", "ff02::1", "ff0e::1"}) {
    EXPECT_FALSE(Allows({}, address)) << address;
  }
}

TEST(AddressPolicy, SeesThroughTheWrappingsOfIpv4) {
  for (const char* address :
       {"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:255.255.255.255",
        "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254",
        "64:ff9b:1::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:e000:1::"}) {
    EXPECT_FALSE(Allows({}, address)) << address;
  }
}

TEST(AddressPolicy, NetworksAllowTheirAddressesAndNoOthers) {
  const std::vector<std::string> networks = {"10.1.0.0/16", "127.0.0.1/32", "192.168.4.0/23",
                                             "2001:db8::/33"};
  for (const char* address : {"10.1.0.0", "10.1.255.255", "127.0.0.1", "192.168.5.255",
                              "2001:db8::1", "::ffff:127.0.0.1", "2001:db8:7fff::"}) {
    EXPECT_TRUE(Allows(networks, address)) << address;
  }
  for (const char* address : {"10.0.255.255", "10.2.0.0", "127.0.0.2", "192.168.6.0",
                              "192.168.3.255", "2001:db8:8000::", "8.8.8.8", "::1"}) {
    EXPECT_FALSE(Allows(networks, address)) << address;
  }
}

TEST(AddressPolicy, ANetworkOfOneFamilySaysNothingAboutTheOther) {
  EXPECT_TRUE(Allows({"0.0.0.0/0"}, "127.0.0.1"));
  EXPECT_FALSE(Allows({"0.0.0.0/0"}, "::1"));
  EXPECT_TRUE(Allows({"::/0"}, "::1"));
  EXPECT_FALSE(Allows({"::/0"}, "127.0.0.1"));
  EXPECT_FALSE(Allows({"::/0"}, "::ffff:127.0.0.1"));
}

TEST(AddressPolicy, S08ChecksAllThatANameResolvesTo) {
  namespace ip = boost::asio::ip;
  const AddressPolicy policy = *AddressPolicy::Parse({});
  const ip::address one = ip::make_address("10.0.0.1");
  const ip::address mapped = ip::make_address("::ffff:10.0.0.2");
  const auto checked = policy.Check("one.test", {one, mapped});
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(*checked, (std::vector<ip::address>{one, ip::make_address("10.0.0.2")}));
  const auto refused = policy.Check("one.test", {one, ip::make_address("::ffff:127.0.0.1")});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Message(refused.status()), "Address ::ffff:127.0.0.1 of one.test is not allowed");
  EXPECT_EQ(policy.Check("one.test", {}).status().code(), absl::StatusCode::kUnavailable);
}

TEST(AddressPolicy, NamesTheBlockThatIsNone) {
  for (const char* text :
       {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
        "10.0.0/8", "::/129", "host/8", "/8", "::ffff:10.0.0.0/104"}) {
    const absl::Status status = AddressPolicy::Parse({"10.0.0.0/8", text}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(Message(status).find("`" + std::string(text) + "`"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace tms::action
