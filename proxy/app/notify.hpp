#pragma once

#include <string_view>

namespace eastap::app {

/// Tells the service manager how this program does: lines of sd_notify(3) ("READY=1", "STATUS=…")
/// to the socket that NOTIFY_SOCKET names. Without that variable, and when nobody listens, nothing
/// happens: whoever started eastap by hand has the terminal.
void notify_manager(std::string_view lines);

}  // namespace eastap::app
