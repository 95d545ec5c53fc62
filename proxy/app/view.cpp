#include "proxy/app/view.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <openssl/rand.h>

#include "config/invocation.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/redact/body.hpp"

namespace eastap::app {
namespace {

constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 64 * 1024;

std::string random_key() {
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    throw config::ConfigError{"no random key for pseudonyms: the system gives no random numbers"};
  }
  return key;
}

std::string key_of(const config::Config& config) {
  if (!config.redact_key) return random_key();
  auto key = read_input(*config.redact_key, kLongestKey);
  if (!key) throw config::ConfigError{"--redact-key " + key.error().detail};
  if (key->size() < kShortestKey) {
    throw config::ConfigError{"--redact-key " + *config.redact_key + " holds " +
                              std::to_string(key->size()) + " octets; at least " +
                              std::to_string(kShortestKey) +
                              " are needed (openssl rand -out FILE 32)"};
  }
  return std::move(*key);
}

/// The user names people and folders by their names; what is shown knows the pseudonyms only.
void rename(std::vector<findings::Mute>& mutes, const redact::Redactor& redactor) {
  const redact::Pseudonyms& names = redactor.names();
  const std::size_t given = mutes.size();
  for (std::size_t i = 0; i < given; ++i) {
    if (redactor.level() == redact::Level::identity) {
      mutes[i].user = names.user(mutes[i].user);
      mutes[i].host = names.host(mutes[i].host);
      mutes[i].device_id = names.shaped(mutes[i].device_id);
    }
    if (mutes[i].folder.empty()) continue;
    // A CollectionId and the folders that the server made keep their names, others do not.
    findings::Mute hidden = mutes[i];
    hidden.folder = names.hidden(hidden.folder);
    mutes.push_back(std::move(hidden));
  }
}

findings::Settings for_view(findings::Settings changed, const redact::Redactor* redactor) {
  if (redactor != nullptr) rename(changed.mutes, *redactor);
  return changed;
}

pipeline::PipelineSettings settings_of(const config::Config& config,
                                       const redact::Redactor* redactor, std::string_view stored) {
  pipeline::PipelineSettings settings = pipeline_settings(config);
  settings.findings = for_view(std::move(settings.findings), redactor);
  redact::Level level = redactor != nullptr ? redactor->level() : redact::Level::none;
  for (const redact::Level known : {redact::Level::content, redact::Level::identity}) {
    if (stored == redact::to_string(known) && level == redact::Level::none) level = known;
  }
  if (level != redact::Level::none) {
    settings.finish_document = [level](wbxml::Document& document) {
      redact::mark_hidden(document, level);
    };
  }
  return settings;
}

}  // namespace

RedactorPtr make_redactor(const config::Config& config) {
  const auto level = config.redact.value_or(config::RedactLevel::none);
  if (level == config::RedactLevel::none) return nullptr;
  redact::Settings settings;
  settings.level =
      level == config::RedactLevel::content ? redact::Level::content : redact::Level::identity;
  settings.key = key_of(config);
  settings.phrases = config.sync_failed_subjects;
  return std::make_shared<const redact::Redactor>(std::move(settings));
}

std::function<std::string(std::string_view)> log_words(const RedactorPtr& redactor) {
  if (!redactor || redactor->level() != redact::Level::identity) return nullptr;
  return [redactor](std::string_view words) { return redactor->text(words); };
}

View::View(const config::Config& config, RedactorPtr redactor,
           std::function<void(pipeline::RecordPtr)> sink, std::string_view stored)
    : redactor_{std::move(redactor)},
      pipeline_{settings_of(config, redactor_.get(), stored), std::move(sink)} {}

void View::change(findings::Settings settings) {
  pipeline_.change(for_view(std::move(settings), redactor_.get()));
}

void View::take(pipeline::Input&& input) {
  if (redactor_) {
    if (auto* exchange = std::get_if<model::Exchange>(&input)) {
      *exchange = redactor_->exchange(*exchange);
    } else if (auto* event = std::get_if<model::ConnectionEvent>(&input)) {
      *event = redactor_->event(*event);
    } else if (auto* progress = std::get_if<pipeline::Progress>(&input)) {
      progress->exchange = redactor_->exchange(progress->exchange);
    }
  }
  pipeline_.take(std::move(input));
}

}  // namespace eastap::app
