#include "tests/unit/decoder/findings/scenario.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "decoder/base/text.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/analyzer.hpp"
#include "decoder/model/exchange.hpp"
#include "tests/unit/decoder/findings/scenario_items.hpp"
#include "tests/unit/decoder/findings/scenario_line.hpp"

namespace eastap::findings::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Words; `name{…}` and `(…)` stay whole.
std::vector<std::string> tokens_of(std::string_view line) {
  std::vector<std::string> out;
  std::string current;
  int depth = 0;
  for (const char c : line) {
    if (c == '{' || c == '(') ++depth;
    if (c == '}' || c == ')') --depth;
    if ((c == ' ' || c == '\t') && depth == 0) {
      if (!current.empty()) out.push_back(current);
      current.clear();
    } else {
      current += c;
    }
  }
  if (!current.empty()) out.push_back(current);
  return out;
}

std::optional<Timestamp> time_of(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return std::nullopt;
  const auto hours = to_integer(parts[0]), minutes = to_integer(parts[1]);
  char* end = nullptr;
  const double fraction = std::strtod(parts[2].c_str(), &end);
  if (!hours || !minutes || *end != '\0') return std::nullopt;
  const auto day = *from_rfc3339("2026-11-20T00:00:00Z");
  return day + std::chrono::hours{*hours} + std::chrono::minutes{*minutes} +
         milliseconds{static_cast<std::int64_t>(fraction * 1000 + 0.5)};
}

class Runner {
 public:
  Runner(std::string name, ScenarioResult& result, bool split = false)
      : name_{std::move(name)}, result_{result}, split_{split} {}

  void run(std::istream& in) {
    std::string line;
    while (std::getline(in, line)) {
      ++line_;
      if (const std::size_t comment = line.find("# ");
          comment != std::string::npos && trimmed(line).starts_with('#'))
        continue;
      const std::string text{trimmed(line)};
      if (text.empty() || text == "#") continue;
      read_line(text);
    }
    close_case();
  }

 private:
  std::string place(const Case& one, std::size_t line) const {
    return name_ + ":" + std::to_string(line) + ", " + one.name;
  }
  void fail(const std::string& why) {
    result_.errors.push_back(name_ + ":" + std::to_string(line_) + ": " + why);
  }

  void read_line(const std::string& text) {
    if (text.starts_with("rules:")) {
      auto patterns = split(std::string_view{text}.substr(6), ' ');
      (case_ ? case_->rules : rules_) = std::move(patterns);
      return;
    }
    if (text.starts_with("case:")) {
      close_case();
      case_.emplace();
      case_->name = trimmed(std::string_view{text}.substr(5));
      case_->line = line_;
      case_->rules = rules_;
      return;
    }
    if (!case_) return fail("a line before the first case");
    if (text.starts_with("mute:")) {
      const auto parts = split(std::string_view{text}.substr(5), ' ');
      Mute mute;
      for (std::size_t index = 0; index + 1 < parts.size(); index += 2) {
        (parts[index] == "rule"     ? mute.rule
         : parts[index] == "device" ? mute.device_id
         : parts[index] == "user"   ? mute.user
         : parts[index] == "host"   ? mute.host
                                    : mute.folder) = parts[index + 1];
      }
      case_->settings.mutes.push_back(mute);
      return;
    }
    if (text.starts_with("watch:")) {
      case_->settings.watched_items = split(std::string_view{text}.substr(6), ' ');
      return;
    }
    if (text.starts_with("failed-mail:")) {
      case_->settings.sync_failed_subjects.emplace_back(trimmed(std::string_view{text}.substr(12)));
      return;
    }
    if (text.starts_with("clock:")) {
      const auto parts = split(trimmed(std::string_view{text}.substr(6)), ' ');
      const auto at = parts.empty() ? std::nullopt : time_of(parts[0]);
      const auto by = parts.size() == 2 ? to_integer(parts[1]) : std::nullopt;
      if (!at || !by) return fail("clock: TIME SECONDS");
      case_->clock_steps.push_back({*at, seconds{*by}});
      return;
    }
    if (text.starts_with("set:")) return read_setting(split(std::string_view{text}.substr(4), ' '));
    const std::size_t arrow = text.find("=>");
    const auto words = tokens_of(std::string_view{text}.substr(0, arrow));
    const auto at = words.empty() ? std::nullopt : time_of(words[0]);
    if (!at || words.size() < 2) return fail("no time and command");
    std::optional<Verdict> verdict;
    if (arrow != std::string::npos)
      verdict = read_verdict(trimmed(std::string_view{text}.substr(arrow + 2)));
    if (words[1] == "end" || words[1] == "tls" || words[1] == "upstream")
      return read_event(*at, words, verdict);
    std::vector<Step> steps;
    if (const std::string error = read_words(*case_, words, *at, steps); !error.empty())
      return fail(error);
    for (std::size_t index = 0; index < steps.size(); ++index) {
      add_exchange(steps[index], index + 1 == steps.size() ? verdict : std::nullopt);
    }
  }

  void read_setting(const std::vector<std::string>& parts) {
    if (parts.size() != 3) return fail("set: RULE NAME VALUE");
    RuleSettings& rule = case_->settings.rules[parts[0]];
    const auto value = to_integer(parts[2]);
    if (parts[1] == "threshold") {
      rule.threshold = value;
    } else if (parts[1] == "window") {
      rule.window = seconds{value.value_or(0)};
    } else if (parts[1] == "escalate_at") {
      rule.escalate_at = value;
    } else if (parts[1] == "severity") {
      rule.severity = severity_from(parts[2]);
    } else if (parts[1] == "enabled") {
      rule.enabled = parts[2] == "true";
    } else {
      fail("set: unknown name " + parts[1]);
    }
  }

  static Verdict read_verdict(std::string_view text) {
    Verdict verdict{std::string{text}, {}};
    if (text == "none") return verdict;
    for (const std::string& one : split(text, ',')) verdict.wanted.insert(one);
    return verdict;
  }

  void read_event(Timestamp at, const std::vector<std::string>& words,
                  const std::optional<Verdict>& verdict) {
    Happening happening;
    happening.at = at;
    happening.order = order_++;
    happening.verdict = verdict;
    happening.line = line_;
    if (words[1] == "end") {
      happening.end = true;
    } else {
      if (words.size() < 4) return fail("tls|upstream REASON HOST [CLIENT]");
      auto connection = std::make_shared<model::Connection>();
      connection->id = ConnectionId{1000 + order_};
      connection->host = words[3];
      connection->client = (words.size() > 4 ? words[4] : "10.0.0.7") + ":40000";
      model::ConnectionEvent event;
      event.kind = words[1] == "tls" ? model::ConnectionEvent::Kind::client_tls_failed
                                     : model::ConnectionEvent::Kind::upstream_failed;
      event.time = at;
      event.connection = connection;
      event.reason = words[2];
      happening.event = event;
    }
    case_->happenings.push_back(std::move(happening));
  }

  void add_exchange(const Step& step, std::optional<Verdict> verdict) {
    Happening begin;
    begin.at = step.began;
    begin.order = order_++;
    begin.line = line_;
    begin.exchange = step.exchange;
    begin.exchange->response = nullptr;
    begin.exchange->ending = model::Ending::open;
    begin.exchange->ended = {};
    begin.command = step.command;
    take_answer_away(begin.command);
    Happening end;
    end.at = step.ended;
    end.order = order_++;
    end.line = line_;
    end.exchange = step.exchange;
    end.command = step.command;
    end.verdict = std::move(verdict);
    case_->happenings.push_back(std::move(begin));
    case_->happenings.push_back(std::move(end));
  }

  void close_case() {
    if (!case_) return;
    Case one = std::move(*case_);
    case_.reset();
    ++result_.cases;
    std::stable_sort(one.happenings.begin(), one.happenings.end(),
                     [](const Happening& left, const Happening& right) {
                       return left.at != right.at ? left.at < right.at : left.order < right.order;
                     });
    for (Happening& happening : one.happenings) show_times(one, happening);
    const auto analyzer = std::make_shared<Analyzer>(one.settings);
    result_.analyzer = analyzer;
    CaseFacts facts{one.name, one.rules, {}};
    std::map<std::uint64_t, Finding> incidents;
    std::vector<std::vector<Finding>> told;
    for (const Happening& happening : one.happenings) {
      told.push_back(give(*analyzer, happening));
      for (const Finding& finding : told.back()) {
        result_.findings.push_back(finding);
        facts.fired.insert(finding.rule);
        incidents[finding.id.value] = finding;
      }
      if (happening.verdict) check(one, happening, incidents);
    }
    result_.told.push_back(std::move(facts));
    if (split_) check_parts(one, told);
  }

  /// As the clock of the machine showed them.
  static void show_times(const Case& one, Happening& happening) {
    if (one.clock_steps.empty()) return;
    const auto shown = [&](const std::shared_ptr<const model::Message>& message) {
      if (!message) return message;
      auto changed = std::make_shared<model::Message>(*message);
      changed->began = one.shown(message->began);
      changed->ended = one.shown(message->ended);
      return std::shared_ptr<const model::Message>{std::move(changed)};
    };
    if (happening.event) happening.event->time = one.shown(happening.event->time);
    if (happening.end) happening.shown_end = one.shown(happening.at);
    if (!happening.exchange) return;
    happening.exchange->request = shown(happening.exchange->request);
    happening.exchange->response = shown(happening.exchange->response);
    happening.exchange->ended = one.shown(happening.exchange->ended);
  }

  static std::vector<Finding> give(Analyzer& analyzer, const Happening& happening) {
    if (happening.end)
      return analyzer.finish(happening.shown_end == Timestamp{} ? happening.at
                                                                : happening.shown_end);
    if (happening.event) return analyzer.observe(*happening.event);
    return analyzer.observe(*happening.exchange, happening.command);
  }

  /// The time that the capture ends with when `happening` is its last.
  static Timestamp end_of(const Happening& happening) {
    if (happening.event) return happening.event->time;
    if (!happening.exchange) return happening.at;
    return happening.exchange->ending == model::Ending::open ? happening.exchange->request->ended
                                                             : happening.exchange->ended;
  }

  void deviate(const Case& one, std::size_t cut, std::string_view expected,
               const Finding& finding) {
    result_.deviations.push_back({place(one, one.happenings[cut].line), std::string{expected},
                                  finding.rule + ' ' + std::string{to_string(finding.severity)} +
                                      " (" + finding.summary + ")"});
  }

  /// The same evidence in two captures, and in one capture of two runs.
  void check_parts(const Case& one, const std::vector<std::vector<Finding>>& whole) {
    const std::size_t size = one.happenings.size();
    const std::size_t stride = std::max<std::size_t>(size / 64, 1);
    for (std::size_t cut = 1; cut < size; cut += stride) {
      Analyzer before{one.settings}, after{one.settings}, both{one.settings};
      std::vector<Finding> found, continued;
      const auto take = [](std::vector<Finding>& to, const std::vector<Finding>& some) {
        to.insert(to.end(), some.begin(), some.end());
      };
      for (std::size_t index = 0; index < cut; ++index) {
        const auto told = give(before, one.happenings[index]);
        if (told != whole[index] && !told.empty())
          deviate(one, cut, "what was told before it was cut here", told.front());
        take(found, told);
        take(continued, give(both, one.happenings[index]));
      }
      const Timestamp end = end_of(one.happenings[cut - 1]);
      take(found, before.finish(end));
      take(continued, both.finish(end));
      both.forget();
      for (std::size_t index = cut; index < size; ++index) {
        take(found, give(after, one.happenings[index]));
        take(continued, give(both, one.happenings[index]));
      }
      for (std::size_t index = 0; index < found.size(); ++index) {
        if (index >= continued.size() || !equal_but_for_numbers(found[index], continued[index]))
          deviate(one, cut, "two runs of one capture tell the same as two captures", found[index]);
        if (!explained(found[index], whole))
          deviate(one, cut, "the same findings when cut here", found[index]);
      }
    }
  }

  static bool equal_but_for_numbers(Finding left, const Finding& right) {
    left.id = right.id;
    left.because_of = right.because_of;
    return left == right;
  }

  /// Told by the whole too, only for information, or said to rest on cut evidence.
  static bool explained(const Finding& finding, const std::vector<std::vector<Finding>>& whole) {
    if (finding.severity == Severity::info ||
        finding.summary.find("the evidence begins") != std::string::npos)
      return true;
    return std::any_of(whole.begin(), whole.end(), [&](const std::vector<Finding>& some) {
      return std::any_of(some.begin(), some.end(), [&](const Finding& other) {
        return other.rule == finding.rule && other.severity >= finding.severity;
      });
    });
  }

  /// " because heartbeat-cut+throttled"
  static std::string causes_of(const Finding& finding,
                               const std::map<std::uint64_t, Finding>& incidents) {
    std::set<std::string> names;
    for (const FindingId cause : finding.because_of) {
      const auto known = incidents.find(cause.value);
      names.insert(known == incidents.end() ? "?" : known->second.rule);
    }
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? " because " : "+") + name;
    return out;
  }

  void check(const Case& one, const Happening& happening,
             const std::map<std::uint64_t, Finding>& incidents) {
    ++result_.verdicts;
    std::set<std::string> got;
    std::string text;
    for (const auto& [id, finding] : incidents) {
      if (!fits(finding.rule, one.rules)) continue;
      const std::string word = finding.rule + ' ' + std::string{to_string(finding.severity)};
      const std::string counted = word + " x" + std::to_string(finding.count);
      const std::string causes = causes_of(finding, incidents);
      text += (text.empty() ? "" : "; ") + counted + causes + " (" + finding.summary + ")";
      // What the verdict does not tell of it is not judged.
      std::string got_word = word;
      for (const std::string& fuller : {counted, word + causes, counted + causes}) {
        if (happening.verdict->wanted.contains(fuller)) got_word = fuller;
      }
      got.insert(std::move(got_word));
    }
    if (got == happening.verdict->wanted) return;
    result_.deviations.push_back(
        {place(one, happening.line), happening.verdict->text, text.empty() ? "none" : text});
  }

  std::string name_;
  ScenarioResult& result_;
  bool split_;
  std::vector<std::string> rules_{"all"};
  std::optional<Case> case_;
  std::size_t line_ = 0, order_ = 0;
};

}  // namespace

bool fits(std::string_view rule, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern == "all") return true;
    if (pattern.ends_with('*')) return rule.starts_with(pattern.substr(0, pattern.size() - 1));
    return rule == pattern;
  });
}

ScenarioResult run_scenarios(const std::filesystem::path& file) {
  ScenarioResult result;
  std::ifstream in{file};
  if (!in) result.errors.push_back("cannot open " + file.string());
  Runner{file.filename().string(), result}.run(in);
  return result;
}

ScenarioResult split_scenarios(const std::filesystem::path& file) {
  ScenarioResult result;
  std::ifstream in{file};
  if (!in) result.errors.push_back("cannot open " + file.string());
  Runner{file.filename().string(), result, true}.run(in);
  return result;
}

ScenarioResult run_scenario_text(const std::string& name, const std::string& text) {
  ScenarioResult result;
  std::istringstream in{text};
  Runner{name, result}.run(in);
  return result;
}

}  // namespace eastap::findings::testing
