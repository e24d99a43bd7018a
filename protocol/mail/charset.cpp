#include "protocol/mail/charset.hpp"

#include <unicode/ucnv.h>

#include <array>
#include <memory>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/name_table.hpp"

namespace entente::protocol::mail {
namespace {

// What mail programs send. A closed list: a converter that nobody needs is only a place for trouble.
constexpr std::array<std::pair<std::string_view, const char*>, 44> converters{{
    {"iso-8859-1", "windows-1252"},  // what says Latin 1 means the superset, as in every browser
    {"iso-8859-2", "iso-8859-2"},
    {"iso-8859-3", "iso-8859-3"},
    {"iso-8859-4", "iso-8859-4"},
    {"iso-8859-5", "iso-8859-5"},
    {"iso-8859-6", "iso-8859-6"},
    {"iso-8859-7", "iso-8859-7"},
    {"iso-8859-8", "iso-8859-8"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-10", "iso-8859-10"},
    {"iso-8859-13", "iso-8859-13"},
    {"iso-8859-14", "iso-8859-14"},
    {"iso-8859-15", "iso-8859-15"},
    {"latin1", "windows-1252"},
    {"windows-1250", "windows-1250"},
    {"windows-1251", "windows-1251"},
    {"windows-1252", "windows-1252"},
    {"windows-1253", "windows-1253"},
    {"windows-1254", "windows-1254"},
    {"windows-1255", "windows-1255"},
    {"windows-1256", "windows-1256"},
    {"windows-1257", "windows-1257"},
    {"windows-1258", "windows-1258"},
    {"cp1252", "windows-1252"},
    {"koi8-r", "koi8-r"},
    {"koi8-u", "koi8-u"},
    {"iso-2022-jp", "iso-2022-jp"},
    {"iso-2022-jp-2", "iso-2022-jp-2"},
    {"cp932", "ibm-943_P15A-2003"},
    {"windows-31j", "ibm-943_P15A-2003"},
    {"shift_jis", "ibm-943_P15A-2003"},
    {"shift-jis", "ibm-943_P15A-2003"},
    {"euc-jp", "euc-jp"},
    {"iso-2022-kr", "iso-2022-kr"},
    {"euc-kr", "windows-949"},
    {"ks_c_5601-1987", "windows-949"},
    {"gb2312", "gb18030"},
    {"gbk", "gb18030"},
    {"gb18030", "gb18030"},
    {"big5", "big5"},
    {"big5-hkscs", "big5-hkscs"},
    {"utf-16", "utf-16"},
    {"macintosh", "macintosh"},
}};

const char* converter_of(std::string_view charset) {
    for (const auto& [name, converter] : converters)
        if (same_letters(name, charset)) return converter;
    return nullptr;
}

// Invalid sequences become U+FFFD (substitution is ICU's default on the way to Unicode).
std::string convert(std::string_view bytes, const char* from) {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UConverter, decltype(&ucnv_close)> source(ucnv_open(from, &status), &ucnv_close);
    const std::unique_ptr<UConverter, decltype(&ucnv_close)> target(ucnv_open("utf-8", &status), &ucnv_close);
    if (U_FAILURE(status)) return {};
    std::vector<char> out(bytes.size() * 4 + 16);
    char* to = out.data();
    const char* at = bytes.data();
    std::array<UChar, 1024> pivot{};
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    ucnv_convertEx(target.get(), source.get(), &to, out.data() + out.size(), &at, bytes.data() + bytes.size(), pivot.data(),
                   &pivot_source, &pivot_target, pivot.data() + pivot.size(), true, true, &status);
    return {out.data(), to};
}

std::string visible(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const char c = utf8[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r') {
            if (i + 1 == utf8.size() || utf8[i + 1] != '\n') out += '\n';
        } else if (byte >= 0x20 ? byte != 0x7f : c == '\n' || c == '\t') {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset) {
    const char* known = converter_of(charset);
    std::string text;
    if (known != nullptr) {
        text = convert(bytes, known);
    } else if (valid_utf8(bytes)) {
        text = bytes;
    } else {
        text = convert(bytes, same_letters(charset, "utf-8") ? "utf-8" : "windows-1252");
    }
    if (!valid_utf8(text)) text = convert(text, "utf-8");
    return visible(text);
}

}  // namespace entente::protocol::mail
