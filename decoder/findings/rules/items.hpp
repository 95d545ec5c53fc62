#pragma once

#include <string>

#include "decoder/findings/item_store.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

/// One Add, Change or Delete, what it says, and the server's copy before it.
struct ItemContext {
  Context& context;
  const eas::Collection& folder;
  const eas::Item& item;
  const ItemFacts& facts;
  KnownItem* known = nullptr;  ///< null: never seen (G12)

  [[nodiscard]] Subject subject() const { return context.subject(folder.id); }
  /// Of the item's incidents.
  [[nodiscard]] std::string key() const { return folder.id + '\n' + item.server_id; }
  /// "Calendar(2), item 2:40 "Staff meeting""
  [[nodiscard]] std::string label() const;
  /// Counts one event of the rule, with `summary` after the label.
  Incident* report(RuleId rule, const std::string& summary,
                   std::optional<Severity> base = {}) const;
};

/// The name of the log-on or an address that is known for the account's.
[[nodiscard]] bool is_account_address(Context& context, std::string_view address);

// What the device wrote to a known item (meetings.cpp, appointments.cpp).
void judge_organizer(const ItemContext& one);
void judge_series_change(const ItemContext& one);
void judge_cancelled_then_updated(const ItemContext& one);
void judge_series_deleted(const ItemContext& one);
void judge_exceptions(const ItemContext& one);
void judge_body(const ItemContext& one);
void judge_time_zone(const ItemContext& one);
void judge_reminder(const ItemContext& one);
void judge_all_day(const ItemContext& one);
// What the server sent.
void judge_month_end(const ItemContext& one);
void judge_stamp_order(const ItemContext& one);
void judge_instance_uid(const ItemContext& one);
void judge_all_day_of_server(const ItemContext& one);

}  // namespace eastap::findings
