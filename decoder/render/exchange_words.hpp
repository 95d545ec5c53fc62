#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decoder/eas/command.hpp"
#include "decoder/model/exchange.hpp"
#include "decoder/render/exchange_troubles.hpp"

/// What a line says of an exchange, before it is laid out; for this folder only, but for the three
/// last. Every text here is printable.
namespace eastap::render {

enum class Role : std::uint8_t { normal, dim, success, waiting, odd, trouble };

struct ExchangeWords {
  bool activesync = true;    ///< else shown dim: method and target
  std::string device;        ///< "alice iPhone", or the client's address
  std::string command;       ///< or the HTTP method
  std::string subject;       ///< "Inbox(5)", "3 folders", or the target
  std::string detail;        ///< what was asked, keys and counts
  std::string short_detail;  ///< the same for narrow columns; "" when no other
  std::string short_text;    ///< instead of detail and remark where they share a narrow column
  std::string remark;        ///< what came of it
  bool partly = false;       ///< the remark is what went well beside the troubles: it stands first
  std::string status;        ///< HTTP
  Role status_role = Role::normal;
  std::string duration;
  std::vector<Trouble> troubles;
};

[[nodiscard]] ExchangeWords words_of(const model::Exchange& exchange, const eas::Command& command);
[[nodiscard]] ExchangeWords waiting_words_of(const model::Exchange& exchange,
                                             const eas::Command& command);
/// An answer that is still arriving.
[[nodiscard]] ExchangeWords progress_words_of(const model::Exchange& exchange,
                                              const eas::Command& command);

/// "alice iPhone" from "CONTOSO\alice" or "alice@contoso.test"; either part may be missing.
[[nodiscard]] std::string device_label(std::string_view user, std::string_view device_type);

/// "Inbox(5)": a folder's name with its id, where that is short; the id alone without a name.
[[nodiscard]] std::string folder_label(std::string_view name, std::string_view id);

/// The address without its port.
[[nodiscard]] std::string_view client_address(std::string_view client);

}  // namespace eastap::render
