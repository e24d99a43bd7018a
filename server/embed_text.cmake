# Turns a text file into a C++ source with one function: cmake -DINPUT=.. -DOUTPUT=.. -P embed_text.cmake
# Bytes are written as numbers: a string literal has a length limit, and raw literals a delimiter that a text may contain.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"server/openapi_text.hpp\"\n\nnamespace entente {\n\nnamespace {\nconstexpr unsigned char text[] = {\n${bytes}\n0};\n}\n\n"
  "std::string_view openapi_text() {\n    return {reinterpret_cast<const char*>(text), sizeof text - 1};\n}\n\n}  // namespace entente\n")
