#pragma once

#include <cstddef>

namespace eastap::eas {

/// Bounds of what is kept of one exchange and of one device. What exceeds them is counted or said
/// in a diagnostic, and stays visible in the document itself.
struct Limits {
  // One exchange.
  std::size_t collections = 1'000;  ///< servers refuse more than 300 (Sync status 15)
  std::size_t items = 20'000;       ///< of all collections; WindowSize ends at 512
  std::size_t statuses = 10'000;
  std::size_t entries = 5'000;       ///< folders, moves, fetches, recipients, …
  std::size_t hits = 200;            ///< of a search; Exchange gives 100 at a time
  std::size_t recipients = 1'000;    ///< of one mail, and of one name asked for
  std::size_t values = 500;          ///< policy and settings values
  std::size_t value_octets = 1'024;  ///< of one kept text (ids, names, headers)
  std::size_t line_octets = 240;     ///< of `asked` and `outcome`, each
  std::size_t mime_octets =
      8'388'608;                     ///< of a mail that are read, for attachments' names and sizes
  std::size_t page_octets = 65'536;  ///< of an HTML page, searched for title and heading
  std::size_t xml_octets = 1'048'576;  ///< of Autodiscover XML; answers are below 10 kB
  std::size_t json_octets = 262'144;
  std::size_t json_depth = 16;
  std::size_t parts = 10'000;  ///< of a multipart body

  // What a session remembers.
  std::size_t devices = 20'000;              ///< the least recently seen is forgotten
  std::size_t entries_altogether = 500'000;  ///< folders and collections of all devices: ~150 MB
  std::size_t folders = 2'000;  ///< a device; Exchange allows 5 000 a mailbox, phones see fewer
  std::size_t remembered_collections = 300;  ///< of a device's last Sync and Ping
  std::size_t name_octets = 128;             ///< of a remembered folder name or id
};

}  // namespace eastap::eas
