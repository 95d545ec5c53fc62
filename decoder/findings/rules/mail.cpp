// Mails and meeting answers that devices send: D-14, D-15, D-18, D-28, D-31.

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/codepages/pages/page21_compose_mail.hpp"
#include "decoder/findings/fault.hpp"
#include "decoder/findings/mime_text.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kSent = 32, kAnswered = 32;
constexpr std::size_t kManyRecipients = 3;
constexpr std::chrono::hours kDayBefore{24};
constexpr std::string_view kKey;

std::string_view id_of(const eas::SentMail& mail) {
  return mail.client_id.empty() ? std::string_view{mail.message_id}
                                : std::string_view{mail.client_id};
}

/// The message as the device sent it; "" when it is not kept.
std::string message_of(const eas::Command& command) {
  const auto& document = command.request.document;
  if (document) {
    const auto root = document->root();
    const auto mime = root ? root->child(codepages::compose_mail::kMime) : std::nullopt;
    return mime ? mime->whole_value() : std::string{};
  }
  if (command.request.kind == eas::Body::Kind::mime && command.request.octets)
    return *command.request.octets;
  return {};
}

std::vector<std::string> recipients_of(const eas::SentMail& mail) {
  std::vector<std::string> out;
  for (const auto* list : {&mail.to, &mail.cc, &mail.bcc, &mail.forwardees})
    out.insert(out.end(), list->begin(), list->end());
  return out;
}

bool is_account(Context& context, std::string_view address) {
  if (address.empty()) return false;
  if (equals_ignoring_case(address, context.facts.command->user)) return true;
  const Person* person = context.people.find(context.device.person);
  if (person != nullptr && person->owns(address)) return true;
  // Without the server's list of addresses the name before the @ must do.
  return (person == nullptr || !person->addresses_told) &&
         normalised_user(address) == context.device.person;
}

/// Took the server the message?
bool accepted(const Facts& facts) { return facts.http == 200 && facts.status <= 1 && !facts.page; }

Uploads::Sent& sending(Device& device, std::uint64_t id) {
  Ring<Uploads::Sent>& sent = device.uploads().sent;
  for (std::size_t index = 0; index < sent.size(); ++index) {
    if (sent[index].id == id) return sent[index];
  }
  sent.push({id, 0, {}}, kSent);
  return sent[sent.size() - 1];
}

/// What keeps the server from taking it now; troubles of other commands are no reason.
void link_cause(Context& context, Incident& incident) {
  if (context.facts.http >= 500)
    incident.because(context.incidents.open(RuleId::http_500_burst, context.subject(), kKey));
  incident.because(context.incidents.open(RuleId::access_blocked, context.subject(), kKey));
  incident.because(context.incidents.open(RuleId::mailbox_full, context.of_person(), kKey));
}

void report_success(Context& context, const eas::SentMail& mail, Uploads::Sent& one) {
  ++one.successes;
  Incidents& incidents = context.incidents;
  const Facts& facts = context.facts;
  incidents.restart(RuleId::send_stuck, context.subject(), id_of(mail));
  Incident* incident = incidents.measure(RuleId::send_duplicate, context.subject(), id_of(mail),
                                         facts.ended, facts.id, one.successes);
  if (incident != nullptr) {
    incident->summary =
        words({"the same message was sent ", times(static_cast<std::uint64_t>(one.successes)),
               ", to ", mail.to.empty() ? "unknown recipients" : mail.to.front()});
    if (one.undelivered) {
      incidents.add_example(*incident, one.undelivered);
      incident->because(incidents.open(RuleId::undelivered_response, context.subject(), kKey));
      incident->summary += words(
          {"; the answer to ", exchange_number(one.undelivered), " had not reached the device"});
    }
  }
  if (!facts.delivered) one.undelivered = facts.id;
}

std::string failure_words(const Facts& facts, const eas::SentMail& mail) {
  if (facts.status == 119 || (facts.status > 1 && recipients_of(mail).empty()))
    return "status " + number(facts.status) + ": the device sent no recipient";
  if (facts.status > 1) return "status " + number(facts.status);
  const std::string maker = made_by(facts);
  return "HTTP " + number(facts.http) + (maker.empty() ? "" : ", made by " + maker);
}

}  // namespace

void detect_send(Context& context) {
  const Facts& facts = context.facts;
  const auto& mail = facts.command->mail;
  if (!mail || facts.http == 401 || facts.http == 449 || facts.http == 451 ||
      (facts.status >= 142 && facts.status <= 144) || facts.page)
    return;
  Incidents& incidents = context.incidents;
  const std::string_view id = id_of(*mail);
  if (facts.status == 118) {
    context.claimed = true;
    Incident* incident =
        incidents.measure(RuleId::send_duplicate, context.subject(), id, facts.ended, facts.id,
                          incidents.rule(RuleId::send_duplicate).threshold, Severity::notice);
    if (incident != nullptr) {
      if (!id.empty() && sending(context.device, hash_of(id)).undelivered) {
        incident->because(incidents.open(RuleId::undelivered_response, context.subject(), kKey));
      }
      incident->summary =
          "the device sent a message again and the server, knowing it, did not send it twice "
          "(status 118)";
    }
    return;
  }
  if (accepted(facts)) {
    if (!id.empty()) report_success(context, *mail, sending(context.device, hash_of(id)));
    return;
  }
  if (!id.empty()) {
    Incident* stuck =
        incidents.count(RuleId::send_stuck, context.subject(), id, facts.ended, facts.id);
    if (stuck != nullptr) {
      link_cause(context, *stuck);
      stuck->summary = words({"the same message (", octet_words(mail->mime_octets), ") was tried ",
                              times(stuck->count), " without success"});
    }
  }
  if (facts.http == 0 || context.claimed) return;  // cut, or another rule says why
  Incident* failed =
      incidents.count(RuleId::send_failed, context.subject(), id, facts.ended, facts.id);
  if (failed == nullptr) return;
  context.claimed = true;
  link_cause(context, *failed);
  failed->summary = words({facts.command->name, " failed, ", failure_words(facts, *mail)});
  if (facts.status == 150) failed->looks_back = kDayBefore;  // its source may have been deleted
  if (failed->count > 1) failed->summary += words({" (", times(failed->count), ")"});
}

void detect_too_big(Context& context) {
  const Facts& facts = context.facts;
  const auto kilobytes = static_cast<std::int64_t>(facts.exchange->request->body_size / 1'024);
  if (kilobytes <= context.incidents.rule(RuleId::request_too_big).threshold) return;
  const bool reset = facts.exchange->ending == model::Ending::server_reset ||
                     facts.exchange->ending == model::Ending::server_closed;
  const bool refused = facts.http == 413 || facts.http == 500 || facts.http == 400 ||
                       facts.http == 404 || facts.status == 122 || reset;
  if (!refused) return;
  Incident* incident = context.incidents.gauge(RuleId::request_too_big, context.subject(), kKey,
                                               facts.ended, facts.id, kilobytes);
  if (incident == nullptr) return;
  incident->summary =
      words({facts.command->name, " of ", number(kilobytes), " KB was refused (",
             facts.http != 0 ? "HTTP " + number(facts.http) : std::string{"connection ended"},
             "), ", times(incident->count)});
  if (const std::string maker = made_by(facts); !maker.empty())
    incident->summary += ", made by " + maker;
}

void detect_reply_to_self(Context& context) {
  const auto& mail = context.facts.command->mail;
  if (!mail || !accepted(context.facts)) return;
  const auto folder = context.device.folders.find(mail->source_folder);
  constexpr int kSentItems = 5;
  if (folder != context.device.folders.end() && folder->second.type == kSentItems) return;
  if (is_own_mail(context.device, mail->source_folder, mail->source_item)) return;
  const auto own = [&](const std::string& address) {
    return (!mail->from.empty() && equals_ignoring_case(address, mail->from)) ||
           is_account(context, address);
  };
  const bool to_self = std::any_of(mail->to.begin(), mail->to.end(), own) ||
                       std::any_of(mail->cc.begin(), mail->cc.end(), own);
  if (!to_self || mail->to.size() + mail->cc.size() < 2) return;
  Incident* incident = context.incidents.count(RuleId::reply_all_self, context.subject(), kKey,
                                               context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  incident->summary =
      words({"a reply to all went to its own sender too, ", times(incident->count)});
}

void detect_meeting_mail(Context& context) {
  const auto& mail = context.facts.command->mail;
  if (!mail || !accepted(context.facts) || mail->calendar_method.empty()) return;
  const MimeText text = read_mime_text(message_of(*context.facts.command));
  if (mail->calendar_method == "REPLY") {
    const std::string& sender = mail->sender.empty() ? mail->from : mail->sender;
    if (sender.empty() || is_account(context, mail->from) || is_account(context, sender)) return;
    const bool account_known = context.facts.command->user.find('@') != std::string::npos ||
                               context.people.find(context.device.person) != nullptr;
    Incident* incident = context.incidents.count(
        RuleId::meeting_reply_sender, context.subject(), text.calendar_uid, context.facts.ended,
        context.facts.id, account_known ? std::nullopt : std::optional{Severity::notice});
    if (incident != nullptr) {
      const Person* person = context.people.find(context.device.person);
      if (person == nullptr || !person->addresses_told) incident->looks_back = kDayBefore;
      incident->summary = words({"the answer to a meeting went out as ", sender,
                                 ", the account is ", context.facts.command->user});
    }
    return;
  }
  if (mail->calendar_method != "CANCEL" && mail->calendar_method != "REQUEST") return;
  if (!mail->source_item.empty()) return;  // a forward: detect_forward
  const KnownItem* known = context.items.find_uid(context.device, text.calendar_uid);
  if (known == nullptr || known->organizer.empty() || known->made_by_client) return;
  if (is_account(context, known->organizer) || known->organized()) return;
  Incident* incident =
      context.incidents.count(RuleId::attendee_cancel, context.subject(), text.calendar_uid,
                              context.facts.ended, context.facts.id);
  if (incident == nullptr) return;
  incident->because(context.incidents.latest(RuleId::organizer_change, context.device));
  incident->summary = words({"the device mailed a meeting ", to_lower(mail->calendar_method),
                             " for a meeting that ", known->organizer, " organizes"});
}

void detect_forward(Context& context) {
  const auto& mail = context.facts.command->mail;
  const Facts& facts = context.facts;
  if (!mail || !accepted(facts) || mail->source_item.empty()) return;
  if (facts.verb == Verb::smart_reply) return;
  KnownItem* known = context.items.find(context.device, mail->source_folder, mail->source_item);
  const auto folder = context.device.folders.find(mail->source_folder);
  const bool in_calendar = folder != context.device.folders.end() &&
                           (folder->second.type == 8 || folder->second.type == 13);
  const bool meeting = known != nullptr
                           ? (!known->task && (known->meeting_request || known->meeting()))
                           : in_calendar || mail->calendar_method == "REQUEST";
  if (!meeting) return;
  std::string why;
  const std::vector<std::string> recipients = recipients_of(*mail);
  if (known != nullptr && known->attendees.size() >= kManyRecipients) {
    const auto covered = std::count_if(
        known->attendees.begin(), known->attendees.end(), [&](std::uint64_t attendee) {
          return std::any_of(recipients.begin(), recipients.end(), [&](const std::string& one) {
            return hash_of(to_lower(one)) == attendee;
          });
        });
    if (covered >= static_cast<std::ptrdiff_t>(kManyRecipients) &&
        covered * 5 >= static_cast<std::ptrdiff_t>(known->attendees.size()) * 4)
      why = "to " + number(covered) + " of its " +
            number(static_cast<std::int64_t>(known->attendees.size())) + " attendees";
  }
  const auto window = context.incidents.rule(RuleId::meeting_forwarded).window;
  if (why.empty() && known != nullptr && known->forwarded &&
      facts.began - known->forwarded.time <= window)
    why = "again, after " + exchange_number(known->forwarded.exchange);
  const std::string message = message_of(*facts.command);
  if (why.empty() && !message.empty()) {
    const MimeText text = read_mime_text(message);
    if (text.text_blank) why = "without a word of the user";
  }
  if (known != nullptr) known->forwarded = {facts.began, facts.id, 0};
  Incident* incident =
      context.incidents.count(RuleId::meeting_forwarded, context.subject(mail->source_folder),
                              mail->source_folder + '\n' + mail->source_item, facts.ended, facts.id,
                              why.empty() ? std::optional{Severity::info} : std::nullopt);
  if (incident == nullptr) return;
  incident->summary =
      words({"the device forwarded meeting ", mail->source_item, " of ",
             context.device.folder_label(mail->source_folder), why.empty() ? "" : ", ", why});
}

void detect_meeting_answer(Context& context) {
  const Facts& facts = context.facts;
  if (facts.http != 200 && facts.http != 500) return;
  for (const eas::MeetingAnswer& answer : facts.command->meetings) {
    const std::string& request = answer.request_id.empty() ? answer.long_id : answer.request_id;
    const std::string key = request + '\n' + answer.instance_id;
    const int status = answer.status.value_or(facts.status);
    if (facts.http == 500 || (status >= 2 && status <= 4)) {
      Incident* incident =
          context.incidents.count(RuleId::meeting_response_loop, context.subject(answer.folder),
                                  request, facts.ended, facts.id);
      if (incident == nullptr) continue;
      context.claimed = true;
      incident->summary =
          words({"the answer to meeting ", request, " failed ", times(incident->count),
                 ", last with ", facts.http == 500 ? "HTTP 500" : "status " + number(status)});
      if (!answer.instance_id.empty())
        incident->summary += ", for the instance " + answer.instance_id;
      continue;
    }
    if (status != 1 || !answer.response || request.empty()) continue;
    Ring<Uploads::Answered>& answered = context.device.uploads().answered;
    Uploads::Answered* before = nullptr;
    for (std::size_t index = 0; index < answered.size(); ++index) {
      if (answered[index].meeting == hash_of(key)) before = &answered[index];
    }
    if (before == nullptr) {
      answered.push({hash_of(key), *answer.response, facts.delivered ? 1 : 0}, kAnswered);
      continue;
    }
    if (before->response != *answer.response) {  // the user changed their mind
      before->response = *answer.response;
      before->successes = facts.delivered ? 1 : 0;
      continue;
    }
    if (facts.delivered) ++before->successes;
    if (before->successes < 2) continue;
    Incident* incident =
        context.incidents.measure(RuleId::meeting_response_repeat, context.subject(answer.folder),
                                  key, facts.ended, facts.id, before->successes);
    if (incident == nullptr) continue;
    incident->summary = words({"meeting ", request, " was answered in the same way ",
                               times(static_cast<std::uint64_t>(before->successes))});
  }
}

}  // namespace eastap::findings
