// Failures and refusals of servers and what stands before them: D-10, D-12, D-13, D-36, D-38, D-39.

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/findings/fault.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;
constexpr std::chrono::minutes kDenial{10};

/// Levels are L, M, H; "L/-470" is informative, "H/30" and positive seconds are not.
bool backs_off(std::string_view duration) {
  if (duration.empty()) return false;
  if (duration.front() == 'H' || duration.front() == 'h') return true;
  const std::size_t slash = duration.find('/');
  const auto seconds =
      to_integer(trimmed(slash == std::string_view::npos ? duration : duration.substr(slash + 1)));
  return seconds && *seconds > 0;
}

bool authenticated(const Facts& facts) {
  const auto credentials = facts.exchange->request->head.find("Authorization");
  return credentials && !credentials->empty();
}

/// "403.7" and its kin reach a client only as text of the error page.
bool is_certificate_or_tls_refusal(const Facts& facts) {
  const auto& response = facts.exchange->response;
  if (response == nullptr) return false;
  const auto& server = facts.command->server;
  const std::string_view title = server ? std::string_view{server->page_title} : "";
  if (title.find("403.7") != std::string_view::npos ||
      title.find("403.4") != std::string_view::npos)
    return true;
  const std::string_view page = std::string_view{response->body}.substr(0, 4096);
  return page.find("403.7") != std::string_view::npos ||
         page.find("403.4") != std::string_view::npos ||
         page.find("client certificate") != std::string_view::npos ||
         page.find("Client Certificate") != std::string_view::npos;
}

}  // namespace

void detect_throttled(Context& context) {
  const Facts& facts = context.facts;
  const AnswerHeaders& head = facts.head;
  // Exchange denies a device that repeats itself for about ten minutes, with 403.
  const Timestamp repeated = context.device.equal_seen;
  const bool denied = facts.http == 403 && repeated != Timestamp{} &&
                      facts.began - repeated <= kDenial && !is_certificate_or_tls_refusal(facts);
  if (!facts.throttled && facts.status != 111 && head.throttle.empty() &&
      head.backoff_reason.empty() && !backs_off(head.backoff_duration) && !denied) {
    return;
  }
  Incident* incident =
      context.incidents.count(RuleId::throttled, context.subject(), kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  if (facts.status == 111 || denied) context.claimed = true;
  for (const RuleId cause : {RuleId::provision_loop, RuleId::provision_110_loop,
                             RuleId::command_rate, RuleId::ping_storm, RuleId::ping_ri_folder}) {
    incident->because(context.incidents.open(cause, context.subject(), kKey));
  }
  for (const RuleId cause :
       {RuleId::identical_commands, RuleId::synckey_repeat, RuleId::send_stuck}) {
    incident->because(context.incidents.latest(cause, context.device));
  }
  const std::string_view reason = !head.throttle.empty() ? head.throttle : head.backoff_reason;
  incident->summary =
      words({facts.command->name, denied ? " was refused (HTTP 403) right after many equal requests"
                                         : " was throttled"});
  if (!reason.empty()) incident->summary += words({", reason ", reason});
  if (!head.retry_after.empty())
    incident->summary += words({", retry after ", head.retry_after.substr(0, 40),
                                to_integer(trimmed(head.retry_after)) ? " s" : ""});
  if (incident->count > 1) incident->summary += words({" (", times(incident->count), ")"});
}

void detect_app_pool(Context& context) {
  const Facts& facts = context.facts;
  if (facts.http != 503 || facts.throttled || facts.head.from_exchange()) return;
  if (facts.head.server.find("Microsoft-HTTPAPI") == std::string_view::npos) return;
  Incident* incident = context.incidents.count(RuleId::http_503_app_pool, context.of_host(), kKey,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary =
      words({context.device.host, " answered 503 from http.sys ", times(incident->count),
             ": the ActiveSync application pool does not run"});
}

void detect_middlebox(Context& context) {
  const Facts& facts = context.facts;
  if (facts.http < 500 || facts.http == 507 || facts.throttled || facts.head.from_exchange())
    return;
  if (facts.http == 503 && facts.head.server.find("Microsoft-HTTPAPI") != std::string_view::npos)
    return;
  const std::string maker = maker_of(facts);
  Incident* incident = context.incidents.count(RuleId::middlebox_5xx, context.of_host(), maker,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({"HTTP ", number(facts.http), " ", times(incident->count), " on ",
                             context.device.host, ", made by ", maker});
  const std::int64_t round = (facts.lasted_seconds + 2) / 5 * 5;
  const bool regular = facts.lasted_seconds >= 25 && std::llabs(facts.lasted_seconds - round) <= 1;
  if ((facts.http == 502 || facts.http == 504) && regular) {
    incident->summary += words({"; looks like its time-out of ", number(round), " s"});
  }
}

void detect_failure_burst(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const Subject subject = context.subject();
  if (!facts.gateway_failure) {
    // No answer, one that did not arrive, a log-on leg, a throttling answer or a gateway's page
    // neither count nor interrupt.
    if (device.failures_in_a_row == 0 || !facts.delivered || facts.http == 0 || facts.http == 401 ||
        facts.http == 503 || facts.page) {
      return;
    }
    device.failures_in_a_row = 0;
    context.incidents.restart(RuleId::http_500_burst, subject, kKey);
    return;
  }
  ++device.failures_in_a_row;
  if (facts.cut_by_server) {  // heartbeat-cut reports it
    context.incidents.note(RuleId::http_500_burst, subject, kKey, facts.ended, facts.id);
    return;
  }
  Incident* incident =
      context.incidents.count(RuleId::http_500_burst, subject, kKey, facts.ended, facts.id);
  if (incident == nullptr) return;
  const std::string maker = maker_of(facts);
  incident->because(context.incidents.open(RuleId::middlebox_5xx, context.of_host(), maker));
  incident->because(context.incidents.open(RuleId::http_503_app_pool, context.of_host(), kKey));
  incident->summary =
      words({number(device.failures_in_a_row), " answers 5xx in a row",
             incident->count > static_cast<std::uint64_t>(device.failures_in_a_row)
                 ? ", " + number(static_cast<std::int64_t>(incident->count)) + " in all in "
                 : " in ",
             span_of(incident->first, facts.ended), ", the last HTTP ", number(facts.http), " by ",
             maker, "; expect a full resync"});
}

void detect_server_exception(Context& context) {
  const Facts& facts = context.facts;
  const bool loop =
      facts.verb == Verb::provision &&
      context.incidents.open(RuleId::provision_110_loop, context.subject(), kKey) != nullptr;
  const bool status =
      (facts.status == 110 && !loop) ||
      ((facts.verb == Verb::provision || facts.verb == Verb::settings) && facts.status == 3) ||
      (facts.verb == Verb::folder_sync && (facts.status == 6 || facts.status == 11));
  const bool http = facts.http == 500 && !facts.head.diag_info.empty();
  if (!status && !http) return;
  const int code = status ? facts.status : facts.http;
  Incident* incident =
      context.incidents.count(RuleId::server_exception, context.subject(),
                              facts.command->name + ' ' + number(code), facts.ended, facts.id);
  if (incident == nullptr) return;
  context.claimed = true;
  incident->summary =
      words({facts.command->name, " failed inside the server, ", status ? "status " : "HTTP ",
             number(code), ", ", times(incident->count)});
  if (!facts.head.back_end.empty()) incident->summary += words({", on ", facts.head.back_end});
  if (!facts.head.diag_info.empty())
    incident->summary += words({", X-DiagInfo ", facts.head.diag_info});
}

void detect_not_activesync(Context& context) {
  const Facts& facts = context.facts;
  if (facts.verb == Verb::options) return;
  const bool moved =
      facts.http == 301 || facts.http == 302 || facts.http == 307 || facts.http == 308;
  if (!moved && !facts.page) return;
  Incident* incident = context.incidents.count(RuleId::not_eas_answer, context.of_host(), kKey,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({facts.command->name, " on ", context.device.host,
                             " was answered with ", moved ? "a redirect to " : "an HTML page",
                             moved ? facts.head.location.substr(0, 200) : std::string_view{}});
}

void detect_access_blocked(Context& context) {
  const Facts& facts = context.facts;
  const int status = facts.status;
  const bool item_rights = facts.verb == Verb::meeting_response || facts.verb == Verb::move_items;
  const bool by_status =
      status == 126 || status == 129 || status == 131 || (status == 130 && !item_rights);
  // Before 14.0 a 403 has many causes.
  const bool by_http = facts.http == 403 &&
                       version_tenths(facts.command->protocol_version) >= 140 &&
                       authenticated(facts) && !is_certificate_or_tls_refusal(facts);
  if (!by_status && (!by_http || context.claimed)) return;
  context.claimed = true;
  Incident* incident = context.incidents.count(RuleId::access_blocked, context.subject(), kKey,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({facts.command->name, " refused, ", by_status ? "status " : "HTTP ",
                             number(by_status ? status : 403),
                             status == 126   ? ": ActiveSync is disabled for this user"
                             : status == 129 ? ": this device is blocked"
                                             : ": the user or device may not connect",
                             " (", times(incident->count), ")"});
  incident->next_step.clear();
  if (by_status) return;
  if (facts.began - context.device.first_seen < kDenial) {  // an earlier storm would explain it
    incident->summary += words(
        {"; the evidence begins ", span_of(context.device.first_seen, facts.began), " before"});
  }
  const Fault fault = fault_of(facts);
  if (fault.party != Party::middlebox) return;
  incident->summary =
      words({facts.command->name, " refused, HTTP 403, made by ", fault.who, " (", fault.evidence,
             "): Exchange has not judged this request (", times(incident->count), ")"});
  incident->next_step = words({"Look for this request in the log of what stands before Exchange (",
                               fault.who, "): its rules refuse the device or the user."});
}

void detect_limits(Context& context) {
  static constexpr std::pair<int, RuleId> kStatuses[] = {{112, RuleId::ad_access_denied},
                                                         {177, RuleId::partnership_limit},
                                                         {151, RuleId::folder_limit}};
  for (const auto& [status, rule] : kStatuses) {
    if (context.facts.status != status) continue;
    context.claimed = true;
    Incident* incident = context.incidents.count(rule, context.of_person(), kKey,
                                                 context.facts.ended, context.facts.id);
    if (incident == nullptr) continue;
    incident->summary = words({context.facts.command->name, " answered status ", number(status),
                               ", ", times(incident->count), ": ", findings::rule(rule).title});
  }
}

}  // namespace eastap::findings
