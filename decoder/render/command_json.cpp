#include "decoder/render/command_json.hpp"

#include "decoder/eas/values/names.hpp"
#include "decoder/eas/values/user_agent.hpp"

namespace eastap::render {
namespace {

namespace values = eas::values;

void write_sender(JsonWriter& json, const eas::Command& command) {
  json.member_if("software", values::user_agent_words(command.user_agent));
  const values::Credential& credential = command.credential;
  if (credential == values::Credential{}) return;
  json.key("credential");
  json.begin_object();
  json.member_if("scheme", credential.scheme);
  json.member_if("user", credential.user);
  json.member_if("audience", credential.audience);
  json.member_if("issuer", credential.issuer);
  json.member_if("app", credential.app);
  json.member_if("expires", credential.expires);
  json.end_object();
}

/// `<key>` with the id and `<name_key>` with the learned name.
void write_folder(JsonWriter& json, const eas::Command& command, std::string_view key,
                  std::string_view name_key, const std::string& id) {
  json.member_if(key, id);
  json.member_if(name_key, command.folder_name(id));
}

void write_mail(JsonWriter& json, const eas::Command& command) {
  const eas::SentMail& mail = *command.mail;
  json.key("mail");
  json.begin_object();
  json.member_if("client_id", mail.client_id);
  json.member_if("message_id", mail.message_id);
  json.member_if("from", mail.from);
  json.member_if("sender", mail.sender);
  json.values_if("to", mail.to);
  json.values_if("cc", mail.cc);
  json.values_if("bcc", mail.bcc);
  json.values_if("forwardees", mail.forwardees);
  json.member_if("subject", mail.subject);
  write_folder(json, command, "source_folder", "source_folder_name", mail.source_folder);
  json.member_if("source_item", mail.source_item);
  json.member_if("source_long_id", mail.source_long_id);
  json.member_if("instance_id", mail.instance_id);
  if (mail.save_in_sent) json.member("save_in_sent", true);
  if (mail.replace_mime) json.member("replace_mime", true);
  json.objects_if("attachments", mail.attachments, [&](const eas::MailAttachment& file) {
    json.member("name", file.name);
    json.member_if("content_type", file.type);
    json.member_if("bytes", file.octets);
  });
  json.member_if("thread", mail.thread);
  json.member_if("calendar_method", mail.calendar_method);
  json.member_if("calendar_uid", mail.calendar_uid);
  json.member_if("organizer", mail.organizer);
  json.values_if("attendees", mail.attendees);
  json.member("mime_bytes", mail.mime_octets);
  json.end_object();
}

void write_items(JsonWriter& json, const eas::Command& command) {
  json.objects_if("fetched", command.fetched, [&](const eas::FetchedItem& item) {
    json.member_if("store", item.store);
    write_folder(json, command, "collection_id", "folder_name", item.collection_id);
    json.member_if("server_id", item.server_id);
    json.member_if("long_id", item.long_id);
    json.member_if("link_id", item.link_id);
    json.member_if("file_reference", item.file_reference);
    const values::FileReference split = values::split_file_reference(item.file_reference);
    if (!split.index.empty()) {
      json.member("attachment_item", split.folder + ':' + split.item);
      json.member("attachment_index", split.index);
    }
    json.member_if("class", item.class_name);
    json.member_if("status", item.status);
    json.member_if("content_type", item.content_type);
    json.member_if("range", item.range);
    json.member_if("bytes", item.octets);
    json.member_if("total", item.total);
    json.member_if("part", item.part);
    if (item.truncated) json.member("truncated", true);
  });
  json.objects_if("emptied", command.emptied, [&](const eas::EmptiedFolder& folder) {
    write_folder(json, command, "collection_id", "folder_name", folder.id);
    json.member("subfolders", folder.subfolders);
    json.member_if("status", folder.status);
  });
  json.objects_if("moved", command.moved, [&](const eas::MovedItem& item) {
    json.member_if("item", item.source_item);
    write_folder(json, command, "from", "from_name", item.source_folder);
    write_folder(json, command, "to", "to_name", item.destination_folder);
    json.member_if("new_item", item.new_item);
    json.member_if("status", item.status);
  });
  json.objects_if("meetings", command.meetings, [&](const eas::MeetingAnswer& answer) {
    write_folder(json, command, "collection_id", "folder_name", answer.folder);
    json.member_if("request_id", answer.request_id);
    json.member_if("long_id", answer.long_id);
    json.member_if("instance_id", answer.instance_id);
    json.member_if("response", answer.response);
    json.member_if("status", answer.status);
    json.member_if("calendar_id", answer.calendar_id);
    json.member_if("proposed_start", answer.proposed_start);
    json.member_if("proposed_end", answer.proposed_end);
  });
}

void write_lookups(JsonWriter& json, const eas::Command& command) {
  json.objects_if("searches", command.searches, [&](const eas::SearchQuery& query) {
    json.member_if("store", query.store);
    json.member_if("text", query.text);
    json.member_if("conversation_id", query.conversation_id);
    write_folder(json, command, "collection_id", "folder_name", query.collection_id);
    json.member_if("asked_range", query.asked_range);
    json.member_if("range", query.range);
    json.member_if("status", query.status);
    json.member_if("total", query.total);
    json.member("results", query.results);
    json.objects_if("hits", query.hits, [&](const eas::SearchHit& hit) {
      json.member_if("class", hit.class_name);
      write_folder(json, command, "collection_id", "folder_name", hit.collection_id);
      json.member_if("id", hit.id);
      json.member_if("name", hit.name);
    });
  });
  json.objects_if("recipients", command.recipients, [&](const eas::ResolvedRecipient& one) {
    json.member_if("asked", one.asked);
    json.member_if("status", one.status);
    json.member_if("count", one.count);
    json.values_if("addresses", one.addresses);
    json.member_if("free_busy", one.free_busy);
    if (one.certificates != 0) json.member("certificates", one.certificates);
    if (one.picture_octets != 0) json.member("picture_bytes", one.picture_octets);
  });
  json.objects_if("certificates", command.certificates,
                  [&](const eas::CheckedCertificate& certificate) {
                    if (certificate.octets != 0) json.member("bytes", certificate.octets);
                    json.member_if("status", certificate.status);
                  });
}

void write_settings(JsonWriter& json, const eas::Command& command) {
  json.objects_if("settings", command.settings, [&](const eas::SettingsGroup& group) {
    json.member("name", group.name);
    json.member("set", group.set);
    json.member_if("status", group.status);
    json.objects_if("values", group.values, [&](const auto& pair) {
      json.member("name", pair.first);
      json.member("value", pair.second);
    });
  });
}

void write_autodiscover(JsonWriter& json, const eas::Autodiscover& facts) {
  json.key("autodiscover");
  json.begin_object();
  json.member("version", facts.json ? "v2" : "v1");
  json.member_if("email", facts.email);
  json.member_if("schema", facts.schema);
  json.member_if("url", facts.url);
  json.member_if("server_type", facts.server_type);
  json.member_if("redirect", facts.redirect);
  json.member_if("status", facts.status);
  json.member_if("error_code", facts.error_code);
  json.member_if("error_name", facts.error_name);
  json.member_if("message", facts.message);
  json.member_if("debug_data", facts.debug_data);
  json.member_if("display_name", facts.display_name);
  json.objects_if("servers", facts.servers, [&](const eas::AutodiscoverServer& server) {
    json.member_if("type", server.type);
    json.member_if("url", server.url);
    json.member_if("name", server.name);
    json.member_if("server_data", server.data);
  });
  json.end_object();
}

void write_server(JsonWriter& json, const eas::ServerFacts& facts) {
  if (facts == eas::ServerFacts{}) return;
  using Origin = eas::ServerFacts::Origin;
  json.key("server");
  json.begin_object();
  json.member("origin", facts.origin == Origin::exchange ? "exchange"
                        : facts.origin == Origin::other  ? "other"
                                                         : "unknown");
  json.member_if("build", facts.build);
  json.member_if("front_end", facts.front_end);
  json.member_if("back_end", facts.back_end);
  json.member_if("request_id", facts.request_id);
  json.member_if("product", facts.product);
  json.member_if("via", facts.via);
  json.values_if("resync_versions", facts.resync_versions);
  json.member_if("location", facts.location);
  json.member_if("throttle_reason", facts.throttle_reason);
  json.member_if("retry_after_seconds", facts.retry_after_seconds);
  json.member_if("back_off_duration", facts.back_off_duration);
  json.member_if("back_off_reason", facts.back_off_reason);
  json.member_if("schema_error", facts.schema_error);
  json.member_if("diagnostics", facts.diagnostics);
  json.member_if("password_days_left", facts.password_days_left);
  json.member_if("password_url", facts.password_url);
  json.values_if("authentication", facts.authentication);
  json.member_if("page_title", facts.page_title);
  json.end_object();
}

}  // namespace

void write_command_facts(JsonWriter& json, const eas::Command& command) {
  write_sender(json, command);
  if (command.mail) write_mail(json, command);
  write_items(json, command);
  write_lookups(json, command);
  write_settings(json, command);
  if (command.autodiscover) write_autodiscover(json, *command.autodiscover);
  if (command.server) write_server(json, *command.server);
}

}  // namespace eastap::render
