#pragma once

#include <string>
#include <vector>

#include "decoder/eas/command.hpp"

/// The words of a timeline that stand for items, mails, fetches and meeting answers.
namespace eastap::findings::testing {

/// `Add 2:40 UID=… Organizer=bob Status=3; Delete 5:90`: commands of one side for the first
/// collection, as a document and as items. An error text, or "".
std::string add_items(eas::Command& command, const std::string& text, bool from_server);

/// `c1>7:81; 5:90 8; c1 6`: the server's answers to the device's commands.
std::string add_answers(eas::Command& command, const std::string& text);

/// `id c5; to bob@contoso.test,carol@contoso.test; method CANCEL; uid U; source 2:14; text hello`.
std::string add_mail(eas::Command& command, const std::string& text);

/// `5:90 St14 0/500` or `ref 5%3a12%3a0 St15`.
std::string add_fetch(eas::Command& command, const std::string& text);

/// `5:31 accept St1 inst 20261120T090000Z`.
std::string add_meeting(eas::Command& command, const std::string& text);

/// What only the end of an exchange knows, taken away.
void take_answer_away(eas::Command& command);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace eastap::findings::testing
