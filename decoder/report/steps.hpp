#pragma once

#include <vector>

#include "decoder/findings/history.hpp"
#include "decoder/report/card.hpp"

/// The checklist of a card; for this folder only.
namespace eastap::report {

/// Sets `steps` and `stop`. `more`: contexts of the same phone without DeviceId or user.
void fill_steps(Card& card, const findings::Device& device,
                const std::vector<const findings::Device*>& more);
/// Of an address that never came as far as an exchange.
void fill_steps(Card& card, const findings::Clients::Client& client);

}  // namespace eastap::report
