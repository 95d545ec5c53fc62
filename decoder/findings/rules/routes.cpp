// Which server answers, and where it sends devices: D-12, D-13, D-35, D-36.

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/findings/fault.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;
constexpr std::size_t kVisits = 16;

/// Host of "https://mail2.contoso.test/Microsoft-Server-ActiveSync", lower case.
std::string host_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/:?"));
  return to_lower(url.substr(0, 255));
}

/// All redirects of one device, whatever the host: one incident.
Subject of_journey(const Context& context) {
  Subject subject = context.subject();
  subject.scope = Scope::person;
  return subject;
}

}  // namespace

void detect_redirect(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  Person* person = context.people.find(device.person);
  const std::uint64_t id = hash_of(device.device_id);
  if (facts.http != 451 || facts.head.ms_location.empty()) {
    if (!facts.success || facts.verb == Verb::options) return;
    device.redirected = {};
    if (person == nullptr) return;
    std::erase_if(person->redirects,
                  [&](const Person::Visit& visit) { return visit.device_id == id; });
    return;
  }
  const std::string target = host_in(facts.head.ms_location);
  if (person == nullptr) person = &context.people.get(device.person);
  const auto window = context.incidents.rule(RuleId::redirect_loop).window;
  std::erase_if(person->redirects,
                [&](const Person::Visit& visit) { return visit.time + window < facts.ended; });
  if (person->redirects.size() >= kVisits) person->redirects.erase(person->redirects.begin());
  person->redirects.push_back({id, device.host, facts.ended});
  const auto visited = std::count_if(
      person->redirects.begin(), person->redirects.end(),
      [&](const Person::Visit& visit) { return visit.device_id == id && visit.host == target; });
  const auto in_a_row =
      std::count_if(person->redirects.begin(), person->redirects.end(),
                    [&](const Person::Visit& visit) { return visit.device_id == id; });
  if (device.host != target) {
    device.redirected = {facts.ended, facts.id, 451};
    person->sent_to = target;
  }
  if (visited == 0 && in_a_row < 3) return;
  Incident* incident = context.incidents.count(RuleId::redirect_loop, of_journey(context),
                                               device.device_id, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({device.host, " sent the device on to ", target,
                             visited > 0 ? ", where it had come from" : ", one more redirect", "; ",
                             number(in_a_row), " redirects in a row and no answer"});
}

void detect_redirect_ignored(Context& context) {
  Device& device = context.device;
  const Facts& facts = context.facts;
  if (!device.redirected || facts.began < device.redirected.time) return;
  const Person* person = context.people.find(device.person);
  if (person != nullptr && person->sent_to == device.host) {  // sent back here
    device.redirected = {};
    return;
  }
  Incident* incident = context.incidents.count(RuleId::redirect_ignored, context.subject(), kKey,
                                               facts.began, facts.id);
  if (incident == nullptr) return;
  context.incidents.add_example(*incident, device.redirected.exchange);
  incident->summary = words({device.host, " had sent the device elsewhere (",
                             exchange_number(device.redirected.exchange),
                             ") and it still asks there, ", times(incident->count)});
}

void detect_node(Context& context) {
  const Facts& facts = context.facts;
  const std::string_view node =
      !facts.head.back_end.empty() ? facts.head.back_end : facts.head.front_end;
  if (node.empty()) return;
  const std::uint64_t hash = hash_of(node);
  const bool failed = facts.http >= 500 || facts.status == 110 || facts.status == 111;
  if (!failed) {
    if (facts.success) context.device.good_node = hash;
    return;
  }
  if (context.device.good_node == 0 || context.device.good_node == hash) return;
  Incident* incident =
      context.incidents.count(RuleId::server_hop, context.of_host(), node, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary =
      words({"failures on ", context.device.host, " come from ", node, " (",
             number(static_cast<std::int64_t>(incident->count)), "), another node answers well"});
}

void detect_client_certificate(Context& context) {
  const Facts& facts = context.facts;
  const auto& server = facts.command->server;
  if (facts.http != 403 || !server) return;
  const std::string title = to_lower(server->page_title);
  if (title.find("403.7") == std::string::npos &&
      title.find("client certificate") == std::string::npos)
    return;
  context.claimed = true;
  Incident* incident = context.incidents.count(RuleId::tls_client_cert, context.of_host(), kKey,
                                               facts.ended, facts.id);
  if (incident != nullptr)
    incident->summary = words({context.device.host,
                               " wants a client certificate (403.7): the proof of the device's key "
                               "cannot be relayed"});
}

void detect_certificate_end(Context& context) {
  const Facts& facts = context.facts;
  Host& host = context.host;
  constexpr std::string_view kMark = ", certificate until ";  // net::ClientConnection writes it
  const std::string_view tls = facts.exchange->connection->upstream_tls;
  const std::size_t mark = tls.find(kMark);
  // Once a day: the certificate is that of all connections.
  if (mark == std::string_view::npos ||
      (host.certificate_judged != Timestamp{} &&
       facts.began - host.certificate_judged < std::chrono::hours{24}))
    return;
  const std::string_view date = tls.substr(mark + kMark.size(), 20);
  const auto end = from_rfc3339(date);
  if (!end) return;
  host.certificate_judged = facts.began;
  const auto days = std::chrono::floor<std::chrono::days>(*end - facts.began).count();
  Incident* incident = context.incidents.gauge(RuleId::tls_upstream_expiring, context.of_host(),
                                               kKey, facts.began, facts.id, days);
  if (incident == nullptr) return;
  incident->summary = words({"the certificate of ", host.name, " ends on ", date.substr(0, 10),
                             ", in ", number(days), days == 1 ? " day" : " days"});
}

void detect_first_sync_failure(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const bool failed = facts.http == 500 || facts.status == 110;
  if (device.ever_succeeded || facts.command->sync_key != "0" || !failed) return;
  ++device.first_sync_failures;
  const Host& host = context.host;
  const bool others_succeed = host.served != 0 && host.served != hash_of(device.person) &&
                              host.served_at >= device.first_seen;
  if (device.first_sync_failures < 2 || !others_succeed) return;
  Incident* incident = context.incidents.count(RuleId::ad_access_denied, context.of_person(), kKey,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.open(RuleId::http_500_burst, context.subject(), kKey));
  incident->summary = words({"the first FolderSync of this user's new device failed ",
                             times(static_cast<std::uint64_t>(device.first_sync_failures)), " (",
                             facts.http == 500 ? "HTTP 500" : "status 110",
                             ") while others succeed on ", host.name});
}

void detect_quarantine_signs(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  auto& limbo = device.limbo;
  if (!facts.success) return;
  if (facts.verb == Verb::folder_sync) {
    if (facts.command->sync_key != "0") return;
    limbo = {};
    const auto& folders = facts.command->folder_changes;
    const bool own_folders =
        std::any_of(folders.begin(), folders.end(), [](const eas::FolderChange& one) {
          const int type = one.type.value_or(0);
          return type == 1 || (type >= 12 && type <= 18);
        });
    if (!own_folders && !device.uploaded) limbo.began = facts.ended;
    return;
  }
  if (limbo.began == Timestamp{}) return;
  if (facts.verb != Verb::sync) return;
  std::uint32_t adds = 0, others = 0;
  for (const eas::Collection& answered : facts.command->collections) {
    const auto folder = device.folders.find(answered.id);
    const int type = folder == device.folders.end() ? 0 : folder->second.type;
    constexpr int kInbox = 2;
    // The server's one mail is in the Inbox; an appointment or a contact is the user's own.
    if (answered.adds > 0 && type != 0 && type != kInbox) {
      limbo = {};
      return;
    }
    adds += answered.adds;
    others += answered.changes + answered.deletes + answered.soft_deletes;
  }
  if (limbo.mail) ++limbo.later_syncs;
  limbo.adds += adds;
  if (limbo.adds > 1 || others > 0) {
    limbo = {};
    return;
  }
  if (adds != 1) return;
  limbo.mail = {facts.ended, facts.id, 0};
  const std::chrono::seconds patience{context.incidents.rule(RuleId::access_quarantined).threshold};
  context.deadlines.add(limbo.mail.time + patience, context.owner, Wait::quarantine, facts.id);
}

void quarantine_passed(Moment& moment, const Deadline& deadline) {
  Device& device = moment.device;
  const auto& limbo = device.limbo;
  if (limbo.mail.exchange != deadline.about || limbo.later_syncs < 2 || device.uploaded) return;
  const auto lasted =
      std::chrono::duration_cast<std::chrono::seconds>(moment.now - limbo.mail.time).count();
  Incident* incident = moment.incidents.gauge(RuleId::access_quarantined, moment.subject(), kKey,
                                              moment.now, deadline.about, lasted);
  if (incident == nullptr) return;
  incident->summary = words({"the device has the default folders, one mail of the server (",
                             exchange_number(limbo.mail.exchange), ") and nothing else for ",
                             span_of(limbo.mail.time, moment.now), ", as in quarantine"});
}

}  // namespace eastap::findings
