#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>

#include "config/invocation.hpp"
#include "config/option_table.hpp"

namespace eastap::config::test {

inline const Environment kHome{{"HOME", "/home/alice"}};

/// `words` are what follows "eastap" on the command line.
inline Invocation parsed(const std::vector<std::string>& words,
                         const Environment& environment = kHome) {
  std::vector<const char*> argv{"eastap"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse(static_cast<int>(argv.size()), argv.data(), environment);
}

/// The message of the ConfigError; "no error" when there is none.
inline std::string error_of(const std::vector<std::string>& words,
                            const Environment& environment = kHome) {
  try {
    static_cast<void>(parsed(words, environment));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The defaults as `parse` completes them for `kHome`.
inline Config defaults() {
  Config config;
  config.ca_dir = "/home/alice/.local/share/eastap";
  return config;
}

/// A config file that goes away with the object.
class ConfigFile {
 public:
  explicit ConfigFile(std::string_view text) {
    std::string folder = (std::filesystem::temp_directory_path() / "eastap-config-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    folder_ = folder;
    path_ = folder + "/eastap.toml";
    std::ofstream{path_, std::ios::binary} << text;
  }
  ~ConfigFile() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string folder_, path_;
};

/// A value other than the default, in the words of flag and environment.
inline std::string other_value(const Option& option) {
  if (option.flag == "--listen") return "127.0.0.1:9999";
  if (option.flag == "--host") return "mail.test=192.0.2.10";
  if (option.flag == "--bind") return "192.0.2.1";
  if (option.flag == "--resolver") return "192.0.2.53";
  if (option.flag == "--upstream-proxy") return "proxy.test:3128";
  if (option.flag == "--connect-to") return "mail.test:443=127.0.0.1:8443";
  if (option.flag == "--tail") return "xml";
  if (option.flag == "--color") return "always";
  if (option.flag == "--log-level") return "debug";
  if (option.flag == "--fail-on") return "warning";
  if (option.flag == "--format") return "der";
  if (option.flag == "--key") return "rsa";
  if (option.flag == "--speed") return "2";
  if (option.flag == "--limit-queue") return "128MiB";
  switch (option.form) {
    case Form::truth: return "true";
    case Form::number: return "17";
    case Form::duration: return option.flag == "--deadline-waiting" ? "90m" : "7s";
    case Form::size: return "1MiB";
    case Form::rules: return "synckey-zero.threshold=4";
    case Form::blocks: return option.flag == "--legacy-tls" ? "other.test" : "other.test=other.pem";
    case Form::mutes: return "rule=ping-storm;device=B2";
    case Form::text:
    case Form::list: break;
  }
  return "other.test";
}

/// `value` as the right side of a TOML line.
inline std::string toml_of(const Option& option, const std::string& value) {
  switch (option.form) {
    case Form::number:
    case Form::truth: return value;
    case Form::list: return "[\"" + value + "\"]";
    case Form::text:
    case Form::duration:
    case Form::size:
    case Form::blocks:
    case Form::mutes:
    case Form::rules: break;
  }
  return "\"" + value + "\"";
}

inline const Command& command_taking(const Option& option) {
  for (const Command& command : command_table()) {
    if ((option.commands & command.bit) != 0) return command;
  }
  throw std::runtime_error{"no command takes " + option.flag};
}

/// The words of `command`, with a FILE where it needs one.
inline std::vector<std::string> words_of(const Command& command) {
  std::vector<std::string> words;
  const std::size_t space = command.name.find(' ');
  words.push_back(command.name.substr(0, space));
  if (space != std::string::npos) words.push_back(command.name.substr(space + 1));
  if (command.file_required) words.emplace_back("capture.eastap");
  return words;
}

}  // namespace eastap::config::test
