// Any bytes as the content of a person or a group: read without harm, put into a directory and taken out again, nothing stays.
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/access/directory.hpp"
#include "mesh/reference.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::reference;
using meshgate::fuzz::must;
using namespace meshgate::access;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static EntryReader reader;
  static const std::vector<std::string> attributes{"site", "title"};
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  Directory directory;
  const auto person = reader.person(content, attributes);
  must(person.attributes.size() == attributes.size(), "each attribute has its values");
  directory.put_person("p", person, {});
  const auto group = reader.group(content);
  directory.put_group("g", group, directory.look_up(group.members), {});
  const auto again = directory.look_up(group.members);
  must(again.unknown.empty(), "every member is known once its group is");
  directory.put_group("g", group, again, {});
  Reach reach = directory.reach(*directory.person("p"));
  must(reach.contains(*directory.groups()[0]) == !directory.path(*directory.person("p"), *directory.groups()[0]).empty(), "who is in a group has a way there");
  directory.remove_group("g");
  directory.remove_person("p");
  for (const auto& member : group.members) must(directory.find(reference(member)) == nullptr, "nothing stays of who has gone");
  return 0;
}
