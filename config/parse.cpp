#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "config/invocation.hpp"
#include "config/option_table.hpp"
#include "config/values.hpp"

namespace eastap::config {

namespace {

/// What one level (the command line, the environment) says, in the order of the table.
struct Setting {
  const Option* option = nullptr;
  std::vector<std::string> values;
  std::string place;
};

std::vector<std::string> flags_of(unsigned commands) {
  std::vector<std::string> flags{"--help"};
  for (const Option& option : option_table()) {
    if ((option.commands & commands) != 0) flags.push_back(option.flag);
  }
  return flags;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names{"ca", "help"};
  for (const Command& command : command_table()) {
    if (command.name.find(' ') == std::string::npos) names.push_back(command.name);
  }
  return names;
}

/// "ca create, ca show …"
std::string ca_commands() {
  std::string names;
  for (const Command& command : command_table()) {
    if (command.name.starts_with("ca ")) names += (names.empty() ? "" : ", ") + command.name;
  }
  return names;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto close = nearest(word, known);
  return close ? "; did you mean " + *close + "?" : std::string{};
}

/// Every subcommand with its options, as CLI11 wants to be told.
class CommandLine {
 public:
  CommandLine() {
    app_.set_help_flag();
    app_.require_subcommand(0, 1);
    help_ = app_.add_flag("-h,--help");
    version_ = app_.add_flag("-V,--version");
    man_ = app_.add_flag("--man");
    completion_ = app_.add_option("--completion");
    ca_ = app_.add_subcommand("ca");
    ca_->set_help_flag();
    ca_->fallthrough();
    ca_->require_subcommand(0, 1);
    for (const Command& command : command_table()) add(command);
  }

  void read(int argc, const char* const* argv) {
    std::vector<std::string> arguments;  // CLI11 takes them from the back
    for (int at = argc - 1; at > 0; --at) arguments.emplace_back(argv[at]);
    // "eastap help run" is "eastap run --help".
    if (!arguments.empty() && arguments.back() == "help") {
      arguments.pop_back();
      arguments.insert(arguments.begin(), "--help");
    }
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ExtrasError&) {
      throw_unexpected();
    } catch (const CLI::ArgumentMismatch& error) {
      // "--listen: 1 required missing": a flag given without its value is the one way to get here.
      const std::string_view words{error.what()};
      throw ConfigError{std::string{words.substr(0, words.find(':'))} +
                        ": the value is missing; see eastap" + spoken() + " --help"};
    } catch (const CLI::ParseError& error) {
      throw ConfigError{std::string{error.what()} + "; see eastap" + spoken() + " --help"};
    }
  }

  [[nodiscard]] bool help() const { return help_->count() > 0; }
  [[nodiscard]] bool version() const { return version_->count() > 0; }
  [[nodiscard]] bool man() const { return man_->count() > 0; }
  /// The shell that --completion names; nothing without it.
  [[nodiscard]] std::optional<std::string> completion() const {
    if (completion_->count() == 0) return std::nullopt;
    return completion_->results().back();
  }
  [[nodiscard]] bool in_ca() const { return ca_->parsed(); }

  [[nodiscard]] const Command* command() const {
    for (const auto& [command, parts] : parts_) {
      if (parts.app->parsed()) return command;
    }
    return nullptr;
  }

  [[nodiscard]] std::vector<Setting> settings() const {
    std::vector<Setting> settings;
    for (const auto& [option, parsed] : parts_.at(command()).options) {
      if (parsed->count() > 0) settings.push_back({option, parsed->results(), option->flag});
    }
    return settings;
  }

  /// The arguments that are no options: one file, or words.
  [[nodiscard]] std::vector<std::string> words() const {
    const CLI::Option* file = parts_.at(command()).file;
    return file != nullptr && file->count() > 0 ? file->results() : std::vector<std::string>{};
  }

  struct Parts {
    CLI::App* app = nullptr;
    std::vector<std::pair<const Option*, CLI::Option*>> options;
    CLI::Option* file = nullptr;
    CLI::Option* second = nullptr;
  };

  void add(const Command& command) {
    const bool below_ca = command.name.starts_with("ca ");
    Parts parts;
    parts.app =
        (below_ca ? *ca_ : app_).add_subcommand(below_ca ? command.name.substr(3) : command.name);
    parts.app->set_help_flag();
    parts.app->fallthrough();
    const CLI::callback_t keep = [](const CLI::results_t&) { return true; };
    for (const Option& option : option_table()) {
      if ((option.commands & command.bit) == 0) continue;
      CLI::Option* const made = option.form == Form::truth
                                    ? parts.app->add_flag(option.flag)
                                    : parts.app->add_option(option.flag, keep);
      made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      if (option.form != Form::truth) made->allow_extra_args(false);
      parts.options.emplace_back(&option, made);
    }
    if (!command.file_name.empty()) parts.file = parts.app->add_option(command.file_name, keep);
    if (command.many || !command.second_name.empty()) {
      parts.file->expected(-1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    parts_.emplace(&command, std::move(parts));
  }

  /// " ca show": the subcommands that were recognised.
  [[nodiscard]] std::string spoken() const {
    if (const Command* found = command()) return " " + found->name;
    return in_ca() ? " ca" : "";
  }

  [[noreturn]] void throw_unexpected() const {
    const std::vector<std::string> left = app_.remaining(true);
    const std::string word =
        left.empty() ? std::string{} : left.front().substr(0, left.front().find('='));
    const Command* const found = command();
    const std::string see = "; see eastap" + spoken() + " --help";
    if (!word.starts_with('-') || word == "-") {
      if (found != nullptr)
        throw ConfigError{"eastap " + found->name + ": one argument too many, " + in_quotes(word) +
                          see};
      if (in_ca())
        throw ConfigError{"there is no command " + in_quotes("ca " + word) + ", only " +
                          ca_commands()};
      const std::string close = did_you_mean(word, command_names());
      throw ConfigError{"there is no command " + in_quotes(word) + (close.empty() ? see : close)};
    }
    if (found != nullptr) {
      for (const Option& option : option_table()) {
        if (option.flag != word) continue;
        std::string takers;
        for (const Command& command : command_table()) {
          if ((option.commands & command.bit) != 0)
            takers += (takers.empty() ? "" : ", ") + command.name;
        }
        throw ConfigError{"eastap " + found->name + " has no option " + word + "; it is one of " +
                          takers};
      }
      const std::string close = did_you_mean(word, flags_of(found->bit));
      throw ConfigError{"eastap " + found->name + " has no option " + word +
                        (close.empty() ? see : close)};
    }
    for (const std::string& flag : flags_of(in::all)) {
      if (flag == word)
        throw ConfigError{word + ": options come after the command, as in eastap run " + word};
    }
    throw ConfigError{"there is no option " + word + see};
  }

  CLI::App app_{"", "eastap"};
  CLI::App* ca_ = nullptr;
  CLI::Option* help_ = nullptr;
  CLI::Option* version_ = nullptr;
  CLI::Option* man_ = nullptr;
  CLI::Option* completion_ = nullptr;
  std::map<const Command*, Parts> parts_;
};

std::vector<Setting> settings_from(const Environment& environment,
                                   std::vector<std::string>& warnings) {
  std::vector<Setting> settings;
  std::vector<std::string> known;
  for (const Option& option : option_table()) {
    const std::string variable = option.variable();
    if (variable.empty()) continue;
    known.push_back(variable);
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) continue;
    const bool many = option.form == Form::list || option.form == Form::rules ||
                      option.form == Form::mutes || option.form == Form::blocks;
    std::vector<std::string> values = many ? split_list(found->second) : std::vector{found->second};
    settings.push_back({&option, std::move(values), variable});
  }
  for (const SecretVariable& secret : secret_variables()) known.push_back(secret.name);
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("EASTAP_") || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    warnings.push_back("the environment variable " + name + " means nothing to eastap" +
                       did_you_mean(name, known));
  }
  return settings;
}

void apply(const std::vector<Setting>& settings, Invocation& invocation) {
  const auto says = [](const Setting& setting) {
    return setting.option->form != Form::truth || truth_from(setting.values.back());
  };
  for (const Setting& setting : settings) {
    if (setting.values.empty()) continue;
    apply_option(*setting.option, invocation, setting.values, setting.place);
  }
  for (const Setting& one : settings) {
    for (const Setting& other : settings) {
      const std::vector<std::string>& excluded = one.option->excludes;
      const bool clash =
          std::find(excluded.begin(), excluded.end(), other.option->flag) != excluded.end();
      if (clash && says(one) && says(other)) {
        throw ConfigError{one.place + " and " + other.place +
                          " exclude each other; keep one of them"};
      }
    }
  }
}

std::string read_config_file(const std::string& file) {
  constexpr std::size_t kLimit = 1U << 20U;
  std::ifstream input{file, std::ios::binary};
  std::string text;
  bool good = static_cast<bool>(input);
  int why = errno;
  if (good) {
    text.resize(kLimit + 1);
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(input.gcount()));
    good = !input.bad();
    why = errno;
  }
  if (!good) {
    throw ConfigError{file + ": cannot be read: " + std::generic_category().message(why) +
                      "; give a readable file with --config"};
  }
  if (text.size() > kLimit)
    throw ConfigError{file + ": is larger than 1 MiB and no config file; check --config"};
  return text;
}

std::string config_file(const std::vector<Setting>& flags, const std::vector<Setting>& variables) {
  for (const std::vector<Setting>* level : {&flags, &variables}) {
    for (const Setting& setting : *level) {
      if (setting.option->flag == "--config") return setting.values.back();
    }
  }
  return {};
}

std::string value_or_empty(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found != environment.end() ? found->second : std::string{};
}

void expand_home(std::string& path, const std::string& home) {
  if (path.starts_with("~/") && !home.empty()) path = home + path.substr(1);
}

void resolve_paths(Config& config, const Environment& environment) {
  const std::string home = value_or_empty(environment, "HOME");
  if (config.ca_dir.empty()) {
    const std::string data = value_or_empty(environment, "XDG_DATA_HOME");
    if (data.starts_with('/')) {  // the specification wants others ignored
      config.ca_dir = data + "/eastap";
    } else if (!home.empty()) {
      config.ca_dir = home + "/.local/share/eastap";
    }
  }
  expand_home(config.ca_dir, home);
  for (std::string& file : config.upstream_ca) expand_home(file, home);
  for (std::vector<CertificateRule>* rules : {&config.certificates, &config.client_certificates}) {
    for (CertificateRule& rule : *rules) {
      for (std::string* file : {&rule.file, &rule.key_file, &rule.password_file}) {
        expand_home(*file, home);
      }
    }
  }
  for (std::optional<std::string>* file :
       {&config.passphrase_file, &config.keylog, &config.capture, &config.log_file,
        &config.redact_key, &config.ways_in.users, &config.ways_out.proxy_credentials}) {
    if (*file) expand_home(**file, home);
  }
}

void check_rotation(const Config& config) {
  const CaptureRotation& rotation = config.capture_rotation;
  if (rotation == CaptureRotation{} || !config.capture) return;
  if (rotation.keep_bytes != 0 && rotation.keep_bytes < rotation.max_bytes) {
    throw ConfigError{"capture_rotation.keep_size (" + size_text(rotation.keep_bytes) +
                      ") is less than capture_rotation.max_size (" + size_text(rotation.max_bytes) +
                      "), so that the file at hand alone would be too much; raise "
                      "--capture-keep-size or lower --capture-max-size"};
  }
  const std::size_t slash = config.capture->rfind('/');
  if (slash != std::string::npos && config.capture->find('%') < slash) {
    throw ConfigError{"--capture " + *config.capture +
                      ": with rotation the folder must stay the same; put the % fields into the "
                      "file's name"};
  }
}

void check_together(const Invocation& invocation, const Command& command) {
  const Limits& limits = invocation.config.limits;
  if (limits.queue_bytes / 2 < limits.body_bytes) {
    throw ConfigError{"limit.queue (" + size_text(limits.queue_bytes) +
                      ") is less than twice limit.body (" + size_text(limits.body_bytes) +
                      "), so a large request and its answer would never fit; raise --limit-queue "
                      "or lower --limit-body"};
  }
  check_rotation(invocation.config);
  if ((command.bit & (in::run | in::ca | in::doctor)) != 0 && invocation.config.ca_dir.empty()) {
    throw ConfigError{
        "HOME is not set, so there is no place for the CA; give one with --ca-dir DIR"};
  }
}

void set_file(Invocation& invocation, const Command& command, std::string file,
              const std::vector<Setting>& flags) {
  if (file.empty()) {
    if (command.file_required) {
      const bool subject = command.command == Subcommand::check;
      throw ConfigError{"eastap " + command.name +
                        (subject ? ": a mail address or host is missing"
                                 : ": a " + command.file_name + " is missing, or - for stdin") +
                        "; see eastap " + command.name + " --help"};
    }
    return;
  }
  invocation.file = std::move(file);
  if (command.command == Subcommand::tail && invocation.file == "-") {
    throw ConfigError{"eastap tail: follows a file, not stdin; eastap replay - reads stdin"};
  }
  const bool format_given = std::any_of(flags.begin(), flags.end(), [](const Setting& setting) {
    return setting.option->flag == "--format";
  });
  if (command.command == Subcommand::ca_export && !format_given) {
    const bool der = invocation.file.ends_with(".cer") || invocation.file.ends_with(".der");
    invocation.certificate_form = der ? CertificateForm::der : CertificateForm::pem;
  }
}

/// Every level over the one below it, and what holds for all of them together.
void read_settings(Invocation& invocation, const Command& command,
                   const std::vector<Setting>& flags, const std::vector<Setting>& variables,
                   const Environment& environment) {
  if (!invocation.config_file.empty()) {
    apply_toml(invocation, read_config_file(invocation.config_file), invocation.config_file);
  }
  apply(variables, invocation);
  apply(flags, invocation);
  resolve_paths(invocation.config, environment);
  check_together(invocation, command);
  if (invocation.config.color == ColorMode::automatic &&
      !value_or_empty(environment, "NO_COLOR").empty()) {
    invocation.config.color = ColorMode::never;
  }
}

Invocation completing(const std::string& shell) {
  if (shell != "bash" && shell != "zsh") {
    throw ConfigError{"--completion: " + in_quotes(shell) + " is neither bash nor zsh"};
  }
  Invocation invocation;
  invocation.command = Subcommand::print_completion;
  invocation.shell = shell == "zsh" ? Shell::zsh : Shell::bash;
  return invocation;
}

Invocation printing(std::string text) {
  Invocation invocation;
  invocation.text = std::move(text);
  return invocation;
}

}  // namespace

Environment environment_from(const char* const* environ_block) {
  Environment environment;
  for (; environ_block != nullptr && *environ_block != nullptr; ++environ_block) {
    const std::string_view entry{*environ_block};
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = entry.substr(0, equals);
    if (name.starts_with("EASTAP_") || name == "HOME" || name == "XDG_DATA_HOME" ||
        name == "NO_COLOR") {
      environment.emplace(name, entry.substr(equals + 1));
    }
  }
  return environment;
}

Invocation parse(int argc, const char* const* argv, const Environment& environment) {
  CommandLine line;
  line.read(argc, argv);
  const Command* const command = line.command();
  if (line.help()) {
    return printing(command != nullptr ? help_text(*command)
                    : line.in_ca()     ? ca_help_text()
                                       : help_text());
  }
  if (line.version()) return printing(version_text());
  if (line.man()) return printing(man_page());
  if (const auto shell = line.completion()) return completing(*shell);
  if (command == nullptr) {
    throw ConfigError{
        line.in_ca() ? "eastap ca: say what to do, " + ca_commands()
                     : "say what to do, for example eastap run; eastap --help lists the commands"};
  }

  Invocation invocation;
  invocation.command = command->command;
  const std::vector<Setting> flags = line.settings();
  const std::vector<Setting> variables = settings_from(environment, invocation.warnings);
  invocation.config_file = config_file(flags, variables);
  const std::vector<std::string> words = line.words();
  if (command->many) {
    invocation.words = words;
  } else {
    set_file(invocation, *command, words.empty() ? std::string{} : words.front(), flags);
  }
  if (!command->second_name.empty()) {
    if (words.size() != 2) {
      throw ConfigError{"eastap " + command->name + " wants " + command->file_name + " and " +
                        command->second_name + "; see eastap " + command->name + " --help"};
    }
    invocation.output = words.back();
  }
  try {
    read_settings(invocation, *command, flags, variables, environment);
  } catch (const ConfigError& error) {
    if (command->command != Subcommand::doctor) throw;
    invocation.config_problem = error.what();
    try {  // the command line may be sound where the file is not
      apply(flags, invocation);
    } catch (const ConfigError&) {
      // Told already, or as much of it as one message holds.
    }
    resolve_paths(invocation.config, environment);
  }
  return invocation;
}

}  // namespace eastap::config
