#include "decoder/findings/item_facts.hpp"

#include <string>

#include <doctest/doctest.h>

#include "decoder/base/text.hpp"
#include "decoder/findings/item_store.hpp"

using namespace eastap;
using namespace eastap::findings;

namespace {

std::string zone(std::int32_t bias) {
  std::string blob(172, '\0');
  for (unsigned octet = 0; octet < 4; ++octet)
    blob[octet] = static_cast<char>((static_cast<std::uint32_t>(bias) >> (8 * octet)) & 0xFF);
  return blob;
}

}  // namespace

TEST_SUITE("decoder.findings.item_facts") {
  TEST_CASE("times come in two forms") {
    const auto compact = compact_time_from("20261120T090000Z");
    REQUIRE(compact);
    CHECK(to_rfc3339(*compact) == "2026-11-20T09:00:00.000000Z");
    CHECK(compact_time_from("2026-11-20T09:00:00.000Z") == compact);
    CHECK_FALSE(compact_time_from("20261320T090000Z"));
    CHECK_FALSE(compact_time_from("20261120"));
    CHECK_FALSE(compact_time_from(""));
  }

  TEST_CASE("a time zone is 172 octets or none") {
    CHECK(time_zone_from(to_base64(zone(-60)))->bias == -60);
    CHECK_FALSE(time_zone_from(to_base64(zone(0).substr(0, 171))));
    CHECK_FALSE(time_zone_from("no base64!"));
  }

  TEST_CASE("daylight saving holds between the last Sundays of March and October") {
    TimeZone berlin;
    berlin.bias = -60;
    berlin.daylight_bias = -60;
    berlin.daylight = {0, 3, 0, 5, 2, 0};
    berlin.standard = {0, 10, 0, 5, 3, 0};
    CHECK(berlin.offset_at(*from_rfc3339("2026-01-15T12:00:00Z")) == -60);
    CHECK(berlin.offset_at(*from_rfc3339("2026-07-15T12:00:00Z")) == -120);
    CHECK(berlin.offset_at(*from_rfc3339("2026-03-29T00:59:00Z")) == -60);
    CHECK(berlin.offset_at(*from_rfc3339("2026-03-29T01:01:00Z")) == -120);
    TimeZone concrete = berlin;  // the same change, as a date of this year
    concrete.daylight.year = 2026;
    concrete.daylight.week = 29;
    CHECK(berlin.same_rules(concrete));
    concrete.bias = 0;
    CHECK_FALSE(berlin.same_rules(concrete));
  }

  TEST_CASE("months and weekdays that do not exist do no harm") {
    TimeZone odd;
    odd.daylight = {0, 99, 77, 66, 55, 44};
    odd.standard = {65'535, 12, 9, 65'535, 9, 9};
    CHECK(odd.offset_at(*from_rfc3339("2026-07-15T12:00:00Z")) == 0);
    odd.daylight.month = 3;
    (void)odd.offset_at(*from_rfc3339("2026-07-15T12:00:00Z"));
  }

  TEST_CASE("the instance date of a UID stands in octets 17 to 20") {
    CHECK(instance_date_of("040000008200E00074C5B7101A82E00807EA0B14000000") == "07EA0B14");
    CHECK(instance_date_of("plain-uid@contoso.test").empty());
    CHECK(instance_date_of("").empty());
  }

  TEST_CASE("the store keeps to its octets and forgets the longest untouched item") {
    ItemStore store{20'000};
    Device device;
    device.serial = 1;
    device.host = "mail";
    device.person = "alice";
    for (int number = 0; number < 500; ++number) {
      KnownItem& item = store.get(device, "2", "2:" + std::to_string(number));
      item.uid = "UID" + std::to_string(number);
      store.settle(device, item);
      REQUIRE(store.octets() <= 20'000);
    }
    CHECK(store.find(device, "2", "2:0") == nullptr);
    CHECK(store.find_uid(device, "UID0") == nullptr);
    REQUIRE(store.find(device, "2", "2:499") != nullptr);
    CHECK(store.find_uid(device, "uid499") != nullptr);
    CHECK(store.size() > 10);
  }
}
