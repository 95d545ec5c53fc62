#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <spdlog/logger.h>

#include "config/config.hpp"
#include "decoder/base/result.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/render/theme.hpp"
#include "proxy/pipeline/pipeline.hpp"
#include "proxy/sink/outlet.hpp"
#include "proxy/sink/renderers.hpp"

/// What the subcommands share when they join the parts.
namespace eastap::app {

/// This program's version; also of what it derives from captures.
[[nodiscard]] std::string_view version();

/// What a log line's words become before they are written.
using LogWords = std::function<std::string(std::string_view)>;

/// The logger that parts get passed in: stderr, or --log-file. With `words` every line is passed
/// through it, whoever logs. Throws config::ConfigError.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_logger(const config::Config& config,
                                                          LogWords words = nullptr);

/// Lets a logger of `make_logger` write by the settings of `config` from now on: level and file,
/// which is opened anew under its name. Throws as `make_logger`, and nothing has changed then. From
/// any thread.
void change_logger(spdlog::logger& logger, const config::Config& config);

/// Limits and the user's rule settings. Throws config::ConfigError naming rule and place.
[[nodiscard]] pipeline::PipelineSettings pipeline_settings(const config::Config& config);

/// Whether to colour what is written to `descriptor`; standard output.
[[nodiscard]] bool coloured(const config::Config& config, int descriptor = 1);
/// Colours where standard output is to have them.
[[nodiscard]] const render::Theme& theme_of(const config::Config& config);

/// The tail that `config` asks for; null for `off`.
[[nodiscard]] std::unique_ptr<sink::Renderer> make_renderer(const config::Config& config);

/// Whether `worst` asks for exit status 1.
[[nodiscard]] bool fails(const config::Config& config, std::optional<findings::Severity> worst);

/// All of `file` ("-": standard input), at most `limit` octets.
[[nodiscard]] Result<std::string> read_input(const std::string& file, std::size_t limit);

/// All of `text` to a descriptor. False: nobody reads any more, or `errno` says why not.
bool write_all(int descriptor, std::string_view text);

/// "eastap: " and a message for standard error, in lines that its terminal holds. A message that
/// begins with the name of the command ("eastap replay: ...") stands for itself.
[[nodiscard]] std::string told(std::string_view message);
/// The same, written there.
void tell(std::string_view message);

/// A subcommand's result on standard output. A closed pipe is a normal end; throws
/// config::ConfigError when the output is lost for another reason (a full disk).
void put_out(std::string_view text);

/// Gives standard input, output and error to /dev/null where the caller left them closed: the next
/// file or socket opened would get the number, and the tail would be written into it.
void open_standard_files();

/// SIGINT, SIGTERM and (unless ignored, as by nohup) SIGHUP arrive at `wait` only: call before any
/// thread starts.
class StopSignal {
 public:
  enum class Asked : std::uint8_t { stop, reload };

  StopSignal();
  /// Waits for a signal or `raise`. `reload`: SIGHUP that somebody sent, where `reloads`. SIGHUP
  /// because the terminal of this program hung up is `stop`: the one who watched is gone. After
  /// `stop` a second signal ends the process at once. Meanwhile calls `idle` each `interval`.
  [[nodiscard]] Asked wait(bool reloads, std::chrono::seconds interval,
                           const std::function<void()>& idle);
  /// True: a signal or `raise` came within `limit`.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds limit);
  /// From any thread, at any time; without effect when the end has begun.
  static void raise();

 private:
  bool had_terminal_ = false;        ///< a controlling one, at the start
  std::array<bool, 3> terminals_{};  ///< standard input, output and error, likewise
};

}  // namespace eastap::app
