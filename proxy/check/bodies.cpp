#include "proxy/check/bodies.hpp"

#include <utility>

#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/encode.hpp"

namespace eastap::check {
namespace {

namespace pages = codepages;
using wbxml::Builder;

constexpr std::string_view kPolicyType = "MS-EAS-Provisioning-WBXML";
constexpr std::string_view kThreeDays = "2";  // FilterType, [MS-ASCMD] 2.2.3.68.2
constexpr std::string_view kPage = "10";      // WindowSize: enough to see that items come

void add_device(Builder& body, const Device& device) {
  namespace page = pages::settings;
  body.open(page::kDeviceInformation).open(page::kSet);
  body.add(page::kModel, "eastap check");
  body.add(page::kFriendlyName, device.id);
  body.add(page::kOS, "eastap");
  body.add(page::kUserAgent, device.user_agent);
  body.close().close();
}

void add_options(Builder& body) {
  namespace page = pages::airsync;
  body.open(page::kOptions).add(page::kFilterType, kThreeDays);
  body.open(pages::airsync_base::kBodyPreference)
      .add(pages::airsync_base::kType, "1")
      .add(pages::airsync_base::kTruncationSize, "512")
      .close();
  body.close();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += letter;
    }
  }
  return out;
}

}  // namespace

std::string provision_ask(std::string_view version, const Device& device) {
  namespace page = pages::provision;
  Builder body;
  body.open(page::kProvision);
  if (version != "12.1" && version != "14.0") add_device(body, device);
  body.open(page::kPolicies).open(page::kPolicy).add(page::kPolicyType, kPolicyType);
  return std::move(body).finish();
}

std::string provision_acknowledge(std::string_view policy_key) {
  namespace page = pages::provision;
  Builder body;
  body.open(page::kProvision).open(page::kPolicies).open(page::kPolicy);
  body.add(page::kPolicyType, kPolicyType);
  body.add(page::kPolicyKey, policy_key);
  body.add(page::kStatus, "1");
  return std::move(body).finish();
}

std::string device_information(const Device& device) {
  Builder body;
  body.open(pages::settings::kSettings);
  add_device(body, device);
  return std::move(body).finish();
}

std::string folder_sync() {
  namespace page = pages::folder_hierarchy;
  Builder body;
  body.open(page::kFolderSync).add(page::kSyncKey, "0");
  return std::move(body).finish();
}

std::string inbox_sync(std::string_view folder, std::string_view key) {
  namespace page = pages::airsync;
  Builder body;
  body.open(page::kSync).open(page::kCollections).open(page::kCollection);
  body.add(page::kSyncKey, key).add(page::kCollectionId, folder);
  if (key != "0") {
    body.add(page::kGetChanges).add(page::kWindowSize, kPage);
    add_options(body);
  }
  return std::move(body).finish();
}

std::string item_estimate(std::string_view version, std::string_view folder, std::string_view key) {
  namespace page = pages::get_item_estimate;
  Builder body;
  body.open(page::kGetItemEstimate).open(page::kCollections).open(page::kCollection);
  if (version == "12.1") {  // its order of elements, [MS-ASCMD] 2.2.1.9
    body.add(page::kCollectionId, folder);
    body.add(pages::airsync::kFilterType, kThreeDays).add(pages::airsync::kSyncKey, key);
  } else {
    body.add(pages::airsync::kSyncKey, key).add(page::kCollectionId, folder);
    body.open(pages::airsync::kOptions).add(pages::airsync::kFilterType, kThreeDays).close();
  }
  return std::move(body).finish();
}

std::string ping(std::string_view folder, unsigned seconds) {
  namespace page = pages::ping;
  Builder body;
  body.open(page::kPing).add(page::kHeartbeatInterval, std::to_string(seconds));
  body.open(page::kFolders).open(page::kFolder);
  body.add(page::kId, folder).add(page::kClass, "Email");
  return std::move(body).finish();
}

std::string autodiscover_request(std::string_view address) {
  constexpr std::string_view kSchemas =
      "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/";
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover xmlns=\"";
  xml += kSchemas;
  xml += "requestschema/2006\"><Request><EMailAddress>";
  xml += escaped(address);
  xml += "</EMailAddress><AcceptableResponseSchema>";
  xml += kSchemas;
  xml += "responseschema/2006</AcceptableResponseSchema></Request></Autodiscover>";
  return xml;
}

}  // namespace eastap::check
