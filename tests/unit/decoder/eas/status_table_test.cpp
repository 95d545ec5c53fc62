#include "decoder/eas/status_table.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace eastap::eas;

TEST_SUITE("decoder.eas.status_table") {
  TEST_CASE("no row of the facts is missing or different") {
    std::ifstream file{std::string{EASTAP_TEST_DATA} + "/facts/status_codes.tsv"};
    REQUIRE(file);
    std::string line;
    std::getline(file, line);
    std::size_t rows = 0;
    while (std::getline(file, line)) {
      std::vector<std::string> columns;
      std::istringstream fields{line};
      for (std::string field; std::getline(fields, field, '\t');) columns.push_back(field);
      columns.resize(7);
      CAPTURE(line);
      ++rows;
      const StatusRow* row = find_status(columns[0], std::stoi(columns[1]));
      REQUIRE(row != nullptr);
      CHECK(row->scope == columns[0]);
      CHECK(row->name == columns[2]);
      CHECK(row->meaning == columns[3]);
      CHECK(row->fault == columns[4]);
      CHECK(row->next_step == columns[5]);
      CHECK(row->versions == columns[6]);
    }
    CHECK(rows == status_rows().size());
    CHECK(rows > 250);
  }

  TEST_CASE("common codes are found from every scope, a scope's own meaning comes first") {
    CHECK(find_status("Sync", 142)->scope == "Common");
    CHECK(find_status("Provision", 141)->scope == "Provision");
    CHECK(find_status("ItemOperations", 155)->name == "ActionNotSupported_MissingMoveAlways");
    CHECK(find_status("NoSuchCommand", 110)->name == "ServerError");
    CHECK(find_status("Sync", 99) == nullptr);
    CHECK(find_status("Sync", 250) == nullptr);
  }

  TEST_CASE("success is what each command calls so") {
    CHECK(is_success("Sync", 1));
    CHECK_FALSE(is_success("Sync", 3));
    CHECK(is_success("MoveItems", 3));
    CHECK_FALSE(is_success("MoveItems", 1));
    CHECK(is_success("Ping", 1));
    CHECK(is_success("Ping", 2));
    CHECK_FALSE(is_success("Ping", 3));
    CHECK_FALSE(is_success("FolderSync", 2));
  }

  TEST_CASE("a status without a row keeps its number") {
    const Status status = make_status("Sync", 77, "collection 5");
    CHECK(status.code == 77);
    CHECK(status.name.empty());
    CHECK_FALSE(status.success);
    CHECK(status.place == "collection 5");
  }

  TEST_CASE("the HTTP codes of ActiveSync have a meaning and a next step") {
    for (const int code :
         {200, 400, 401, 403, 404, 449, 451, 456, 457, 500, 501, 502, 503, 505, 507}) {
      CAPTURE(code);
      const HttpStatusRow* row = find_http_status(code);
      REQUIRE(row != nullptr);
      CHECK_FALSE(row->meaning.empty());
      CHECK_FALSE(row->next_step.empty());
    }
    CHECK(find_http_status(418) == nullptr);
  }
}
