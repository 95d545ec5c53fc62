#pragma once

/// Every code page of [MS-ASWBXML] 2.1.2.1, and the list of them in page order.

#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page01_contacts.hpp"
#include "decoder/codepages/pages/page02_email.hpp"
#include "decoder/codepages/pages/page03_air_notify.hpp"
#include "decoder/codepages/pages/page04_calendar.hpp"
#include "decoder/codepages/pages/page05_move.hpp"
#include "decoder/codepages/pages/page06_get_item_estimate.hpp"
#include "decoder/codepages/pages/page07_folder_hierarchy.hpp"
#include "decoder/codepages/pages/page08_meeting_response.hpp"
#include "decoder/codepages/pages/page09_tasks.hpp"
#include "decoder/codepages/pages/page10_resolve_recipients.hpp"
#include "decoder/codepages/pages/page11_validate_cert.hpp"
#include "decoder/codepages/pages/page12_contacts2.hpp"
#include "decoder/codepages/pages/page13_ping.hpp"
#include "decoder/codepages/pages/page14_provision.hpp"
#include "decoder/codepages/pages/page15_search.hpp"
#include "decoder/codepages/pages/page16_gal.hpp"
#include "decoder/codepages/pages/page17_airsync_base.hpp"
#include "decoder/codepages/pages/page18_settings.hpp"
#include "decoder/codepages/pages/page19_document_library.hpp"
#include "decoder/codepages/pages/page20_item_operations.hpp"
#include "decoder/codepages/pages/page21_compose_mail.hpp"
#include "decoder/codepages/pages/page22_email2.hpp"
#include "decoder/codepages/pages/page23_notes.hpp"
#include "decoder/codepages/pages/page24_rights_management.hpp"
#include "decoder/codepages/pages/page25_find.hpp"

namespace eastap::codepages {

inline constexpr const Page* kPages[] = {
    &airsync::kPage,
    &contacts::kPage,
    &email::kPage,
    &air_notify::kPage,
    &calendar::kPage,
    &move::kPage,
    &get_item_estimate::kPage,
    &folder_hierarchy::kPage,
    &meeting_response::kPage,
    &tasks::kPage,
    &resolve_recipients::kPage,
    &validate_cert::kPage,
    &contacts2::kPage,
    &ping::kPage,
    &provision::kPage,
    &search::kPage,
    &gal::kPage,
    &airsync_base::kPage,
    &settings::kPage,
    &document_library::kPage,
    &item_operations::kPage,
    &compose_mail::kPage,
    &email2::kPage,
    &notes::kPage,
    &rights_management::kPage,
    &find::kPage,
};

}  // namespace eastap::codepages
