#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "decoder/base/result.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/pipeline/record.hpp"

/// The tables that hold interpretations (`commands`, `findings`): for people's SQL and for quick
/// questions. Never the source of anything; rebuilt from the stored octets.
namespace eastap::capture {

struct RebuildCounts {
  std::uint64_t inputs = 0;
  std::uint64_t commands = 0, findings = 0;  ///< rows of the tables
  std::uint64_t unreadable = 0;              ///< inputs that the file does not give any more
};

/// Puts the inputs of a capture through a pipeline.
class Interpreter {
 public:
  virtual ~Interpreter() = default;
  /// The next input. False: no more of it, and all stays as it was.
  [[nodiscard]] virtual bool take(pipeline::Input&& input) = 0;
  /// In place of an input.
  virtual void unreadable(const Error& error) = 0;
  /// There are no more: what waited for the end comes now.
  virtual void finish() = 0;
};

/// Makes what takes the inputs of `reader` and gives `emit` each record; both outlive it.
using MakeInterpreter = std::function<std::unique_ptr<Interpreter>(
    const Reader& reader, std::function<void(const pipeline::RecordPtr&)> emit)>;

/// Derives every row again with the present decoder, in one transaction: the old rows stay until
/// the new ones are complete. Nothing: the interpreter wanted no more. Errors as of `Writer::open`.
[[nodiscard]] Result<std::optional<RebuildCounts>> rebuild_derived(
    const std::filesystem::path& path, const std::string& decoder_version,
    const MakeInterpreter& make_interpreter);

}  // namespace eastap::capture
