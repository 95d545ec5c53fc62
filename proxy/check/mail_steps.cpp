#include <algorithm>
#include <chrono>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/check/bodies.hpp"
#include "proxy/check/server_steps.hpp"

/// What a phone sends once it may sign in: Provision, FolderSync, Sync, GetItemEstimate, Ping.
namespace eastap::check {
namespace {

using std::chrono::seconds;

constexpr seconds kCommandLimit{60};   // a first Sync of a large mailbox takes Exchange some time
constexpr seconds kPingMargin{30};     // beyond the heartbeat
constexpr seconds kLimitsPatience{5};  // for a server that takes the long heartbeat
constexpr int kShortLimit = 300;       // s; phones settle at 8 to 30 minutes where they may
constexpr unsigned kLongHeartbeat = 5'000;  // above Exchange's longest, 3 540 s

Device device_of(const State& state) {
  return {state.settings.device_id, state.settings.user_agent};
}

/// One ActiveSync command.
class CommandStep : public Step {
 public:
  CommandStep(std::string id, std::string title, std::string command)
      : Step{std::move(id), std::move(title)}, command_{std::move(command)} {}

  Move begin(State& state) final {
    if (!state.stop.empty()) return skipped(state.stop);
    if (std::string why = needless(state); !why.empty()) return skipped(std::move(why));
    asked_ = ask(state);
    return Action{asked_};
  }

  Move take(State& state, const Observation& observation) final {
    const Answered& answered = answer_of(observation);
    if (answered.end != Answered::End::answered) return unanswered(state, answered);
    Understood understood = understand(state, asked_, answered);
    if (follow_move(state, understood, report_)) return begin(state);
    if (const Words words = bad_answer(understood, asked_); !words.text.empty()) {
      return failed(state, words);
    }
    const eas::Command& command = understood.command;
    if (const Words words = unreadable(command); !words.text.empty()) {
      return failed(state, words);
    }
    return judge(state, command);
  }

 protected:
  [[nodiscard]] virtual std::string body(const State& state) const = 0;
  virtual Move judge(State& state, const eas::Command& command) = 0;
  /// Why this step is not needed; "" when it is.
  [[nodiscard]] virtual std::string needless(const State&) const { return {}; }
  [[nodiscard]] virtual seconds limit(const State&) const { return kCommandLimit; }
  /// What follows cannot be done without this one.
  [[nodiscard]] virtual bool is_vital() const { return true; }
  [[nodiscard]] virtual bool may_be_empty() const { return false; }
  /// The answer takes its time. On a connection used before, libcurl would repeat a request whose
  /// connection was cut, and hide just that.
  [[nodiscard]] virtual bool waits() const { return false; }

  virtual Move unanswered(State& state, const Answered& answered) {
    return failed(state, no_answer(answered, asked_, state.settings.through_proxy));
  }

  Move failed(State& state, const Words& words) {
    report_.fail(words.text, words.next_step);
    return is_vital() ? stopped(state, command_ + " failed") : done();
  }

 private:
  Ask ask(const State& state) const {
    const Settings& settings = state.settings;
    Ask ask;
    ask.method = "POST";
    ask.url = state.server;
    ask.url.query = "Cmd=" + command_ + "&User=" + percent_encoded(settings.user) +
                    "&DeviceId=" + settings.device_id +
                    "&DeviceType=" + percent_encoded(settings.device_type);
    ask.headers = {{"Content-Type", "application/vnd.ms-sync.wbxml"},
                   {"MS-ASProtocolVersion", state.version},
                   {"X-MS-PolicyKey", state.policy_key},
                   {"User-Agent", settings.user_agent},
                   {"Accept", "*/*"}};
    ask.body = body(state);
    ask.scheme = state.scheme;
    ask.any_certificate =
        settings.insecure.decide(ask.url.host).action == tunnel::HostRules::Action::intercept;
    ask.limit = limit(state);
    ask.own_connection = waits();
    return ask;
  }

  [[nodiscard]] Words unreadable(const eas::Command& command) const {
    const auto& response = command.response;
    if (!response.octets && may_be_empty()) return {};
    const auto root = response.document ? response.document->root() : std::nullopt;
    if (root && root->name() == command_) {
      return response.document->complete
                 ? Words{}
                 : Words{"the answer breaks off or is damaged",
                         "look for a gateway that changes answers; eastap run shows the octets"};
    }
    const std::string what =
        response.octets ? response.media_type.empty() ? "something else" : response.media_type
                        : "nothing";
    return {"HTTP 200, but the answer is no " + command_ + ": " + what,
            "check which server answers on this path"};
  }

  std::string command_;
  Ask asked_;
};

class ProvisionAskStep final : public CommandStep {
 public:
  ProvisionAskStep()
      : CommandStep{"provision-ask", "Provision, asking for the policy", "Provision"} {}

 private:
  std::string body(const State& state) const override {
    return provision_ask(state.version, device_of(state));
  }

  Move judge(State& state, const eas::Command& command) override {
    state.has_device_information = state.version != "12.1" && state.version != "14.0";
    const eas::Provision provision = command.provision.value_or(eas::Provision{});
    if (provision.remote_wipe) {
      return failed(state, {"the server orders a remote wipe of device " + state.settings.device_id,
                            "it is not carried out; remove the order with "
                            "Remove-MobileDevice or choose another --device-id"});
    }
    if (provision.policy_status == 2) {
      tell("no policy is assigned");
      state.policy_key.clear();
      return done();
    }
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    if (provision.response_key.empty()) {
      tell("no policy demanded");
      state.policy_key.clear();
      return done();
    }
    tell("demands: " + (provision.policy.empty() ? "nothing" : provision.policy));
    tell(std::to_string(provision.settings.size()) + " settings, temporary key " +
         provision.response_key);
    state.policy_key = provision.response_key;
    return done();
  }
};

class ProvisionAcknowledgeStep final : public CommandStep {
 public:
  ProvisionAcknowledgeStep()
      : CommandStep{"provision-acknowledge", "Provision, accepting it", "Provision"} {}

 private:
  std::string needless(const State& state) const override {
    return state.policy_key.empty() ? "there is no policy to accept" : "";
  }
  std::string body(const State& state) const override {
    return provision_acknowledge(state.policy_key);
  }

  Move judge(State& state, const eas::Command& command) override {
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    const eas::Provision provision = command.provision.value_or(eas::Provision{});
    if (provision.response_key.empty() || provision.response_key == "0") {
      return failed(state, {"accepted, but without a final policy key",
                            "the phone would provision again and again: check the policy objects "
                            "and the time of the servers"});
    }
    tell("final key " + provision.response_key);
    state.policy_key = provision.response_key;
    return done();
  }
};

class DeviceInformationStep final : public CommandStep {
 public:
  DeviceInformationStep()
      : CommandStep{"device-information", "Settings, naming the device", "Settings"} {}

 private:
  std::string needless(const State& state) const override {
    return state.has_device_information ? "told in Provision" : "";
  }
  std::string body(const State& state) const override {
    return device_information(device_of(state));
  }
  bool is_vital() const override { return false; }
  Move judge(State& state, const eas::Command& command) override {
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    tell("taken");
    return done();
  }
};

class FolderSyncStep final : public CommandStep {
 public:
  FolderSyncStep() : CommandStep{"folder-sync", "FolderSync", "FolderSync"} {}

 private:
  std::string body(const State&) const override { return folder_sync(); }

  Move judge(State& state, const eas::Command& command) override {
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    tell(std::to_string(command.folder_changes.size()) + " folders");
    constexpr int kInbox = 2;  // [MS-ASCMD] 2.2.3.186.3
    for (const eas::FolderChange& folder : command.folder_changes) {
      if (folder.type != kInbox) continue;
      state.inbox = folder.id;
      tell("Inbox is " + folder.id + ", \"" + folder.name + '"');
      return done();
    }
    return failed(state,
                  {"no Inbox among the folders", "check the mailbox and the user's rights in it"});
  }
};

class FirstSyncStep final : public CommandStep {
 public:
  FirstSyncStep() : CommandStep{"sync", "Sync of the Inbox, first key", "Sync"} {}

 private:
  std::string body(const State& state) const override { return inbox_sync(state.inbox, "0"); }

  Move judge(State& state, const eas::Command& command) override {
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    if (!command.collections.empty()) state.sync_key = command.collections.front().new_sync_key;
    if (state.sync_key.empty() || state.sync_key == "0") {
      return failed(state, {"no sync key came", "read the server's log of this moment"});
    }
    tell("key 0 → " + state.sync_key);
    return done();
  }
};

class SyncPageStep final : public CommandStep {
 public:
  SyncPageStep() : CommandStep{"sync-page", "Sync of the Inbox, one page", "Sync"} {}

 private:
  std::string body(const State& state) const override {
    return inbox_sync(state.inbox, state.sync_key);
  }
  bool may_be_empty() const override { return true; }

  Move judge(State& state, const eas::Command& command) override {
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    if (command.collections.empty() || command.collections.front().new_sync_key.empty()) {
      tell("nothing of the last three days");
      return done();
    }
    const eas::Collection& inbox = command.collections.front();
    tell("key " + state.sync_key + " → " + inbox.new_sync_key + ", " + std::to_string(inbox.adds) +
         (inbox.adds == 1 ? " message" : " messages") + " of the last three days" +
         (inbox.more_available ? ", more waiting" : ""));
    state.sync_key = inbox.new_sync_key;
    return done();
  }
};

class EstimateStep final : public CommandStep {
 public:
  EstimateStep() : CommandStep{"estimate", "GetItemEstimate", "GetItemEstimate"} {}

 private:
  std::string body(const State& state) const override {
    return item_estimate(state.version, state.inbox, state.sync_key);
  }
  bool is_vital() const override { return false; }

  Move judge(State& state, const eas::Command& command) override {
    if (const Words words = bad_status(command); !words.text.empty()) return failed(state, words);
    const auto& collections = command.collections;
    if (collections.empty() || !collections.front().estimate) {
      return failed(state, {"no estimate came", "read the server's log of this moment"});
    }
    tell(std::to_string(*collections.front().estimate) + " changes wait");
    return done();
  }
};

class PingStep final : public CommandStep {
 public:
  PingStep() : CommandStep{"ping", "Ping", "Ping"} {}

 private:
  std::string body(const State& state) const override {
    return ping(state.inbox, state.settings.heartbeat_seconds);
  }
  bool waits() const override { return true; }
  seconds limit(const State& state) const override {
    return seconds{state.settings.heartbeat_seconds} + kPingMargin;
  }
  bool is_vital() const override { return false; }

  Move unanswered(State& state, const Answered& answered) override {
    using End = Answered::End;
    if (answered.end != End::closed && answered.end != End::timed_out) {
      return CommandStep::unanswered(state, answered);
    }
    const std::string asked = std::to_string(state.settings.heartbeat_seconds);
    const bool cut = answered.end == End::closed;
    return failed(state, {cut ? "the waiting Ping of " + asked + " s was cut"
                              : "the Ping of " + asked + " s was not answered in time",
                          "raise the idle time-out of firewall, load balancer and gateway above "
                          "the heartbeat (Exchange: up to 3 540 s)"});
  }

  Move judge(State& state, const eas::Command& command) override {
    const eas::Waiting waiting = command.waiting.value_or(eas::Waiting{});
    const auto wanted = static_cast<int>(state.settings.heartbeat_seconds);
    switch (command.eas_status.value_or(0)) {
      case 1: tell("waited " + std::to_string(wanted) + " s, nothing new"); return done();
      case 2: tell("answered: something is new in the Inbox"); return done();
      case 5:
        if (!waiting.limit_seconds) break;
        tell(std::string{"the server's "} +
             (*waiting.limit_seconds > wanted ? "shortest" : "longest") + " heartbeat is " +
             std::to_string(*waiting.limit_seconds) + " s");
        if (*waiting.limit_seconds > wanted) {
          tell("not waited for; --heartbeat " + std::to_string(*waiting.limit_seconds) + " does");
        } else {
          report_.warn("a heartbeat of " + std::to_string(wanted) + " s is not allowed",
                       "choose a shorter --heartbeat");
        }
        return done();
      default: break;
    }
    Words words = bad_status(command);
    if (words.text.empty()) words.text = "the answer has no status";
    return failed(state, words);
  }
};

class PingLimitsStep final : public CommandStep {
 public:
  PingLimitsStep() : CommandStep{"ping-limits", "Ping, longest heartbeat", "Ping"} {}

 private:
  std::string body(const State& state) const override { return ping(state.inbox, kLongHeartbeat); }
  bool waits() const override { return true; }
  seconds limit(const State&) const override { return kLimitsPatience; }
  bool is_vital() const override { return false; }

  Move unanswered(State& state, const Answered& answered) override {
    if (answered.end != Answered::End::timed_out) return CommandStep::unanswered(state, answered);
    tell("the server lets phones wait for " + std::to_string(kLongHeartbeat) + " s and more");
    return done();
  }

  Move judge(State& state, const eas::Command& command) override {
    const eas::Waiting waiting = command.waiting.value_or(eas::Waiting{});
    const int status = command.eas_status.value_or(0);
    if (status == 5 && waiting.limit_seconds) {
      tell(std::to_string(*waiting.limit_seconds) + " s");
      if (*waiting.limit_seconds < kShortLimit) {
        report_.warn("phones must ask again every " + std::to_string(*waiting.limit_seconds) +
                         " s, which costs battery and load",
                     "raise MaxHeartbeatInterval, or the longest Ping of the server");
      }
      return done();
    }
    if (status == 1 || status == 2) {
      tell("not told: the answer came at once");
      return done();
    }
    Words words = bad_status(command);
    if (words.text.empty()) words.text = "the answer has no status";
    return failed(state, words);
  }
};

}  // namespace

void add_mail_steps(Steps& steps) {
  steps.push_back(std::make_unique<ProvisionAskStep>());
  steps.push_back(std::make_unique<ProvisionAcknowledgeStep>());
  steps.push_back(std::make_unique<DeviceInformationStep>());
  steps.push_back(std::make_unique<FolderSyncStep>());
  steps.push_back(std::make_unique<FirstSyncStep>());
  steps.push_back(std::make_unique<SyncPageStep>());
  steps.push_back(std::make_unique<EstimateStep>());
  steps.push_back(std::make_unique<PingStep>());
  steps.push_back(std::make_unique<PingLimitsStep>());
}

}  // namespace eastap::check
