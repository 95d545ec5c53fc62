#include "decoder/render/record_json.hpp"

#include <cstdint>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/eas/values/names.hpp"
#include "decoder/render/command_json.hpp"
#include "decoder/render/document_json.hpp"
#include "decoder/render/exchange_facts.hpp"
#include "decoder/render/json_writer.hpp"
#include "decoder/render/utf8.hpp"

namespace eastap::render {
namespace {

void write_duration(JsonWriter& json, std::string_view name, std::optional<Microseconds> length) {
  if (!length) return;
  json.key(name);
  json.thousandths(length->count());
}

/// What names an exchange and its device: the same in its waiting record.
void write_identity(JsonWriter& json, const model::Exchange& exchange,
                    const eas::Command& command) {
  json.member("id", exchange.id.value);
  if (exchange.request) json.time_if("time", exchange.request->began);
  json.member_if("device_id", command.device_id);
  json.member_if("device_type", command.device_type);
  json.member_if("user", command.user);
  json.member_if("user_agent", command.user_agent);
  if (exchange.connection) {
    json.member("connection", exchange.connection->id.value);
    json.member_if("client", exchange.connection->client);
    json.member_if("host", exchange.connection->host);
  }
  const RequestLine line = request_line(exchange);
  json.member_if("method", line.method);
  json.member_if("target", line.target);
  json.member_if("command", command.name);
  json.member_if("protocol_version", command.protocol_version);
  json.member_if("policy_key", command.policy_key);
}

/// A body that no document stands for, up to `limit` octets.
void write_octets(JsonWriter& json, std::string_view octets, std::size_t limit) {
  if (octets.size() <= limit) {
    json.octets(octets);
    return;
  }
  std::string_view kept = without_cut_sequence(octets, limit);
  if (!is_utf8(kept)) kept = octets.substr(0, limit);
  json.octets(kept);
  json.member("truncated", true);
}

std::string_view word(eas::Body::Kind kind) {
  using Kind = eas::Body::Kind;
  switch (kind) {
    case Kind::none: return "none";
    case Kind::wbxml: return "wbxml";
    case Kind::multipart: return "multipart";
    case Kind::mime: return "mime";
    case Kind::xml: return "xml";
    case Kind::json: return "json";
    case Kind::html: return "html";
    case Kind::text: return "text";
    case Kind::other: return "other";
  }
  return "other";
}

void write_message(JsonWriter& json, std::string& out, std::string_view name,
                   const model::Message& message, const eas::Body& body,
                   const RecordJsonOptions& options) {
  json.key(name);
  json.begin_object();
  json.member_if("start_line", message.head.start_line());
  json.key("headers");
  json.begin_array();
  for (std::size_t i = 0; i < message.head.size(); ++i) {
    const auto field = message.head[i];
    json.begin_object();
    json.member("name", field.name);
    json.member("value", field.value);
    json.end_object();
  }
  json.end_array();
  json.member("complete", message.complete);
  json.member("body_bytes", message.body_size);
  if (message.body_size > message.body.size()) json.member("body_kept", message.body.size());
  if (body.kind != eas::Body::Kind::none) json.member("kind", word(body.kind));
  json.member_if("language", body.other_language);
  json.member_if("xml", body.other_xml);
  bool whole = false;  // the document says all there is
  if (body.document) {
    whole = body.document->complete && body.kind == eas::Body::Kind::wbxml;
    if (!body.document->nodes.empty()) {
      json.key("document");
      append_document_json(out, *body.document);
      json.value_written();
    }
    if (!body.document->complete) json.member("decoded_bytes", body.document->decoded_octets);
  }
  if (body.kind == eas::Body::Kind::multipart) {
    json.objects_if("parts", body.parts, [&](const eas::Body::Part& part) {
      json.member("offset", part.offset);
      json.member("bytes", part.size);
    });
  }
  const std::string_view octets = body.octets ? *body.octets : message.body;
  if (!whole && !octets.empty()) write_octets(json, octets, options.body_limit);
  json.end_object();
}

void write_statuses(JsonWriter& json, const eas::Command& command) {
  json.objects_if("statuses", command.statuses, [&](const eas::Status& status) {
    json.member_if("place", status.place);
    json.member("code", status.code);
    json.member("success", status.success);
    json.member_if("scope", status.scope);
    json.member_if("name", status.name);
    json.member_if("meaning", status.meaning);
  });
}

void write_collection(JsonWriter& json, const eas::Collection& collection) {
  json.member_if("id", collection.id);
  json.member_if("class", collection.class_name);
  json.member_if("folder", collection.folder_name);
  json.member_if("sync_key", collection.sync_key);
  json.member_if("new_sync_key", collection.new_sync_key);
  json.member_if("status", collection.status);
  json.member_if("get_changes", collection.get_changes);
  json.member_if("window_size", collection.window_size);
  json.member_if("filter_type", collection.filter_type);
  if (collection.filter_type) {
    json.member_if("filter", eas::values::filter_words(*collection.filter_type));
  }
  json.member_if("conversation_mode", collection.conversation_mode);
  json.member_if("estimate", collection.estimate);
  if (collection.remembered) json.member("remembered", true);
  if (collection.in_request) {
    json.member("client_adds", collection.client_adds);
    json.member("client_changes", collection.client_changes);
    json.member("client_deletes", collection.client_deletes);
    json.member("client_fetches", collection.client_fetches);
    if (collection.client_sends != 0) json.member("client_sends", collection.client_sends);
  }
  if (collection.in_response) {
    json.member("adds", collection.adds);
    json.member("changes", collection.changes);
    json.member("deletes", collection.deletes);
    json.member("soft_deletes", collection.soft_deletes);
    json.member("fetches", collection.fetches);
    json.member("more_available", collection.more_available);
  }
}

std::string_view word(eas::FolderChange::Kind kind) {
  switch (kind) {
    case eas::FolderChange::Kind::add: return "add";
    case eas::FolderChange::Kind::update: return "update";
    case eas::FolderChange::Kind::remove: return "remove";
  }
  return "add";
}

std::string_view word(eas::Provision::Phase phase) {
  switch (phase) {
    case eas::Provision::Phase::ask: return "ask";
    case eas::Provision::Phase::acknowledge: return "acknowledge";
    case eas::Provision::Phase::wipe_acknowledge: return "wipe_acknowledge";
  }
  return "ask";
}

void write_folders(JsonWriter& json, std::string_view name,
                   const std::vector<eas::PingFolder>& folders) {
  json.objects_if(name, folders, [&](const eas::PingFolder& folder) {
    json.member_if("id", folder.id);
    json.member_if("class", folder.class_name);
    json.member_if("folder", folder.name);
  });
}

void write_named_values(JsonWriter& json, std::string_view name,
                        const std::vector<std::pair<std::string, std::string>>& list) {
  json.objects_if(name, list, [&](const auto& pair) {
    json.member("name", pair.first);
    json.member("value", pair.second);
  });
}

void write_waiting(JsonWriter& json, const eas::Waiting& waiting) {
  json.key("waiting");
  json.begin_object();
  json.member_if("seconds", waiting.seconds);
  write_folders(json, "folders", waiting.folders);
  write_folders(json, "changed", waiting.changed);
  json.member_if("limit_seconds", waiting.limit_seconds);
  json.member_if("max_folders", waiting.max_folders);
  json.end_object();
}

void write_provision(JsonWriter& json, const eas::Provision& provision) {
  json.key("provision");
  json.begin_object();
  json.member("phase", word(provision.phase));
  json.member_if("request_key", provision.request_key);
  json.member_if("response_key", provision.response_key);
  json.member_if("acknowledged_status", provision.acknowledged_status);
  json.member_if("policy_status", provision.policy_status);
  if (provision.remote_wipe) json.member("remote_wipe", true);
  if (provision.account_only_wipe) json.member("account_only_wipe", true);
  json.member_if("wipe_status", provision.wipe_status);
  json.member_if("policy", provision.policy);
  write_named_values(json, "settings", provision.settings);
  json.end_object();
}

void write_understood(JsonWriter& json, const eas::Command& command) {
  write_statuses(json, command);
  json.member_if("sync_key", command.sync_key);
  json.member_if("new_sync_key", command.new_sync_key);
  json.objects_if("collections", command.collections,
                  [&](const eas::Collection& one) { write_collection(json, one); });
  json.objects_if("folder_changes", command.folder_changes, [&](const eas::FolderChange& change) {
    json.member("change", word(change.kind));
    json.member_if("id", change.id);
    json.member_if("parent_id", change.parent_id);
    json.member_if("parent_name", command.folder_name(change.parent_id));
    json.member_if("name", change.name);
    json.member_if("folder_type", change.type);
    if (change.type) {
      json.member_if("folder_kind", eas::values::folder_type_words(*change.type));
    }
  });
  if (command.waiting) write_waiting(json, *command.waiting);
  if (command.provision) write_provision(json, *command.provision);
  json.values_if("offered_versions", command.offered_versions);
  json.values_if("offered_commands", command.offered_commands);
  write_named_values(json, "parameters", command.parameters);
  if (command.locale) json.member("locale", unsigned{*command.locale});
  if (command.request_repeats_last) json.member("request_repeats_last", true);
  write_command_facts(json, command);
  json.member_if("detail", command.detail);
}

void write_diagnostics(JsonWriter& json, const eas::Command& command) {
  json.objects_if("diagnostics", all_diagnostics(command), [&](const Diagnostic& diagnostic) {
    json.member("code", to_string(diagnostic.code));
    json.member_if("part", diagnostic.part);
    json.member("offset", diagnostic.offset);
    json.member_if("text", diagnostic.text);
  });
}

}  // namespace

void append_exchange_json(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const RecordJsonOptions& options) {
  JsonWriter json{out};
  json.begin_object();
  json.member("type", "exchange");
  write_identity(json, exchange, command);
  const auto status = command.http_status ? command.http_status : http_status(exchange);
  json.member_if("http_status", status);
  json.member_if("eas_status", command.eas_status);
  write_duration(json, "duration_ms", duration(exchange));
  write_duration(json, "ttfb_ms", time_to_first_octet(exchange));
  if (exchange.request) json.member("request_bytes", exchange.request->wire_size);
  if (exchange.response) {
    json.member("response_bytes", exchange.response->wire_size);
    json.member("delivered_bytes", exchange.delivered_octets);
  }
  json.member("complete", exchange.ending == model::Ending::complete);
  json.member("ending", model::to_string(exchange.ending));
  json.member_if("error", exchange.error);
  if (exchange.bodies_dropped) json.member("bodies_dropped", true);
  write_understood(json, command);
  if (options.messages) {
    if (exchange.request) {
      write_message(json, out, "request", *exchange.request, command.request, options);
    }
    if (exchange.response) {
      write_message(json, out, "response", *exchange.response, command.response, options);
    }
  }
  write_diagnostics(json, command);
  json.end_object();
  out += '\n';
}

void append_waiting_json(std::string& out, const model::Exchange& exchange,
                         const eas::Command& command, const RecordJsonOptions& options) {
  JsonWriter json{out};
  json.begin_object();
  json.member("type", "waiting");
  write_identity(json, exchange, command);
  if (exchange.request) json.member("request_bytes", exchange.request->wire_size);
  write_understood(json, command);
  if (options.messages && exchange.request) {
    write_message(json, out, "request", *exchange.request, command.request, options);
  }
  write_diagnostics(json, command);
  json.end_object();
  out += '\n';
}

void append_progress_json(std::string& out, const model::Exchange& exchange,
                          const eas::Command& command, const RecordJsonOptions& options) {
  JsonWriter json{out};
  json.begin_object();
  json.member("type", "progress");
  write_identity(json, exchange, command);
  json.member_if("http_status", http_status(exchange));
  write_duration(json, "duration_ms", duration(exchange));
  if (exchange.response) {
    json.member("response_bytes", exchange.response->wire_size);
    if (options.messages) {
      write_message(json, out, "response", *exchange.response, command.response, options);
    }
  }
  json.end_object();
  out += '\n';
}

void append_finding_json(std::string& out, const findings::Finding& finding) {
  JsonWriter json{out};
  json.begin_object();
  json.member("type", "finding");
  json.member("id", finding.id.value);
  json.member("rule", finding.rule);
  json.member("severity", findings::to_string(finding.severity));
  json.time_if("time", finding.time);
  json.member_if("device_id", finding.device_id);
  json.member_if("device_type", finding.device_type);
  json.member_if("user", finding.user);
  json.member_if("host", finding.host);
  json.member("count", finding.count);
  json.time_if("first", finding.first);
  json.time_if("last", finding.last);
  json.values("exchanges", finding.exchanges);
  json.values_if("because_of", finding.because_of);
  json.member_if("summary", finding.summary);
  json.member_if("explanation", finding.explanation);
  json.member_if("next_step", finding.next_step);
  json.member_if("source", finding.source);
  json.end_object();
  out += '\n';
}

void append_event_json(std::string& out, const model::ConnectionEvent& event) {
  JsonWriter json{out};
  json.begin_object();
  json.member("type", model::to_string(event.kind));
  json.time_if("time", event.time);
  if (event.connection) {
    const model::Connection& connection = *event.connection;
    json.member("connection", connection.id.value);
    json.member_if("client", connection.client);
    json.member_if("host", connection.host);
    if (connection.port != 0) json.member("port", unsigned{connection.port});
    json.member_if("sni", connection.sni);
    json.member_if("client_tls", connection.client_tls);
    json.member_if("upstream", connection.upstream);
    json.member_if("upstream_tls", connection.upstream_tls);
  }
  json.member_if("reason", event.reason);
  json.member_if("detail", event.detail);
  if (event.octets_up != 0 || event.octets_down != 0) {
    json.member("bytes_up", event.octets_up);
    json.member("bytes_down", event.octets_down);
  }
  json.end_object();
  out += '\n';
}

}  // namespace eastap::render
