#include "core/launch_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace core {
namespace {

Cause cause_of(std::string_view error) {
  return read_launch_error(error).cause;
}
std::string_view words_of(std::string_view error) {
  return read_launch_error(error).words;
}

TEST(LaunchError, CodesOfCapacityAreFoundInAnyError) {
  for (const char* error : {"InsufficientInstanceCapacity",
                            "Server.InsufficientInstanceCapacity",
                            "\"InsufficientInstanceCapacity\"",
                            "insufficient capacity",
                            "InsufficientCapacityError",
                            "UnfulfillableCapacity - Unable to fulfill capacity",
                            "InsufficientHostCapacity",
                            "InsufficientCapacityOnOutpost",
                            "capacity-not-available",
                            "capacity-oversubscribed",
                            "ReservationCapacityExceeded: The requested reservation does not have sufficient capacity",
                            "ZONE_RESOURCE_POOL_EXHAUSTED",
                            "VM_MIN_COUNT_NOT_REACHED,ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
                            "STOCKOUT",
                            "GCE_STOCKOUT",
                            "AllocationFailed",
                            "Code=\"ZonalAllocationFailed\"",
                            "OverconstrainedAllocationRequest",
                            "SkuNotAvailable",
                            "Out of host capacity.",
                            "instance-operations/launch/insufficient-capacity",
                            "NoValidHost",
                            "throttled once, then InsufficientInstanceCapacity; your quota is 8"})
    EXPECT_EQ(cause_of(error), Cause::capacity) << error;
}

TEST(LaunchError, SentencesOfCapacityNeedNoCode) {
  for (const char* error :
       {"We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested (us-east-1a).",
        "We currently do not have sufficient u-6tb1.112xlarge capacity in the Availability Zone you requested",
        "There is no Spot capacity available that matches your request.",
        "The zone 'projects/x/zones/us-central1-a' does not have enough resources available to fulfill the request. "
        "Try a different zone, or try again later.",
        "Instance 'a' creation failed: The zone does not currently have sufficient capacity for the requested "
        "resources",
        "A n1-standard-1 VM instance is currently unavailable in the us-central1-a zone.",
        "The requested size for resource '/subscriptions/x' is currently not available in location 'eastus' zones '1'",
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this region.",
        "Not enough capacity to fulfill launch request.",
        "No valid host was found. There are not enough hosts available."})
    EXPECT_EQ(cause_of(error), Cause::capacity) << error;
}

TEST(LaunchError, AQuotaIsNoCapacity) {
  for (const char* error :
       {"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded",
        "Max spot instance count exceeded",
        "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that "
        "the specified instance type belongs to.",
        "QUOTA_EXCEEDED", "Quota 'NVIDIA_H100_GPUS' exceeded.  Limit: 8.0 in region us-central1.", "LimitExceeded",
        "OperationNotAllowed: results in exceeding approved Total Regional Cores quota",
        "ServiceQuotaExceededException", "pods \"a\" is forbidden: exceeded quota: gpus"})
    EXPECT_EQ(cause_of(error), Cause::quota) << error;
}

TEST(LaunchError, OthersSayNothing) {
  for (const char* error :
       {"",
        "_",
        "…",
        "timeout",
        "UnauthorizedOperation",
        "InvalidParameterValue",
        "RequestLimitExceeded",
        "Throttling",
        "rateLimitExceeded: Quota exceeded for quota metric 'Queries'",
        "Error 403: Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service",
        "Quota exceeded for quota group 'ReadGroup' and limit 'Read requests per 100 seconds'",
        "AccessDenied: not authorized to perform: servicequotas:ListServiceQuotas",
        "AddressLimitExceeded",
        "VpcLimitExceeded",
        "TagLimitExceeded",
        "KeyPairLimitExceeded",
        "RetryLimitExceeded",
        "MaxConfigLimitExceeded",
        "write /tmp/x: disk quota exceeded",
        "timeout: time limit exceeded",
        "memory limit exceeded",
        "Client.InvalidQuotation: quotation marks",
        "tls: no valid hostname in certificate",
        "error: No valid host key",
        "PublicIPAddressAllocationFailed: conflict",
        "SubnetAllocationFailed",
        "max_allocation_failed=3",
        "Insufficient resources permission",
        "we do not have sufficient"})
    EXPECT_EQ(cause_of(error), Cause::other) << error;
}

TEST(LaunchError, OnlyTheCodeOrSentenceIsTold) {
  EXPECT_EQ(words_of("tail: InsufficientInstanceCapacity PASSWORD=hunter2secret token=abc"),
            "InsufficientInstanceCapacity");
  EXPECT_EQ(words_of(std::string(4000, 'x') + " (ZONE_RESOURCE_POOL_EXHAUSTED)"), "ZONE_RESOURCE_POOL_EXHAUSTED");
  EXPECT_EQ(words_of("We currently do not have sufficient p5.48xlarge capacity in eu-1a"),
            "do not have sufficient p5.48xlarge capacity");
  EXPECT_EQ(words_of("Quota 'CPUS' exceeded. Limit: 0.0"), "Quota 'CPUS' exceeded");
  EXPECT_EQ(words_of("password=x"), "");
}

}  // namespace
}  // namespace core
