#pragma once

#include <string>
#include <string_view>

namespace eastap::eas::values {

/// Numbers in words; "" for one that the specification does not name.
[[nodiscard]] std::string_view filter_words(int filter_type);   ///< [MS-ASCMD] 2.2.3.68.2
[[nodiscard]] std::string_view folder_type_words(int type);     ///< [MS-ASCMD] 2.2.3.186.3
[[nodiscard]] std::string_view body_type_words(int type);       ///< [MS-ASAIRS] 2.2.2.41.1
[[nodiscard]] std::string_view meeting_status_words(int bits);  ///< [MS-ASCAL] 2.2.2.28
[[nodiscard]] std::string_view response_type_words(int type);   ///< [MS-ASCAL] 2.2.2.40

/// Two folder ids and a place in Exchange's FileReference and AttachmentName:
/// "5%3a12%3a0" is attachment 0 of item 5:12 in folder 5. Empty members when it is another
/// server's.
struct FileReference {
  std::string folder, item, index;
  bool operator==(const FileReference&) const = default;
};
[[nodiscard]] FileReference split_file_reference(std::string_view reference);
/// "attachment 0 of 5:12"; "" when it does not split.
[[nodiscard]] std::string words(const FileReference& reference);

/// A MergedFreeBusy string, a digit a half-hour: "free 1 h, busy 30 min, out of office 2 h". ""
/// when it holds anything else.
[[nodiscard]] std::string free_busy_words(std::string_view digits);

}  // namespace eastap::eas::values
