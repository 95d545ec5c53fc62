#pragma once

#include <cstddef>

#include "proxy/pipeline/record.hpp"

/// What records take while they wait for the disk; for this folder only.
namespace eastap::capture {

/// Octets that the record holds for itself: what others hold too is not counted twice.
[[nodiscard]] std::size_t cost_of(const pipeline::Record& record);

/// The record without what is large; an exchange says that its bodies were dropped.
[[nodiscard]] pipeline::RecordPtr without_bodies(const pipeline::ExchangeRecord& record);

}  // namespace eastap::capture
