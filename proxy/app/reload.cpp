#include "proxy/app/reload.hpp"

namespace eastap::app {

std::string reload_words(const std::vector<config::Change>& changes) {
  std::string now, later;
  for (const config::Change& change : changes) {
    std::string& list = change.reloads ? now : later;
    list += (list.empty() ? "" : ", ") + change.key;
  }
  if (changes.empty()) return "The settings were read again, and are what they were.";
  std::string text = "The settings were read again.";
  if (!now.empty()) text += " For what begins from now on holds the new value of " + now + ".";
  if (!later.empty()) text += " Only after a restart: " + later + ".";
  return text;
}

}  // namespace eastap::app
