#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/check_options.hpp"
#include "config/config.hpp"

namespace eastap::config {

enum class Subcommand : std::uint8_t {
  print_text,  ///< --help, --version, --man: print `Invocation::text` to stdout and end with 0
  print_completion,  ///< --completion: `completion_script` of `Invocation::shell`
  run,
  replay,
  tail,
  decode,
  encode,
  explain,
  ca_create,
  ca_show,
  ca_renew,
  ca_import,
  ca_export,
  doctor,
  check,
  report,
  capture_export,
};

enum class Shell : std::uint8_t { bash, zsh };           ///< --completion
enum class BodyForm : std::uint8_t { xml, json, hex };   ///< decode
enum class CertificateForm : std::uint8_t { pem, der };  ///< ca export
enum class CaKey : std::uint8_t { ec, rsa };             ///< ca create

/// What is said to the commands of `ca` only.
struct CaSettings {
  std::vector<std::string> permit;  ///< hosts and ranges; the word any: no limit
  std::uint32_t days = 365;
  CaKey key = CaKey::ec;
  bool encrypt = false;  ///< ask for a passphrase when no file or variable gives one
  bool pkcs12 = false;   ///< the key too
  std::optional<std::string> pkcs12_password_file;
  bool operator==(const CaSettings&) const = default;
};

/// A command line, config file or environment that cannot be used: message naming place, key and
/// remedy. `main` prints it and ends with 2.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The process's environment: every EASTAP_ variable, HOME, XDG_DATA_HOME and NO_COLOR are looked
/// at.
using Environment = std::map<std::string, std::string, std::less<>>;

/// From `environ`.
[[nodiscard]] Environment environment_from(const char* const* environ_block);

struct Invocation {
  Subcommand command = Subcommand::print_text;
  Config config;
  std::string text;  ///< of `print_text`
  Shell shell = Shell::bash;
  std::string file = "-";  ///< replay, tail, report, decode, encode, ca export and import; "-":
                           ///< stdin or stdout. doctor: the host, "-": none
  std::vector<std::string> words;  ///< explain
  std::string output;              ///< export: the file to make
  double speed = 0;                ///< replay: times real time; 0: as fast as it reads
  bool rebuild = false;            ///< replay: the capture's own tables anew, instead of a tail
  CheckOptions check;              ///< check; `file` is then the address or host
  std::string device;              ///< report: a DeviceId or address, or its beginning; "" all
  BodyForm body_form = BodyForm::xml;
  CertificateForm certificate_form = CertificateForm::pem;
  CaSettings ca;
  std::string config_file;                                ///< as named; empty: none
  std::map<std::string, std::string, std::less<>> given;  ///< by key, for `changes`
  /// doctor: why file, variables or flags cannot be used, in place of the exception; `config` is
  /// then incomplete. Empty: all well.
  std::string config_problem;
  std::vector<std::string> warnings;  ///< for stderr: an EASTAP_ variable that means nothing, …
};

/// Reads the command line (argv[0] is the program), the environment and the config file they name;
/// each setting is taken from the first that has it: flag, environment, file, default. Reads no
/// other file. Throws `ConfigError`.
[[nodiscard]] Invocation parse(int argc, const char* const* argv, const Environment& environment);

/// eastap.1, in roff.
[[nodiscard]] std::string man_page();

/// The documented sample, equal to the checked-in config/eastap.toml.
[[nodiscard]] std::string sample_config();

/// A key whose value is another one now.
struct Change {
  std::string key;       ///< as in the config file, "deadline.waiting"
  bool reloads = false;  ///< takes effect for what begins from now on; else at the next start
  bool operator==(const Change&) const = default;
};

/// What a config file that was read again says differently, in the order of --help. A value written
/// in another way ("60s", "1m") counts as another one.
[[nodiscard]] std::vector<Change> changes(const Invocation& before, const Invocation& after);

/// For `source <(eastap --completion bash)`, or a file of the shell's completion folder. Needs no
/// other package. `rules`: the names that --rule and --mute know.
[[nodiscard]] std::string completion_script(Shell shell, const std::vector<std::string>& rules);

/// The one of `known` with the fewest edits from `word`, when that is close enough to be a slip.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);

}  // namespace eastap::config
