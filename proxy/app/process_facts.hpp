#pragma once

#include "proxy/sink/metrics.hpp"

namespace eastap::app {

/// Memory, files and CPU time of this process, as the kernel tells them now.
void add_process_facts(sink::Gauges& gauges);

}  // namespace eastap::app
