#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "decoder/base/result.hpp"
#include "proxy/pipeline/record.hpp"

/// The tables that hold interpretations (`commands`, `findings`): for people's SQL and for quick
/// questions. Never the source of anything; rebuilt from the stored octets.
namespace eastap::capture {

struct RebuildCounts {
  std::uint64_t inputs = 0, commands = 0, findings = 0;
  std::uint64_t unreadable = 0;  ///< inputs that the file does not give any more
};

/// Puts an input through the pipeline and hands on each record it gives.
using Interpret = std::function<void(const pipeline::Input& input,
                                     const std::function<void(const pipeline::RecordPtr&)>& emit)>;

/// Derives every row again with the present decoder, in one transaction: the old rows stay until
/// the new ones are complete. `progress` gets the number of inputs done, now and then. Errors as of
/// `Writer::open`.
[[nodiscard]] Result<RebuildCounts> rebuild_derived(
    const std::filesystem::path& path, const std::string& decoder_version,
    const Interpret& interpret, const std::function<void(std::uint64_t)>& progress = {});

}  // namespace eastap::capture
