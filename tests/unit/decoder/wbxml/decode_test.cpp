#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/decode.hpp"

namespace eastap::wbxml {
namespace {

namespace airsync = codepages::airsync;

template <std::size_t N>
std::string octets(const unsigned char (&bytes)[N]) {
  return {bytes, bytes + N};
}

Document decoded(std::string body, const Limits& limits = {}) {
  return decode(std::make_shared<const std::string>(std::move(body)), limits);
}

TEST_SUITE("decoder.wbxml.decode") {
  TEST_CASE("a first Sync request decodes") {
    const Document document = decoded(octets({
        0x03, 0x01, 0x6A, 0x00,            // 1.3, unknown public id, UTF-8, no string table
        0x45,                              // <Sync>
        0x5C,                              //   <Collections>
        0x4F,                              //     <Collection>
        0x4B, 0x03, '0', 0x00, 0x01,       //       <SyncKey>0
        0x52, 0x03, '5', 0x00, 0x01,       //       <CollectionId>5
        0x13,                              //       <GetChanges/>
        0x00, 0x11, 0x45, 0x46, 0x03, '2', 0x00, 0x01, 0x01,  // AirSyncBase: BodyPreference/Type
        0x01, 0x01, 0x01,
    }));
    CHECK(document.diagnostics.empty());
    REQUIRE(document.complete);
    CHECK(document.decoded_octets == document.body->size());
    const auto root = document.root();
    REQUIRE(root);
    CHECK(root->is(airsync::kSync));
    CHECK(root->name() == "Sync");
    CHECK(root->page_name() == "AirSync");
    const auto collection = root->child(airsync::kCollections)->child(airsync::kCollection);
    REQUIRE(collection);
    CHECK(collection->child_value(airsync::kSyncKey) == "0");
    CHECK(collection->child_value(airsync::kCollectionId) == "5");
    CHECK(collection->has(airsync::kGetChanges));
    CHECK(collection->child(codepages::airsync_base::kBodyPreference)
              ->child_value(codepages::airsync_base::kType) == "2");
  }
}

}  // namespace
}  // namespace eastap::wbxml
