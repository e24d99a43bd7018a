#include "policy/family_names.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <set>
#include <vector>

#include "policy/ascii.hpp"
#include "policy/words.hpp"

namespace entente::policy {

namespace {

constexpr std::size_t sure_letters = 4;

// Words of English and German that stand in support texts with a capital (at the beginning of a sentence, or because every noun has
// one), and places and makes. Not every word that is a name: "Baker" and "Koch" are people more often than bakers and cooks here.
constexpr std::string_view words_and_names =
    "able about actual adapter add address alarm alert all allow alpha alt amazon anger answer apple april archive area "
    "array art ash august austin author auto aware back bad badge balance ball band bank banks bar barrier base bash basin "
    "batch battle bay beach beam bean bell bench berlin best beta bild bind bit bits black blanc blank blau block blocks "
    "blue board body bolt bond book boot border bosch boss boston both bow bowl box branch brand brands brandt break brick "
    "bridge bridges bright broad brown bruch buch buck buffer bug build bulk bull burn burns burst bus bush butcher button "
    "buy byte cable cache call calls camp card cards care carry case cases cash cast cell center chain chains chance change "
    "channel charge charlie charlotte chart chase chat check chief child childs choice circle cisco city class clay clean "
    "clear clement cleveland client clock close cloud coach coast code coil coin cold cologne copper copy core corn corner "
    "cost costa count counts county court cover craft crash cream credit crew crop cross crow crown crystal cube cut cycle "
    "dallas dare dark data date dawn day days deal dealer dean debian debug deck deep deer default delay dell delta den "
    "denver depth desk deutsch dev device diesel digit dock dollar done door double down draft drag drain draw driver drop "
    "dry dual dublin due dump dunkel early east easter echo edge eight eis eisen elder eleven ende english enter entry "
    "error etter europe even event every exit extra face fair falk fall false fan fast fault feder fehler feld ferien feuer "
    "few field fields file filter final find fine finger fire first fish five fix flag flash fleet flex flood floor "
    "florence flow fluss focus fold follow food foot force ford forest fork form format forward foster foundation four fox "
    "frage frame francisco frankfurt free frei freitag french fresh friend front frost fuel fujitsu full funk fuse future "
    "gain game gate gates gateway geist geneva german gift give given glass global gold good grade grand grant grants graph "
    "grau gray green grey grid gross group grove grow groß grub grund guard guest guide gut hall halt hamburg hammer hand "
    "handler hard hash head heap heat held help herbst hewlett high hill hint hit hitachi hoch hof hold holder holds hole "
    "holland home hook hop hope horn host house houston huawei hub hudson huge hunt hunter hut idle image inner input intel "
    "ion iron issue item jack jackson january job join joint journal joy jump june jung just kabel kanal karte kasten "
    "keller kern kernel key keys kill kind king kingston kit klar klein knoten kraft kreis kreuz krieg kunde kunst kurz lab "
    "label lack lamp land lane lanes lang lange large laser last latch late lauf layer lead leader leaf lean learn leer "
    "left legal lenovo less letter level licht lid lift light limit lincoln line lines link links linse list little live "
    "load local lock lodge log logic london long longer look loop lord lore loss lost love low luft lumen lynx mac mach "
    "madison mail main major make mal man manual map march marine mark marker market marks mars marsh mask mass master "
    "match matter max may mean means median meister memory merge metal meter method middle mile miles mill mind mini minor "
    "mint mirror miss mixed mobile mode model moment monday money monitor month moon moor more morgen most motor mount "
    "mountain mouse move much mund must name names narrow nation native near net network neu neun new next nice night nine "
    "noble node nokia none noon nord norm normal north note novell november null number nutanix oak object oct october "
    "offer office ohm old olive one open opp oracle orange order orlando ort ost other otto out outer outlaw output overall "
    "own owner oxford pace pack packard packet page pages pair palm panasonic panel paper paris park parker parks parse "
    "part pass password past patch path pattern pause peak peer pen pending phase phoenix phone pick piece pierce pike "
    "pilot pin ping pink pipe pitch pixel place plain plan plane plant plate platte platz play plug plus point pole poll "
    "polling pool pools poor pop port portal ports post pound power powers press price prime print prior private probe "
    "process proof proper protocol proxy public pull pulse pump punkt pure purple push quad quarter queen query queue quick "
    "quiet rack rain ram ramp range ranger rapid rate raw ray reach read reader readers reading ready real reason rebel "
    "record red reed region reich relay release remote repeat reply report reset rest result return reuter review rich "
    "richmond right ring rings rise risk river rivers road robin rock role roll rom rome root roots rose rot round route "
    "router row royal rule run rush rust safe sage sail saint sale salt same sample samsung san sand save scale scan "
    "schalter scheibe schein schild schlecht schloss schnell schreiber schwarz score screen script seal search season seat "
    "second sector seed seek self sell send sender senior sense serial server set setter seven severe shade shadow share "
    "shared sharp shell shield shift ship shop shore short shot show side siemens sign signal silber silent silver simple "
    "since single sink site six size skip sky slate sleep slot slow small smart snap snow socket solid some sommer sonntag "
    "sony soon sort source south space spaet spain spare spark speed spell spend spiegel spin split spool spot spring "
    "sprint square stab stable stack staff stage stahl stall stamm stand star stark stars start state static station status "
    "steel stein stell stem step stern stick still stock stoll stop storage store storm strand strange stream street "
    "strength stress strict string strom strong stub style sub such summer summers sun sunday super supply sure surge suse "
    "swap sweet swift switch sydney sync system table tag take tall tank tape target task tau teil tell ten term test tests "
    "text thin thread three threshold ticket tier tight time timer times tip tire title token tone tool top topic tor "
    "toshiba total touch tower town toyota trace track tracker trade trail train transit trap tree trend trial trigger trip "
    "true trunk trust try tube tuesday tune turin turn twin twist two type ubuntu uhr ultra under union unit up update "
    "upper uptime urban usage use user utah vacuum vale value valve van vault vector vendor venus verkauf version very "
    "victor victoria video vienna view virginia virtual void volt volume vote wait waiter wald walk wall wand war ware warm "
    "warning warsaw wash washington waste watch water waters watt watts wave way web wechsel week weeks weg weich weiss "
    "weiß weld well wells welt werk west wet wheel wheeler while white whole wide wild wilder will win wind window windows "
    "winner winter winters wire wise wish with wolf wood woods word words work worker workers works world worm worth wrap "
    "write writer yard year years yellow york young zahl zebra zeile zeit zentrum zero zone zug";

const std::set<std::string_view>& ordinary_words() {
    static const std::set<std::string_view> all = [] {
        std::set<std::string_view> words;
        for (std::size_t begin = 0; begin < words_and_names.size();) {
            const std::size_t end = std::min(words_and_names.find(' ', begin), words_and_names.size());
            words.insert(words_and_names.substr(begin, end - begin));
            begin = end + 1;
        }
        return words;
    }();
    return all;
}

bool alnum(char c) {
    return letter(c) || digit(c);
}

UChar32 first_of(std::string_view text, std::size_t at) {
    return at < text.size() ? next_character(text, at) : -1;
}

bool has_case(UChar32 c) {
    return u_isupper(c) != 0 || u_islower(c) != 0 || u_istitle(c) != 0;
}

std::size_t letters_in(std::string_view word) {
    std::size_t letters = 0;
    for (std::size_t at = 0; at < word.size(); ++letters) next_character(word, at);
    return letters;
}

bool particle(std::string_view word) {
    static const std::set<std::string_view> all{"von", "van", "der", "den", "de", "la",  "da",  "del", "di",  "du", "zu",
                                                "zum", "zur", "bin", "al",  "le", "ten", "ter", "dos", "das", "do"};
    return all.contains(word);
}

bool glue_before(char c) {
    return alnum(c) || c == '_' || c == '.' || c == '/' || c == '\\' || c == '@' || c == '-' || c == ':' || c == '=' || c == '#' ||
           c == '$' || c == '&' || c == '%' || c == '+';
}

// Behind the word, as far as the next character goes along: "Miller," and "Miller." end a name, "Miller.java" does not.
bool glued_after(std::string_view text, std::size_t end) {
    if (end >= text.size()) return false;
    const char c = text[end];
    if (alnum(c) || c == '_' || c == '/' || c == '\\' || c == '@' || c == '=' || c == '(' || c == '[' || c == '#' || c == '&')
        return true;
    const char next = end + 1 < text.size() ? text[end + 1] : ' ';
    return (c == '.' || c == '-' || c == ':') && (alnum(next) || next == ':' || next == '_');
}

bool title_before(std::string_view text, std::size_t begin) {
    if (begin == 0 || (text[begin - 1] != ' ' && text[begin - 1] != '\n')) return false;
    const std::string_view before = text.substr(0, begin - 1);
    for (const std::string_view title :
         {"Mr",       "Mr.",      "Mrs",       "Mrs.",    "Ms",      "Ms.",  "Mx",        "Mx.",     "Dr",
          "Dr.",      "Prof.",    "Professor", "Herr",    "Herrn",   "Frau", "Hr.",       "Fr.",     "Monsieur",
          "Madame",   "M.",       "Mme",       "Señor",   "Señora",  "Sr.",  "Sra.",      "Senhor",  "Senhora",
          "Pan",      "Pani",     "Pana",      "Signor",  "Signora", "Sig.", "colleague", "Kollege", "Kollegin",
          "Kollegen", "engineer", "Mijnheer",  "Mevrouw", "Rouva",   "Fru"}) {
        if (!before.ends_with(title)) continue;
        const std::size_t at = before.size() - title.size();
        if (at == 0 || !alnum(before[at - 1])) return true;
    }
    return false;
}

bool honorific_after(std::string_view text, std::size_t end) {
    const std::string_view after = text.substr(end);
    for (const std::string_view word : {"さん", "様", "さま", "氏", "殿", "くん", "先生", "-san", " san", "女士", "님", " 씨"})
        if (after.starts_with(word) && (word.back() != 'n' || !alnum(at_or(after, word.size(), ' ')))) return true;
    return false;
}

}  // namespace

std::optional<std::string> family_name_of(std::string_view full_name) {
    if (const std::size_t comma = full_name.find(','); comma != std::string_view::npos && comma > 0)
        return std::string(full_name.substr(0, comma));
    std::vector<std::string_view> words;
    for (std::size_t begin = 0; begin < full_name.size();) {
        std::size_t end = begin;
        while (end < full_name.size() && full_name[end] != ' ') ++end;
        // The ideographic blank parts words as well.
        const std::size_t wide = full_name.substr(begin, end - begin).find("\u3000");
        if (wide != std::string_view::npos) {
            words.push_back(full_name.substr(begin, wide));
            begin += wide + 3;
            continue;
        }
        if (end > begin) words.push_back(full_name.substr(begin, end - begin));
        begin = end + 1;
    }
    if (words.size() < 2) return std::nullopt;
    if (!has_case(first_of(words.front(), 0))) return std::string(words.front());
    std::size_t first = words.size() - 1;
    while (first > 1 && particle(words[first - 1])) --first;
    return std::string(full_name.substr(static_cast<std::size_t>(words[first].data() - full_name.data())));
}

bool doubtful_family_name(std::string_view folded) {
    if (letters_in(folded) < sure_letters) return true;
    std::size_t at = 0;
    if (!has_case(next_character(folded, at))) return true;
    return ordinary_words().contains(folded);
}

FamilyPlace family_place(std::string_view text, std::size_t begin, std::size_t end) {
    FamilyPlace place;
    // With particles in front ("von Berg") the last word has the capital.
    std::size_t last = begin;
    for (std::size_t at = begin; at < end; ++at)
        if (text[at] == ' ' || text[at] == '-') last = at + 1;
    const UChar32 first = first_of(text, last);
    const bool cased = has_case(first);
    place.addressed = title_before(text, begin) || honorific_after(text, end);
    if (!cased) {
        place.written_as_name = true;
        return place;
    }
    const bool glued = (begin > 0 && glue_before(text[begin - 1])) || (glued_after(text, end) && !honorific_after(text, end));
    place.written_as_name = (u_isupper(first) != 0 || u_istitle(first) != 0) && !glued;
    return place;
}

}  // namespace entente::policy
