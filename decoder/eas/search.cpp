#include <string>
#include <utility>

#include "decoder/codepages/pages/page00_airsync.hpp"
#include "decoder/codepages/pages/page02_email.hpp"
#include "decoder/codepages/pages/page04_calendar.hpp"
#include "decoder/codepages/pages/page09_tasks.hpp"
#include "decoder/codepages/pages/page15_search.hpp"
#include "decoder/codepages/pages/page16_gal.hpp"
#include "decoder/codepages/pages/page19_document_library.hpp"
#include "decoder/codepages/pages/page20_item_operations.hpp"
#include "decoder/codepages/pages/page25_find.hpp"
#include "decoder/eas/reading.hpp"
#include "decoder/eas/values/conversation.hpp"

/// Search and Find, [MS-ASCMD] 2.2.1.16 and 2.2.1.2.
namespace eastap::eas {
namespace {

namespace airsync = codepages::airsync;
namespace find = codepages::find;
namespace search = codepages::search;

/// The first element with that tag anywhere below `parent`: queries nest And and Or freely.
std::optional<wbxml::Element> below(wbxml::Element parent, codepages::Tag tag) {
  const wbxml::Document& document = parent.document();
  for (std::uint32_t i = parent.index() + 1; i < parent.node().end; ++i) {
    if (document.nodes[i].tag == tag) return wbxml::Element{document, i};
  }
  return std::nullopt;
}

void read_query(Reading& reading, SearchQuery& query, wbxml::Element element) {
  query.text = reading.text(element);
  for (const codepages::Tag tag : {search::kFreeText, find::kFreeText, search::kValue}) {
    if (!query.text.empty()) break;
    if (const auto text = below(element, tag)) query.text = reading.text(*text);
  }
  if (const auto conversation = below(element, search::kConversationId)) {
    query.conversation_id = values::hex_words(reading.text(*conversation));
  }
  if (const auto folder = below(element, airsync::kCollectionId)) {
    query.collection_id = reading.text(*folder);
  }
}

std::string asked_words(const Reading& reading, const SearchQuery& query) {
  std::string words = query.store;
  if (!query.text.empty()) {
    words += std::string{words.empty() ? "" : " "} + '"' + clipped(query.text, 80) + '"';
  }
  if (!query.conversation_id.empty()) {
    words += (words.empty() ? "" : " ") + ("conversation " + clipped(query.conversation_id, 80));
  }
  if (!query.collection_id.empty()) words += " in " + reading.folder_label(query.collection_id);
  return clipped(words, reading.limits.line_octets);
}

std::string outcome_words(const SearchQuery& query) {
  if (query.status.value_or(1) != 1) return {};
  std::string words = query.results == 0 ? "no hits" : counted(query.results, "hit", "hits");
  if (query.total && *query.total > query.results) words += " of " + std::to_string(*query.total);
  return words;
}

std::string name_of_hit(const Reading& reading, wbxml::Element result) {
  namespace gal = codepages::gal;
  std::string name;
  for (const codepages::Tag tag :
       {codepages::email::kSubject, codepages::calendar::kSubject, codepages::tasks::kSubject,
        gal::kDisplayName, codepages::document_library::kDisplayName}) {
    const auto text = name.empty() ? below(result, tag) : std::nullopt;
    if (text) name = reading.text(*text);
  }
  if (const auto address = below(result, gal::kEmailAddress)) {
    name += (name.empty() ? "" : " ") + ('<' + reading.text(*address) + '>');
  }
  return name;
}

void add_hit(const Reading& reading, SearchQuery& query, wbxml::Element result) {
  if (query.hits.size() >= reading.limits.hits) return;
  SearchHit& hit = query.hits.emplace_back();
  for (const wbxml::Element child : result.children()) {
    if (child.is(airsync::kClass)) hit.class_name = reading.text(child);
    if (child.is(airsync::kCollectionId)) hit.collection_id = reading.text(child);
    if (child.is(search::kLongId)) hit.id = reading.text(child);
    if (child.is(airsync::kServerId) && hit.id.empty()) hit.id = reading.text(child);
  }
  if (hit.id.empty()) {
    if (const auto link = below(result, codepages::document_library::kLinkId)) {
      hit.id = reading.text(*link);
    }
  }
  hit.name = name_of_hit(reading, result);
}

/// Result, Range, Total and Status of a store: the same shape in both commands.
struct ResultTags {
  codepages::Tag status, result, range, total, properties;
};

void read_results(Reading& reading, SearchQuery& query, wbxml::Element store, ResultTags tags,
                  std::string_view scope, const std::string& place) {
  for (const wbxml::Element child : store.children()) {
    if (child.is(tags.status)) {
      query.status = reading.status(Level::part, scope, place, reading.number(child, true));
    } else if (child.is(tags.range)) {
      query.range = reading.text(child);
    } else if (child.is(tags.total)) {
      if (const auto total = reading.number(child, true)) {
        query.total = static_cast<std::uint32_t>(*total);
      }
    } else if (child.is(tags.result)) {
      if (child.children().empty()) continue;  // "no hits" is one empty Result
      ++query.results;
      add_hit(reading, query, child);
      const auto properties = child.child(tags.properties);
      const auto picture = properties ? properties->child(codepages::gal::kPicture) : std::nullopt;
      if (picture) {
        reading.child_status(Level::item, "Search.Picture", "photo", *picture,
                             codepages::gal::kStatus);
      }
    }
  }
}

}  // namespace

void read_search(Reading& reading) {
  Command& command = reading.command;
  if (reading.asked) {
    for (const wbxml::Element child : reading.asked->children()) {
      if (!child.is(search::kStore)) continue;  // one a request, [MS-ASCMD] 2.2.3.173
      SearchQuery& query = command.searches.emplace_back();
      query.store = reading.child_text(child, search::kName);
      if (const auto element = child.child(search::kQuery)) read_query(reading, query, *element);
      if (const auto options = child.child(search::kOptions)) {
        query.asked_range = reading.child_text(*options, search::kRange);
      }
      command.asked = asked_words(reading, query);
      break;
    }
  }
  if (!reading.answered) return;
  reading.child_status(Level::command, "Search", "", *reading.answered, search::kStatus);
  const auto response = reading.answered->child(search::kResponse);
  const auto store = response ? response->child(search::kStore) : std::nullopt;
  if (!store) return;
  if (command.searches.empty()) command.searches.emplace_back();
  SearchQuery& query = command.searches.front();
  read_results(
      reading, query, *store,
      {search::kStatus, search::kResult, search::kRange, search::kTotal, search::kProperties},
      "Search.Store", "store");
  command.outcome = outcome_words(query);
}

void read_find(Reading& reading) {
  Command& command = reading.command;
  if (reading.asked) {
    const auto execute = reading.asked->child(find::kExecuteSearch);
    for (const codepages::Tag tag : {find::kMailBoxSearchCriterion, find::kGalSearchCriterion}) {
      const auto criterion = execute ? execute->child(tag) : std::nullopt;
      if (!criterion) continue;
      SearchQuery& query = command.searches.emplace_back();
      query.store = tag == find::kGalSearchCriterion ? "GAL" : "Mailbox";
      if (const auto element = criterion->child(find::kQuery)) read_query(reading, query, *element);
      if (const auto options = criterion->child(find::kOptions)) {
        query.asked_range = reading.child_text(*options, find::kRange);
      }
      command.asked = asked_words(reading, query);
      break;
    }
  }
  if (!reading.answered) return;
  reading.child_status(Level::command, "Find", "", *reading.answered, find::kStatus);
  const auto response = reading.answered->child(find::kResponse);
  if (!response) return;
  if (command.searches.empty()) command.searches.emplace_back();
  SearchQuery& query = command.searches.front();
  if (query.store.empty()) {
    query.store = reading.child_text(*response, codepages::item_operations::kStore);
  }
  read_results(reading, query, *response,
               {find::kStatus, find::kResult, find::kRange, find::kTotal, find::kProperties},
               "Find.Response", "answer");
  command.outcome = outcome_words(query);
}

}  // namespace eastap::eas
