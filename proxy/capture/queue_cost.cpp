#include "proxy/capture/queue_cost.hpp"

#include <memory>
#include <utility>
#include <variant>

namespace eastap::capture {
namespace {

/// What a record costs besides its octets: the structs and their short strings.
constexpr std::size_t kRecordCost = 1024;

std::size_t cost_of(const eas::Body& body) {
  std::size_t cost = body.octets ? body.octets->size() : 0;
  if (body.document) cost += body.document->nodes.size() * sizeof(wbxml::Node);
  return cost + body.other_xml.size();
}

std::shared_ptr<const model::Message> head_only(
    const std::shared_ptr<const model::Message>& whole) {
  if (!whole) return nullptr;
  auto message = std::make_shared<model::Message>();
  message->head = whole->head;
  message->body_size = whole->body_size;
  message->wire_size = whole->wire_size;
  message->complete = whole->complete;
  message->began = whole->began;
  message->ended = whole->ended;
  return message;
}

}  // namespace

std::size_t cost_of(const pipeline::Record& record) {
  std::size_t cost = kRecordCost;
  const auto* what = std::get_if<pipeline::ExchangeRecord>(&record.what);
  if (what == nullptr) return cost;
  const model::Exchange& exchange = what->exchange;
  const bool ended = exchange.ending != model::Ending::open;
  // The request of an ended exchange is the one that was counted when it opened, unless it never
  // did.
  if (exchange.request && (!ended || !exchange.request->complete)) {
    cost += exchange.request->head.raw().size() + exchange.request->body.size();
  }
  if (exchange.response) {
    cost += exchange.response->head.raw().size() + exchange.response->body.size();
  }
  cost += cost_of(what->command.request) + cost_of(what->command.response);
  for (const auto& collection : what->command.collections) {
    cost += sizeof collection + collection.items.size() * sizeof(eas::Item);
  }
  cost += what->command.statuses.size() * sizeof(eas::Status);
  return cost;
}

pipeline::RecordPtr without_bodies(const pipeline::ExchangeRecord& record) {
  pipeline::ExchangeRecord light;
  light.exchange = record.exchange;
  model::Exchange& exchange = light.exchange;
  if (exchange.request && (exchange.ending == model::Ending::open || !exchange.request->complete)) {
    exchange.request = head_only(exchange.request);
  }
  exchange.response = head_only(exchange.response);
  exchange.bodies_dropped = true;
  light.command.name = record.command.name;
  light.command.is_activesync = record.command.is_activesync;
  light.command.user = record.command.user;
  light.command.device_id = record.command.device_id;
  light.command.device_type = record.command.device_type;
  light.command.user_agent = record.command.user_agent;
  light.command.protocol_version = record.command.protocol_version;
  light.command.policy_key = record.command.policy_key;
  light.command.http_status = record.command.http_status;
  light.command.eas_status = record.command.eas_status;
  light.command.sync_key = record.command.sync_key;
  light.command.new_sync_key = record.command.new_sync_key;
  light.command.detail = record.command.detail;
  return std::make_shared<const pipeline::Record>(pipeline::Record{std::move(light)});
}

}  // namespace eastap::capture
