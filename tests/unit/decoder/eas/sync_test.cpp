#include <string>

#include <doctest/doctest.h>

#include "tests/unit/decoder/eas/scene.hpp"

using namespace eastap;
using namespace eastap::eas;
using namespace eastap::eas::test;
namespace as = eastap::codepages::airsync;

TEST_SUITE("decoder.eas.sync") {
  TEST_CASE("a first Sync shows folder, keys and that it is the first") {
    Phone phone;
    learn_folders(phone);
    const Command command = phone.talk("Sync", sync_of("5", "0").finish(),
                                       finish(sync_of("5", "1").add(as::kStatus, "1")));
    REQUIRE(command.collections.size() == 1);
    const Collection& inbox = command.collections[0];
    CHECK(inbox.folder_name == "Inbox");
    CHECK(inbox.class_name == "Email");
    CHECK(inbox.sync_key == "0");
    CHECK(inbox.new_sync_key == "1");
    CHECK(inbox.first_sync);
    CHECK(inbox.status == 1);
    CHECK(command.eas_status == 1);
    CHECK(command.asked == "Inbox(5)");
    CHECK(command.outcome == "first sync");
    CHECK(command.detail == "first sync");
    CHECK(command.diagnostics.empty());
  }

  TEST_CASE("server and client commands are counted and kept as items") {
    Phone phone;
    Builder request = sync_of("5", "41");
    request.open(as::kCommands);
    request.open(as::kAdd).add(as::kClientId, "c1").open(as::kApplicationData).close().close();
    request.open(as::kChange).add(as::kServerId, "5:7").close();
    request.open(as::kFetch).add(as::kServerId, "5:8").close();
    Builder response = sync_of("5", "42");
    response.add(as::kStatus, "1").add(as::kMoreAvailable);
    response.open(as::kResponses);
    response.open(as::kAdd)
        .add(as::kClientId, "c1")
        .add(as::kServerId, "5:9")
        .add(as::kStatus, "1")
        .close();
    response.open(as::kChange).add(as::kServerId, "5:7").add(as::kStatus, "8").close().close();
    response.open(as::kCommands);
    for (int i = 0; i < 25; ++i) {
      response.open(as::kAdd).add(as::kServerId, "5:" + std::to_string(90 + i)).close();
    }
    response.open(as::kSoftDelete).add(as::kServerId, "5:1").close();
    const Command command = phone.talk("Sync", finish(request), finish(response));
    REQUIRE(command.collections.size() == 1);
    const Collection& collection = command.collections[0];
    CHECK(collection.client_adds == 1);
    CHECK(collection.client_changes == 1);
    CHECK(collection.client_fetches == 1);
    CHECK(collection.adds == 25);
    CHECK(collection.soft_deletes == 1);
    CHECK(collection.more_available);
    REQUIRE(collection.items.size() == 3 + 2 + 26);
    CHECK(collection.items[0].client_id == "c1");
    CHECK_FALSE(collection.items[0].from_server);
    CHECK(collection.items[3].is_response);
    CHECK(collection.items[3].server_id == "5:9");
    CHECK(collection.items[4].status == 8);
    CHECK(collection.items[5].from_server);
    CHECK_FALSE(collection.items[5].is_response);
    const Status* item = status_at(command, "item 5:7");
    REQUIRE(item != nullptr);
    CHECK(item->name == "ObjectNotFound");
    CHECK_FALSE(item->success);
    CHECK(command.eas_status == 1);  // the collection's; an item stands below
    CHECK(command.asked == "5  device: 1 new, 1 changed, 1 to fetch");
    CHECK(command.outcome == "item 5:7: status 8 ObjectNotFound, +25, 1 out of filter more");
  }

  TEST_CASE("a draft that a 16.x device has sent is told from one that it only keeps") {
    namespace email2 = eastap::codepages::email2;
    Phone phone;
    Builder request = sync_of("3", "41");
    request.open(as::kCommands);
    request.open(as::kAdd).add(as::kClientId, "c1").add(email2::kSend);
    request.open(as::kApplicationData).close().close();
    request.open(as::kChange).add(as::kServerId, "3:1").open(as::kApplicationData);
    request.add(email2::kSend).close().close();
    request.open(as::kAdd).add(as::kClientId, "c2").open(as::kApplicationData).close().close();
    Builder response = sync_of("3", "42");
    response.add(as::kStatus, "1");
    const Command command = phone.talk("Sync", finish(request), finish(response));
    REQUIRE(command.collections.size() == 1);
    CHECK(command.collections[0].client_adds == 2);
    CHECK(command.collections[0].client_sends == 2);
    CHECK(command.asked == "3  device: 2 new, 1 changed, 2 to send");
  }

  TEST_CASE("an answer in another order than the request finds its collections") {
    Phone phone;
    learn_folders(phone);
    Builder request, response;
    request.open(as::kSync).open(as::kCollections);
    response.open(as::kSync).open(as::kCollections);
    for (const char* id : {"5", "2", "7"}) {
      request.open(as::kCollection).add(as::kSyncKey, id).add(as::kCollectionId, id).close();
    }
    const std::pair<const char*, const char*> answers[] = {{"7", "1"}, {"5", "3"}, {"2", "12"}};
    for (const auto& [id, status] : answers) {
      response.open(as::kCollection)
          .add(as::kCollectionId, id)
          .add(as::kSyncKey, std::string{id} + "9");
      response.add(as::kStatus, status).close();
    }
    const Command command = phone.talk("Sync", finish(request), finish(response));
    REQUIRE(command.collections.size() == 3);
    CHECK(command.collections[0].status == 3);
    CHECK(command.collections[0].new_sync_key == "59");
    CHECK(command.collections[1].status == 12);
    CHECK(command.collections[2].status == 1);
    CHECK(command.eas_status == 3);  // they differ: the first that is no success
    CHECK(command.outcome.find("Inbox(5): status 3 InvalidSyncKey (1 more)") == 0);
    REQUIRE(status_at(command, "collection 2") != nullptr);
    CHECK(status_at(command, "collection 2")->name == "FolderHierarchyChanged");
  }

  TEST_CASE("collections that all agree give the status of the exchange") {
    Phone phone;
    Builder response;
    response.open(as::kSync).open(as::kCollections);
    for (const char* id : {"5", "2"}) {
      response.open(as::kCollection).add(as::kCollectionId, id).add(as::kStatus, "5").close();
    }
    CHECK(phone.talk("Sync", sync_of("5", "1").finish(), finish(response)).eas_status == 5);
  }

  TEST_CASE("a status of the command itself comes before those below") {
    Phone phone;
    Builder response;
    response.open(as::kSync).add(as::kStatus, "142");
    const Command command = phone.talk("Sync", sync_of("5", "41").finish(), finish(response));
    CHECK(command.eas_status == 142);
    REQUIRE(command.statuses.size() == 1);
    CHECK(command.statuses[0].name == "DeviceNotProvisioned");
    CHECK(command.outcome == "status 142 DeviceNotProvisioned");
  }

  TEST_CASE("an answer without ids is taken in the order of the request") {  // 2.5 names classes
    Phone phone;
    Builder response;
    response.open(as::kSync).open(as::kCollections).open(as::kCollection);
    response.add(as::kClass, "Email").add(as::kSyncKey, "2").add(as::kStatus, "1");
    const Command command = phone.talk("Sync", sync_of("5", "1").finish(), finish(response));
    REQUIRE(command.collections.size() == 1);
    CHECK(command.collections[0].new_sync_key == "2");
    CHECK(command.collections[0].class_name == "Email");
  }

  TEST_CASE("options, window and waiting time are read") {
    Phone phone;
    Builder request = sync_of("5", "41");
    request.add(as::kGetChanges, "0").add(as::kWindowSize, "25").add(as::kConversationMode, "1");
    request.open(as::kOptions).add(as::kFilterType, "3").close().close().close();
    request.add(as::kWait, "10");
    const Command command = phone.send("Sync", finish(request));
    const Collection& collection = command.collections.at(0);
    CHECK(collection.get_changes == false);
    CHECK(collection.window_size == 25);
    CHECK(collection.filter_type == 3);
    CHECK(collection.conversation_mode == 1);
    REQUIRE(command.waiting);
    CHECK(command.waiting->seconds == 600);
    CHECK(command.hangs());
    CHECK(command.waiting->folders.size() == 1);
    CHECK(command.outcome == "waiting up to 600 s");
    CHECK_FALSE(command.http_status);
  }

  TEST_CASE("limits of statuses 14 and 15 are read in their own units") {
    Phone phone;
    Builder request = sync_of("5", "41");
    request.close().close().add(as::kWait, "90");
    Builder response;
    response.open(as::kSync).add(as::kLimit, "59").add(as::kStatus, "14");
    Command command = phone.talk("Sync", finish(request), finish(response));
    REQUIRE(command.waiting);
    CHECK(command.waiting->limit_seconds == 59 * 60);
    Builder many;
    many.open(as::kSync).add(as::kLimit, "300").add(as::kStatus, "15");
    command = phone.talk("Sync", sync_of("5", "41").finish(), finish(many));
    CHECK(command.max_collections == 300);
    CHECK_FALSE(command.waiting);
  }

  TEST_CASE("an empty Sync stands for the last full one, with the keys answered since") {
    Phone phone;
    learn_folders(phone);
    Builder request = sync_of("5", "41");
    request.close().close().add(as::kHeartbeatInterval, "470");
    phone.talk("Sync", finish(request), finish(sync_of("5", "42").add(as::kStatus, "1")));
    const Command open = phone.send("Sync", "");
    CHECK(open.request_repeats_last);
    REQUIRE(open.collections.size() == 1);
    CHECK(open.collections[0].id == "5");
    CHECK(open.collections[0].sync_key == "42");
    CHECK(open.collections[0].folder_name == "Inbox");
    CHECK(open.collections[0].remembered);
    CHECK(open.asked == "Inbox(5) (same as before)");
    CHECK(open.waiting->seconds == 470);
    const Command done = phone.talk("Sync", "", "");
    CHECK(done.request_repeats_last);
    CHECK(done.outcome == "no changes");
    CHECK_FALSE(done.eas_status);
  }

  TEST_CASE("an empty Sync of an unknown device stands for nothing that is made up") {
    Phone phone;
    const Command command = phone.talk("Sync", "", "");
    CHECK(command.request_repeats_last);
    CHECK(command.collections.empty());
    CHECK_FALSE(command.waiting);
  }

  TEST_CASE("a Partial Sync keeps the collections it does not name") {
    Phone phone;
    Builder both;
    both.open(as::kSync).open(as::kCollections);
    for (const char* id : {"5", "2"}) {
      both.open(as::kCollection).add(as::kSyncKey, "10").add(as::kCollectionId, id).close();
    }
    phone.talk("Sync", finish(both), "");
    Builder partial = sync_of("5", "11");
    partial.close().close().add(as::kPartial);
    const Command command = phone.talk("Sync", finish(partial), "");
    CHECK(command.partial);
    REQUIRE(command.collections.size() == 2);
    CHECK(command.collections[0].sync_key == "11");
    CHECK(command.collections[1].id == "2");
    CHECK(command.collections[1].remembered);
    CHECK_FALSE(command.collections[1].in_request);
    CHECK(phone.send("Sync", "").collections.size() == 2);
  }

  TEST_CASE("nothing is learned while a request is open, nor keys of an answer that was cut") {
    Phone phone;
    phone.send("Sync", sync_of("5", "41").finish());
    CHECK(phone.send("Sync", "").collections.empty());
    const std::string request = sync_of("5", "41").finish();
    const std::string response = finish(sync_of("5", "42").add(as::kStatus, "1"));
    model::Exchange cut = phone.make("Sync", request, response, {}, "");
    cut.ending = model::Ending::device_reset;
    const Command command = phone.session.understand(cut, octets(request), octets(response));
    CHECK(command.outcome == "no changes, answer cut: device_reset");
    CHECK(phone.send("Sync", "").collections.at(0).sync_key == "41");
  }

  TEST_CASE("a refused Sync is not what an empty one repeats") {
    Phone phone;
    phone.talk("Sync", sync_of("5", "41").finish(), "");
    Builder refused;
    refused.open(as::kSync).add(as::kStatus, "4");
    phone.talk("Sync", sync_of("9", "1").finish(), finish(refused));
    CHECK(phone.send("Sync", "").collections.at(0).id == "5");
  }

  TEST_CASE("hundreds of collections are joined, thousands are cut off with a remark") {
    Phone phone;
    Builder request, response;
    request.open(as::kSync).open(as::kCollections);
    response.open(as::kSync).open(as::kCollections);
    for (int i = 0; i < 3'000; ++i) {
      request.open(as::kCollection)
          .add(as::kSyncKey, "1")
          .add(as::kCollectionId, std::to_string(i))
          .close();
      response.open(as::kCollection).add(as::kCollectionId, std::to_string(2'999 - i));
      response.add(as::kStatus, "1").close();
    }
    const Command command = phone.talk("Sync", finish(request), finish(response));
    CHECK(command.collections.size() <= 2 * Limits{}.collections);
    CHECK(command.diagnostics.size() == 1);
    CHECK(command.outcome.size() <= Limits{}.line_octets);
  }

  TEST_CASE("a status that is no number is remarked on with its place") {
    Phone phone;
    Builder response = sync_of("5", "42");
    response.add(as::kStatus, "one");
    const Command command = phone.talk("Sync", sync_of("5", "41").finish(), finish(response));
    CHECK_FALSE(command.eas_status);
    REQUIRE(command.diagnostics.size() == 1);
    CHECK(command.diagnostics[0].part == "response body");
    CHECK(command.diagnostics[0].offset > 4);
  }
}
