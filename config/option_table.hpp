#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/invocation.hpp"

/// The one list of options. Flags, TOML keys, environment variables, help, man page and sample
/// config are all made from it. Private to config/ and its tests.
namespace eastap::config {

enum class Form : std::uint8_t {
  text,
  list,  ///< repeatable flag, TOML array, comma-separated variable
  number,
  duration,  ///< TOML: a string such as "30s", or an integer of seconds
  size,      ///< TOML: a string such as "32MiB", or an integer of octets
  truth,     ///< a flag without a value
  rules,     ///< `[rules.NAME]` tables; `NAME.KEY=VALUE` elsewhere
  blocks,    ///< `[[key]]` tables; `KEY=VALUE;KEY=VALUE` or a short form elsewhere
  mutes,     ///< `[[mute]]` tables; `KEY=VALUE,KEY=VALUE` elsewhere
};

/// What a list may be in TOML beside an array of strings.
enum class Tables : std::uint8_t {
  none,
  rows,   ///< one string, or `[[key]]` tables: `Option::row` makes a value of each
  pairs,  ///< a `[key]` table: `name = "value"` is the value "name=value"
};

enum class Group : std::uint8_t {
  proxy,
  pages,
  certificates,
  capture,
  output,
  decode,
  check,
  limits,
  deadlines,
  rules,
  general
};

/// Which subcommands take the option, as bits.
namespace in {
inline constexpr unsigned run = 1;
inline constexpr unsigned replay = 2;
inline constexpr unsigned tail = 4;
inline constexpr unsigned decode = 8;
inline constexpr unsigned encode = 16;
inline constexpr unsigned ca_create = 32;
inline constexpr unsigned ca_show = 64;
inline constexpr unsigned ca_export = 128;
inline constexpr unsigned explain = 1U << 8U;
inline constexpr unsigned doctor = 1U << 12U;
inline constexpr unsigned check = 1U << 11U;
inline constexpr unsigned report = 1U << 10U;
inline constexpr unsigned ca_renew = 1U << 13U;
inline constexpr unsigned ca_import = 1U << 14U;
inline constexpr unsigned ca = ca_create | ca_show | ca_renew | ca_import | ca_export;
/// Those that read or write the CA's key.
inline constexpr unsigned ca_key = run | ca_create | ca_renew | ca_import | ca_export;
inline constexpr unsigned readers = replay | tail;
inline constexpr unsigned capture_export = 1U << 16U;
inline constexpr unsigned all = ~0U;
}  // namespace in

/// The keys of one `[[key]]` table; the items of a list have commas between them.
using Block = std::map<std::string, std::string, std::less<>>;

struct BlockKey {
  std::string name;
  std::string example;  ///< for the sample
};

struct Option {
  std::string flag;        ///< "--listen"
  std::string value_name;  ///< "ADDR:PORT"; empty for `truth`
  std::string
      key;  ///< TOML: "listen", "deadline.waiting"; empty: flag only, as it is about one call
  Form form = Form::text;
  Group group = Group::general;
  unsigned commands = in::all;
  std::string summary;  ///< one line for --help
  std::string detail;   ///< more for man page and sample; may be empty
  std::string example;  ///< a value for the sample config, when there is no default
  /// Takes the values of one level (a flag's occurrences, a TOML array, …) over those of lower
  /// levels. `place` names the level. Throws `Complaint`.
  std::function<void(Invocation&, const std::vector<std::string>& values, const std::string& place)>
      apply;
  /// Of `Form::blocks`: the keys there are, and what one table adds. Throws `Complaint`.
  std::vector<BlockKey> block_keys;
  std::function<void(Invocation&, const Block&, const std::string& place)> apply_block;
  /// The default as text, list items apart; empty: there is none to show.
  std::function<std::vector<std::string>(const Config&)> shown;
  Tables tables = Tables::none;                                               ///< of a list
  std::function<std::string(const std::map<std::string, std::string>&)> row;  ///< with Tables::rows
  std::string default_text;           ///< instead of `shown` in help, where words say more
  bool reloads = false;               ///< SIGHUP lets a new value take effect
  std::vector<std::string> words;     ///< all values there are; empty: not a choice of words
  std::vector<std::string> excludes;  ///< flags that must not be given at the same level

  [[nodiscard]] std::string variable()
      const;  ///< "EASTAP_LISTEN"; empty without key, but for --config
};

[[nodiscard]] const std::vector<Option>& option_table();

struct Command {
  Subcommand command = Subcommand::run;
  unsigned bit = 0;
  std::string name;       ///< "ca show"
  std::string file_name;  ///< of the positional argument; empty: takes none
  bool file_required = false;
  std::string summary;
  std::string detail;
  std::vector<std::string> examples;  ///< command line, two spaces, "# " and what it does
  bool many = false;  ///< the positional argument may be repeated: they are `Invocation::words`
  std::string second_name = {};  ///< of a second positional argument, which is required
};

[[nodiscard]] const std::vector<Command>& command_table();

/// A variable that holds a secret: has no flag, because other users can read a process's arguments.
struct SecretVariable {
  std::string name;
  std::string summary;
};
[[nodiscard]] const std::vector<SecretVariable>& secret_variables();

[[nodiscard]] std::string_view title(Group group);
[[nodiscard]] std::string version_text();
[[nodiscard]] std::string help_text();                        ///< eastap --help
[[nodiscard]] std::string help_text(const Command& command);  ///< eastap run --help
[[nodiscard]] std::string ca_help_text();                     ///< eastap ca --help

/// The settings of a config file. `shown_name` is how messages call it. Throws `ConfigError`.
void apply_toml(Invocation& invocation, std::string_view text, const std::string& shown_name);

/// Remembers what was said of an option, for `changes`.
void note_given(Invocation& invocation, const Option& option,
                const std::vector<std::string>& values);

/// Applies `values` to `option` and turns its complaint into a `ConfigError` that begins with
/// `place`.
void apply_option(const Option& option, Invocation& invocation,
                  const std::vector<std::string>& values, const std::string& place);

}  // namespace eastap::config
