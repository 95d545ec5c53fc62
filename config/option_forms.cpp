#include "config/option_forms.hpp"

#include <algorithm>

namespace eastap::config {

using std::chrono::milliseconds;

Option text(Option option, std::string& (*field)(Config&)) {
  option.form = Form::text;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"the value is empty"};
    field(to.config) = values.back();
  };
  return option;
}

Option optional_text(Option option, std::optional<std::string>& (*field)(Config&)) {
  option.form = Form::text;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"the value is empty"};
    field(to.config) = values.back();
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    const std::optional<std::string>& value = field(copy);
    return value ? Values{*value} : Values{};
  };
  return option;
}

void refuse_empty_items(const Values& values) {
  for (const std::string& value : values) {
    if (value.empty()) throw Complaint{"an item of the list is empty"};
  }
}

Option list(Option option, Values& (*field)(Config&)) {
  option.form = Form::list;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    refuse_empty_items(values);
    field(to.config) = values;
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return field(copy);
  };
  return option;
}

Option host_list(Option option, Values& (*field)(Config&)) {
  option = list(std::move(option), field);
  option.apply = [field](Invocation& to, const Values& values, const std::string& place) {
    refuse_empty_items(values);
    Values& patterns = field(to.config);
    const bool adds = place.starts_with("--") || place.starts_with("EASTAP_");
    if (!adds) patterns.clear();
    for (const std::string& value : values) {
      if (value == "none") {
        patterns.clear();
      } else if (std::find(patterns.begin(), patterns.end(), value) == patterns.end()) {
        patterns.push_back(value);
      }
    }
  };
  return option;
}

Option duration(Option option, milliseconds& (*field)(Config&), milliseconds least,
                milliseconds most, std::string reason) {
  option.form = Form::duration;
  option.value_name = "TIME";
  option.group = Group::deadlines;
  option.commands = in::run;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const milliseconds value = duration_from(values.back());
    if (value < least || value > most) {
      throw Complaint{in_quotes(values.back()) + " is outside " + to_text(least) + " to " +
                      to_text(most) + reason};
    }
    field(to.config) = value;
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{to_text(field(copy))};
  };
  return option;
}

Option size(Option option, std::uint64_t& (*field)(Config&), std::uint64_t least,
            std::uint64_t most) {
  option.form = Form::size;
  option.value_name = "SIZE";
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const std::uint64_t value = size_from(values.back());
    if (value < least || value > most) {
      throw Complaint{in_quotes(values.back()) + " is outside " + size_text(least) + " to " +
                      size_text(most)};
    }
    field(to.config) = value;
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{size_text(field(copy))};
  };
  return option;
}

Option named(std::string flag, std::string value_name, std::string key, Group group,
             unsigned commands, std::string summary, std::string detail, std::string example) {
  Option option;
  option.flag = std::move(flag);
  option.value_name = std::move(value_name);
  option.key = std::move(key);
  option.group = group;
  option.commands = commands;
  option.summary = std::move(summary);
  option.detail = std::move(detail);
  option.example = std::move(example);
  return option;
}

Option blocks(Option option, std::vector<BlockKey> keys, std::string first,
              std::function<void(Invocation&, const Block&, const std::string&)> add) {
  option.form = Form::blocks;
  option.block_keys = std::move(keys);
  option.apply_block = std::move(add);
  option.apply = [known = option.block_keys, first = std::move(first), add = option.apply_block](
                     Invocation& to, const Values& values, const std::string& place) {
    for (const std::string& value : values) {
      Block block;
      for (std::size_t at = 0; at <= value.size();) {
        const std::size_t end = std::min(value.find(';', at), value.size());
        const std::string part = value.substr(at, end - at);
        const std::string name = part.substr(0, part.find('='));
        const bool named_part = name.size() < part.size() &&
                                std::any_of(known.begin(), known.end(),
                                            [&](const BlockKey& key) { return key.name == name; });
        if (named_part) {
          block[name] = part.substr(name.size() + 1);
        } else if (at == 0 && !part.empty()) {
          block[first] = part;
        } else {
          throw Complaint{in_quotes(part) + " is not KEY=VALUE with a key of this option"};
        }
        at = end + 1;
      }
      add(to, block, place);
    }
  };
  return option;
}

}  // namespace eastap::config
