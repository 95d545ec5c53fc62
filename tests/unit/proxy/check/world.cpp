#include "tests/unit/proxy/check/world.hpp"

#include <utility>

#include "certs/leaf.hpp"
#include "decoder/codepages/pages.hpp"
#include "decoder/wbxml/encode.hpp"

namespace eastap::check::test {
namespace {

namespace pages = codepages;
using wbxml::Builder;

LookedUp addresses(std::vector<std::string> list) {
  LookedUp found;
  found.outcome = LookedUp::Outcome::found;
  found.addresses = std::move(list);
  return found;
}

std::string provision(std::string_view key, bool with_document) {
  namespace page = pages::provision;
  Builder body;
  body.open(page::kProvision).add(page::kStatus, "1").open(page::kPolicies).open(page::kPolicy);
  body.add(page::kPolicyType, "MS-EAS-Provisioning-WBXML").add(page::kStatus, "1");
  body.add(page::kPolicyKey, key);
  if (with_document) {
    body.open(page::kData).open(page::kEASProvisionDoc);
    body.add(page::kDevicePasswordEnabled, "1").add(page::kMinDevicePasswordLength, "6");
  }
  return std::move(body).finish();
}

std::string folders() {
  namespace page = pages::folder_hierarchy;
  Builder body;
  body.open(page::kFolderSync).add(page::kStatus, "1").add(page::kSyncKey, "1");
  body.open(page::kChanges).add(page::kCount, "2");
  for (const auto& [id, name, type] :
       {std::tuple{"2", "Calendar", "8"}, std::tuple{"5", "Inbox", "2"}}) {
    body.open(page::kAdd).add(page::kServerId, id).add(page::kParentId, "0");
    body.add(page::kDisplayName, name).add(page::kType, type).close();
  }
  return std::move(body).finish();
}

std::string sync(int number) {
  namespace page = pages::airsync;
  Builder body;
  body.open(page::kSync).open(page::kCollections).open(page::kCollection);
  body.add(page::kSyncKey, std::to_string(number)).add(page::kCollectionId, "5");
  body.add(page::kStatus, "1");
  if (number > 1) {
    body.open(page::kCommands).open(page::kAdd).add(page::kServerId, "5:1");
    body.open(page::kApplicationData).add(pages::email::kSubject, "Lunch?");
  }
  return std::move(body).finish();
}

std::string estimate() {
  namespace page = pages::get_item_estimate;
  Builder body;
  body.open(page::kGetItemEstimate).open(page::kResponse).add(page::kStatus, "1");
  body.open(page::kCollection).add(page::kCollectionId, "5").add(page::kEstimate, "4");
  return std::move(body).finish();
}

std::string ping_answer(bool first) {
  namespace page = pages::ping;
  Builder body;
  body.open(page::kPing).add(page::kStatus, "5");
  body.add(page::kHeartbeatInterval, first ? "60" : "3540");
  return std::move(body).finish();
}

std::string settings_answer() {
  namespace page = pages::settings;
  Builder body;
  body.open(page::kSettings).add(page::kStatus, "1");
  body.open(page::kDeviceInformation).add(page::kStatus, "1");
  return std::move(body).finish();
}

}  // namespace

std::string der_of(X509* certificate) {
  const int length = i2d_X509(certificate, nullptr);
  std::string der(static_cast<std::size_t>(length), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  return der;
}

World::World() : system_{X509_STORE_new()}, roots_{X509_STORE_new()} {
  const auto authority =
      std::make_shared<const certs::Authority>(certs::make_authority("contoso", kNow));
  X509_STORE_add_cert(roots_.get(), authority->certificate());
  X509_STORE_add_cert(system_.get(), authority->certificate());
  const certs::LeafMinter minter{authority};
  chain_ = {der_of(minter.mint("mail.contoso.test", kNow)->certificate())};
  settings.server = *parse_url("https://mail.contoso.test/Microsoft-Server-ActiveSync");
  settings.user = "alice@contoso.test";
  settings.has_password = true;
  settings.device_id = "EASTAPCHECK1";
  settings.device_type = "eastapcheck";
  settings.user_agent = "eastap-check/1.0";
  settings.roots = {system_.get(), roots_.get()};
  settings.now = kNow;
  names["mail.contoso.test"] = addresses({"192.0.2.10"});
  names["autodiscover.contoso.test"] = addresses({"192.0.2.11"});
  LookedUp none;
  none.outcome = LookedUp::Outcome::no_such_name;
  names["contoso.test"] = none;
  names["_autodiscover._tcp.contoso.test"] = none;
}

void World::by_address() { settings.address = "alice@contoso.test"; }

LookedUp World::look_up(const LookUp& asked_for) const {
  const auto found = names.find(asked_for.name);
  if (found != names.end()) return found->second;
  LookedUp none;
  none.outcome = LookedUp::Outcome::no_such_name;
  return none;
}

std::vector<Report> World::play() {
  std::vector<Report> reports;
  Checker checker{settings};
  Checker::Turn turn = checker.begin();
  for (;;) {
    for (Report& report : turn.finished) reports.push_back(std::move(report));
    if (!turn.next) return reports;
    asked.push_back(*turn.next);
    Observation seen;
    if (const auto* name = std::get_if<LookUp>(&*turn.next)) {
      seen = look_up(*name);
    } else {
      const Ask& ask = std::get<Ask>(*turn.next);
      const auto ill = trouble ? trouble(ask) : std::nullopt;
      seen = ill ? *ill : healthy(ask);
    }
    turn = checker.take(seen, Microseconds{1'000});
  }
}

Answered World::healthy(const Ask& ask) {
  if (ask.handshake_only) {
    Answered answer;
    answer.end = Answered::End::answered;
    answer.chain = chain_;
    answer.tls_version = "TLSv1.3";
    answer.cipher = "TLS_AES_256_GCM_SHA384";
    return answer;
  }
  const std::string name = name_of(ask);
  if (ask.url.host == "contoso.test") {
    Answered none;
    none.end = Answered::End::no_name;
    return none;
  }
  if (!ask.url.tls) return http(404);
  if (name == "json") return http(404, {}, "<html></html>", "text/html");
  if (ask.scheme == Scheme::none) {
    return http(401, "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Bearer\r\n");
  }
  if (name == "Autodiscover") {
    return xml(
        "<Autodiscover><Response><User><DisplayName>Alice</DisplayName></User><Action><Settings>"
        "<Server><Type>MobileSync</Type><Url>https://mail.contoso.test/Microsoft-Server-ActiveSync"
        "</Url></Server></Settings></Action></Response></Autodiscover>");
  }
  if (name == "OPTIONS") {
    return http(200,
                "MS-ASProtocolVersions: 2.5,12.1,14.0,14.1,16.0,16.1\r\n"
                "MS-ASProtocolCommands: Sync,FolderSync,Ping,Provision,SendMail\r\n");
  }
  return command(ask);
}

Answered World::command(const Ask& ask) {
  const std::string name = name_of(ask);
  if (name == "Provision") {
    const bool first = ask.body.find("16909060") == std::string::npos;
    return http(200, {}, provision(first ? "16909060" : "84281096", first));
  }
  if (name == "Settings") return http(200, {}, settings_answer());
  if (name == "FolderSync") return http(200, {}, folders());
  if (name == "Sync") return http(200, {}, sync(++syncs_));
  if (name == "GetItemEstimate") return http(200, {}, estimate());
  if (name == "Ping") return http(200, {}, ping_answer(++pings_ == 1));
  return http(501);
}

std::string name_of(const Ask& ask) {
  if (ask.handshake_only) return "handshake";
  if (ask.method == "OPTIONS") return "OPTIONS";
  if (ask.url.path == "/autodiscover/autodiscover.xml") return "Autodiscover";
  if (ask.url.path.starts_with("/autodiscover/autodiscover.json")) return "json";
  const std::string query = ask.url.query.substr(0, ask.url.query.find('&'));
  return query.starts_with("Cmd=") ? query.substr(4) : "";
}

Answered http(int status, std::string_view headers, std::string body, std::string_view type) {
  Answered answer;
  answer.end = Answered::End::answered;
  answer.head = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + std::string{type} +
                "\r\n" + std::string{headers} + "\r\n";
  answer.body = std::move(body);
  return answer;
}

Answered status_only(const std::string& command, int status) {
  Builder body;
  const std::string code = std::to_string(status);
  if (command == "Sync") {
    namespace page = pages::airsync;
    body.open(page::kSync).open(page::kCollections).open(page::kCollection);
    body.add(page::kSyncKey, "0").add(page::kCollectionId, "5").add(page::kStatus, code);
  } else if (command == "FolderSync") {
    body.open(pages::folder_hierarchy::kFolderSync).add(pages::folder_hierarchy::kStatus, code);
  } else if (command == "Provision") {
    body.open(pages::provision::kProvision).add(pages::provision::kStatus, code);
  } else if (command == "GetItemEstimate") {
    body.open(pages::get_item_estimate::kGetItemEstimate)
        .open(pages::get_item_estimate::kResponse)
        .add(pages::get_item_estimate::kStatus, code);
  } else if (command == "Settings") {
    body.open(pages::settings::kSettings).add(pages::settings::kStatus, code);
  } else {
    body.open(pages::ping::kPing).add(pages::ping::kStatus, code);
  }
  return http(200, {}, std::move(body).finish());
}

Answered xml(std::string_view body) {
  return http(200, {}, "<?xml version=\"1.0\"?>" + std::string{body}, "text/xml");
}

Report find(const std::vector<Report>& reports, std::string_view id) {
  for (const Report& report : reports) {
    if (report.id == id) return report;
  }
  return {};
}

std::string told(const Report& report) {
  std::string text = report.because;
  for (const std::string& line : report.evidence) text += '\n' + line;
  for (const Remark& remark : report.remarks) {
    text += '\n' + remark.text + " → " + remark.next_step;
  }
  return text;
}

}  // namespace eastap::check::test
