# cmake -DFOLDER=... -DOUT=... -P embed_migrations.cmake: NNNN_name.sql files as a table of string literals.
file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(rows "")
foreach(file ${files})
  get_filename_component(stem "${file}" NAME_WE)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is called NNNN_name.sql")
  endif()
  set(version "${CMAKE_MATCH_1}")
  set(name "${CMAKE_MATCH_2}")
  string(REGEX REPLACE "^0+" "" version "${version}")
  file(READ "${file}" text)
  if(text MATCHES "\\)migration\"")
    message(FATAL_ERROR "${file}: the text contains the delimiter of the literal")
  endif()
  string(APPEND rows "    {${version}, \"${name}\", R\"migration(${text})migration\"},\n")
endforeach()
file(WRITE "${OUT}.new" "// Made from server/store/migrations by embed_migrations.cmake.
#include \"server/store/migrations.hpp\"

namespace entente::store {
namespace {
constexpr Migration all[] = {
${rows}};
}  // namespace
std::span<const Migration> embedded_migrations() { return all; }
}  // namespace entente::store
")
file(COPY_FILE "${OUT}.new" "${OUT}" ONLY_IF_DIFFERENT)
