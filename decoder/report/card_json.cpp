#include "decoder/base/text.hpp"
#include "decoder/render/json_writer.hpp"
#include "decoder/report/card_text.hpp"

namespace eastap::report {
namespace {

using render::JsonWriter;

void exchange_member(JsonWriter& json, ExchangeId exchange) {
  if (exchange) json.member("exchange", exchange.value);
}

void put_steps(JsonWriter& json, const Card& card) {
  json.objects("steps", card.steps, [&](const Step& step) {
    json.member("step", to_string(step.stage));
    json.member("state", to_string(step.state));
    json.time_if("time", step.time);
    exchange_member(json, step.exchange);
    json.member_if("text", step.text);
  });
  if (!card.stop) return;
  json.key("stopped_at");
  json.begin_object();
  json.member("step", to_string(card.stop->stage));
  json.member("reason", std::string_view{card.stop->reason});
  json.member_if("next_step", card.stop->next_step);
  json.end_object();
}

void put_folders(JsonWriter& json, const Card& card) {
  json.objects_if("folders", card.folders, [&](const FolderLine& folder) {
    json.member("id", std::string_view{folder.id});
    json.member_if("name", folder.name);
    json.member_if("class", folder.class_name);
    json.member_if("sync_key", folder.key);
    if (folder.http != 0) json.member("http_status", folder.http);
    if (folder.status != 0) json.member("status", folder.status);
    if (folder.time != Timestamp{}) json.member("delivered", folder.delivered);
    json.time_if("time", folder.time);
    exchange_member(json, folder.exchange);
  });
}

void put_waits(JsonWriter& json, const Card& card) {
  const findings::Waits& waits = card.waits;
  if (waits.sent == 0) return;
  json.key("heartbeat");
  json.begin_object();
  json.member("sent", std::uint64_t{waits.sent});
  json.member("asked_least_s", waits.asked_least);
  json.member("asked_most_s", waits.asked_most);
  json.member("asked_last_s", waits.asked_last);
  if (waits.limit != 0) json.member("server_limit_s", waits.limit);
  if (!waits.lasted.empty()) {
    json.member("lasted_least_s", waits.least);
    json.member("lasted_median_s", card.median);
    json.member("lasted_most_s", waits.most);
  }
  json.member("with_changes", std::uint64_t{waits.changed});
  json.member("ran_out", std::uint64_t{waits.expired});
  json.member("cut_by_device", std::uint64_t{waits.cut_device});
  json.member("cut_by_server", std::uint64_t{waits.cut_server});
  json.member("refused", std::uint64_t{waits.refused});
  json.end_object();
}

void put_failed_connections(JsonWriter& json, const Card& card) {
  json.objects_if("failed_connections", card.failed, [&](const auto& failure) {
    json.member("kind", failure.kind == model::ConnectionEvent::Kind::client_tls_failed
                            ? "tls_failure"
                            : "upstream_failure");
    json.member_if("host", failure.host);
    json.member_if("reason", failure.reason);
    json.member_if("detail", failure.detail);
    json.member("count", failure.count);
    json.time_if("first", failure.first);
    json.time_if("last", failure.last);
  });
}

void put_findings(JsonWriter& json, const Card& card) {
  json.objects("findings", card.findings, [&](const Incident& incident) {
    const findings::Finding& finding = incident.finding;
    json.member("id", finding.id.value);
    json.member("rule", std::string_view{finding.rule});
    json.member("severity", findings::to_string(finding.severity));
    json.member("open", incident.open);
    json.member("count", finding.count);
    json.time_if("first", finding.first);
    json.time_if("last", finding.last);
    json.member("summary", std::string_view{finding.summary});
  });
}

}  // namespace

void append_card_json(std::string& out, const Card& card) {
  JsonWriter json{out};
  json.begin_object();
  json.member("type", "device");
  if (card.run != 0) json.member("run", std::uint64_t{card.run});
  json.member_if("device_id", card.device_id);
  json.member_if("device_type", card.device_type);
  json.member_if("user", card.user);
  json.member_if("host", card.host);
  json.member_if("client", card.client);
  json.time_if("first", card.first);
  json.time_if("last", card.last);
  json.member("exchanges", card.exchanges);
  json.member_if("user_agent", card.user_agent);
  json.member_if("user_agent_meaning", card.agent_words);
  json.member_if("protocol_version", card.version);
  json.member_if("best_version", card.best_version);
  json.member_if("policy_key", card.policy_key);
  json.member_if("policy", card.policy);
  put_steps(json, card);
  put_folders(json, card);
  put_waits(json, card);
  put_failed_connections(json, card);
  put_findings(json, card);
  json.end_object();
  out += '\n';
}

}  // namespace eastap::report
