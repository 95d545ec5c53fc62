#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace eastap::config {

enum class Subcommand : std::uint8_t {
  print_text,  ///< --help, --version, --man: print `Invocation::text` to stdout and end with 0
  run,
  replay,
  tail,
  decode,
  encode,
  explain,
  ca_create,
  ca_show,
  ca_renew,
  ca_export,
};

enum class BodyForm : std::uint8_t { xml, json, hex };   ///< decode
enum class CertificateForm : std::uint8_t { pem, der };  ///< ca export
enum class CaKey : std::uint8_t { ec, rsa };             ///< ca create

/// What is said to `ca create`, `ca renew` and `ca export` only.
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
  std::string text;        ///< of `print_text`
  std::string file = "-";  ///< replay, tail, decode, encode, ca export; "-": stdin or stdout
  std::vector<std::string> words;  ///< explain
  double speed = 0;                ///< replay: times real time; 0: as fast as it reads
  BodyForm body_form = BodyForm::xml;
  CertificateForm certificate_form = CertificateForm::pem;
  CaSettings ca;
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

/// The one of `known` with the fewest edits from `word`, when that is close enough to be a slip.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);

}  // namespace eastap::config
