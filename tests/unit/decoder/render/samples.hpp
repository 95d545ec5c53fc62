#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/eas/command.hpp"
#include "decoder/findings/finding.hpp"
#include "decoder/model/exchange.hpp"
#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

/// Exchanges as the layers below would hand them on.
namespace samples {

inline std::shared_ptr<const eastap::wbxml::Document> document(std::string body) {
  return std::make_shared<const eastap::wbxml::Document>(
      eastap::wbxml::decode(std::make_shared<const std::string>(std::move(body))));
}

/// 2026-11-20T14:02:00Z and so many milliseconds.
eastap::Timestamp at(std::int64_t milliseconds);

struct Sample {
  eastap::model::Exchange exchange;
  eastap::eas::Command command;
};

/// A POST of alice's iPhone that began at `began` (milliseconds) and was answered 200 after `took`.
Sample eas(std::uint64_t id, std::string_view name, std::int64_t began, std::int64_t took);
/// The same, answered with another status line and head.
Sample answered(Sample sample, std::string_view head, std::string body = {});
/// What is handed on when only the request is complete.
Sample still_open(Sample sample);

eastap::eas::Waiting waiting(int seconds);
eastap::eas::Body wbxml_body(std::string octets);

}  // namespace samples
