// Persons: mail addresses, telephones, bank accounts, payment cards, national numbers, names where the text says that one follows.

#include <array>

#include "policy/rules/default_rules.hpp"
#include "policy/rules/pieces.hpp"

namespace entente::policy {

namespace {

#define PERSONAL protocol::DataClass::personal_contact

constexpr std::array rules{
    // --- persons ---
    Rule{
        "mail_address", PERSONAL, R"(@|%40|\\u0040|[\[(](?:at|AT)[\])])",
        R"(((?:[A-Za-z0-9]|[\xc3-\xd4][\x80-\xbf])(?:[A-Za-z0-9._%+'\-]|[\xc3-\xd4][\x80-\xbf]){0,63})"
        R"((?:@|%40|\\u0040|[ ]?[\[(](?:at|AT)[\])][ ]?))"
        R"((?:(?:[A-Za-z0-9\-]|[\xc3-\xd4][\x80-\xbf]){1,63}\.){1,8}(?:xn--[A-Za-z0-9\-]{2,59}|(?:[A-Za-z]|[\xc3-\xd4][\x80-\xbf]){2,24})))",
        Check::mail},
    Rule{"phone_number", PERSONAL, R"(\+[1-9])", R"((\+[1-9](?:[ .()/\-]{0,2}\d){6,15}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?))",
         Check::phone_international},
    Rule{"phone_number", PERSONAL, R"(00[1-9])", R"((00[1-9]\d{0,2}[ ./()\-](?:[ .()/\-]{0,2}\d){6,13}))",
         Check::phone_international},
    Rule{
        "phone_number", PERSONAL, R"(\d{3}[)]?[ .-]?\d{3}[ .-]\d{4})",
        R"(((?:1[ .\-])?(?:\([2-9]\d{2}\)[ .\-]?[2-9]\d{2}[ .\-]|[2-9]\d{2}-[2-9]\d{2}-|[2-9]\d{2}\.[2-9]\d{2}\.|[2-9]\d{2}[ ][2-9]\d{2}-)\d{4})"
        R"((?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?))",
        Check::phone_national},
    Rule{"phone_number", PERSONAL, R"(0\d{2,5}[ ]?/[ ]?\d|\(0\d{1,5}\))",
         R"(((?:\(0\d{1,5}\)[ ]?|0\d{2,5}[ ]?/[ ]?)\d(?:[ \-]?\d){4,9}))", Check::phone_national},
    Rule{"phone_number", PERSONAL, R"(0\d{1,3}-\d{2,4}-\d{4})", R"((0\d{1,3}-\d{2,4}-\d{4}))", Check::japanese_phone},
    Rule{"phone_number", PERSONAL, R"(0[1-9](?:[ .]\d\d){4})", R"((0[1-9](?:[ .]\d\d){4}))", Check::french_pairs},
    Rule{
        "phone_number", PERSONAL,
        R"((?i)tel|phone|fon\b|fon[.: ]|mobil|cell|fax|handy|rufnummer|r\xc3\xbcckruf|call |reach |dial|t\xc3\xa9l|\xe9\x9b\xbb\xe8\xa9\xb1|\xe7\x94\xb5\xe8\xaf\x9d)",
        R"((?i)(?:\b(?:tel(?:e(?:phone|fon|fono))?|phone|fon|mobil(?:e|telefon|nummer)?|cell(?:phone)?|fax|handy|rufnummer|r\xc3\xbcckruf)"
        R"(|(?:call|reach)(?:[ ](?:me|us|him|her|them))?(?:[ ]back)?[ ](?:at|on|under)|dial(?:[ ]in)?)|t\xc3\xa9l(?:\xc3\xa9phone|\xc3\xa9fono)?|\xe9\x9b\xbb\xe8\xa9\xb1|\xe7\x94\xb5\xe8\xaf\x9d))"
        R"((?:[ ]?(?:no|nr|number|nummer|num\xc3\xa9ro))?\.?["']?(?:\xe7\x95\xaa\xe5\x8f\xb7|\xe5\x8f\xb7\xe7\xa0\x81)?[ \t]{0,4}(?:[:=]|\xef\xbc\x9a)?[ \t]{0,4}["']?)"
        R"((\+?[(]?\d(?:[ .()/\-]{0,2}\d){5,15}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?))",
        Check::phone_labelled},
    Rule{"bank_account", PERSONAL, R"([A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{4})",
         R"(([A-Za-z]{2}\d{2}(?:[ \-]?[A-Za-z0-9]){11,31}))", Check::iban},
    Rule{"payment_card", PERSONAL, R"(\d{4}[ -]?\d{4}[ -]?\d{4}|3[47]\d{2}[ -]\d{6})", R"((\d(?:[ \-]?\d){12,18}))",
         Check::payment_card},
    Rule{"national_id", PERSONAL, R"(\d{3}-\d{2}-\d{4})", R"((\d{3}-\d{2}-\d{4}))", Check::us_ssn},
    Rule{"national_id", PERSONAL, R"(\d{6}[-+A-FU-Y]\d{3}[0-9A-Z])", R"((\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]))", Check::finnish_id},
    Rule{"national_id", PERSONAL, R"(\d{6}[-+]\d{4})", R"(((?:19|20)?\d{6}[-+]\d{4}))", Check::swedish_id},
    Rule{"national_id", PERSONAL, R"(\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2})", R"((\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}))",
         Check::belgian_id},
    Rule{"national_id", PERSONAL, R"(756[. ]\d{4}[. ]\d{4}[. ]\d{2})", R"((756[. ]\d{4}[. ]\d{4}[. ]\d{2}))", Check::swiss_id},
    Rule{"national_id", PERSONAL, R"(\d{3}\.\d{3}\.\d{3}-\d{2})", R"((\d{3}\.\d{3}\.\d{3}-\d{2}))", Check::brazilian_id},
    Rule{"national_id", PERSONAL, R"(\d{7}-?[A-Z])", R"(((?:\d{8}|[XYZ]\d{7})-?[A-Z]))", Check::spanish_id},
    Rule{"national_id", PERSONAL, R"((?i)[A-Z]\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z])",
         R"((?i)([A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]))", Check::italian_id},
    Rule{"national_id", PERSONAL, R"([12][ ]?\d{2}[ ]?[01]\d[ ]?\d[0-9AB][ ]?\d{3}[ ]?\d{3}[ ]?\d{2})",
         R"(([12][ ]?\d{2}[ ]?[01]\d[ ]?\d[0-9AB][ ]?\d{3}[ ]?\d{3}[ ]?\d{2}))", Check::french_id},
    Rule{"national_id", PERSONAL, R"(\d{6}(?:19|20)\d{2}[01]\d[0-3]\d{4}[0-9Xx])",
         R"((\d{6}(?:19|20)\d{2}[01]\d[0-3]\d{4}[0-9Xx]))", Check::chinese_id},
    Rule{"national_id", PERSONAL, R"(\d{6}-[1-8]\d{6})", R"((\d{6}-[1-8]\d{6}))", Check::korean_id},
    Rule{"national_id", PERSONAL, R"([A-Z]{4}\d{6}[HMX][A-Z]{5})", R"(([A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d))", Check::mexican_id},
    Rule{"national_id", PERSONAL, R"([STFGM]\d{7}[A-Z])", R"(([STFGM]\d{7}[A-Z]))", Check::singaporean_id},
    Rule{"national_id", PERSONAL, R"(\d{6}/\d{4})", R"((\d{6}/\d{4}))", Check::czech_id},
    Rule{
        "national_id", PERSONAL,
        R"((?i)steuer|identifikationsnr|idnr|pesel|bsn|burgerservice|aadhaar|social security|ssn|national insurance|nino|passport|reisepass|ausweis|f\xc3\xb8dsel|personnummer|cpr|kimlik|id number|\bsin\b|social insurance|tfn|tax file|\bnif\b|contribuinte|nhs|sozialvers|svnr|\bcnp\b|\boib\b|\bpps|national id|id card|\bpnr\b|tckn|\brrn\b|identity code|identity number|(?:turkish|swedish|finnish|danish|korean|polish) id|\xe5\x80\x8b\xe4\xba\xba\xe7\x95\xaa\xe5\x8f\xb7|\xe3\x83\x9e\xe3\x82\xa4\xe3\x83\x8a\xe3\x83\xb3\xe3\x83\x90\xe3\x83\xbc)",
        R"((?i)(?:\b(?:steuer-?(?:id|identifikationsnummer|idnr\.?)|idnr\.?|pesel|bsn|burgerservicenummer|aadhaar|social security(?: number)?|ssn|national insurance(?: number)?|nino|passport|reisepass|(?:personal)?ausweis|f\xc3\xb8dselsnummer|personnummer|cpr|(?:t\.?c\.?[ ]?)?kimlik|(?:sa|rsa|national|identity|za)[ ]?id(?:entity)?|id card|sin|social insurance(?: number)?|tfn|tax file(?: number)?|nif|contribuinte|nhs|sozialversicherungs|svnr|cnp|oib|pps|pnr|tckn|rrn|personal identity|(?:turkish|swedish|finnish|danish|korean|polish)[ ]id)|\xe5\x80\x8b\xe4\xba\xba\xe7\x95\xaa\xe5\x8f\xb7|\xe3\x83\x9e\xe3\x82\xa4\xe3\x83\x8a\xe3\x83\xb3\xe3\x83\x90\xe3\x83\xbc)(?:[ \-]?(?:no|nr|number|nummer|code|numaras\xc4\xb1))?\.?["']?[ \t]{0,4}(?:(?:[:=#]|\xef\xbc\x9a)|(?:is|ist|lautet|est|es)[ ])?[ \t]{0,4}["']?)"
        R"(([A-Z0-9](?:[ \-]?[A-Z0-9]){6,13}))",
        Check::labelled_id},
    Rule{
        "person_name", PERSONAL,
        R"((?i)contact|ansprechpartner|kontakt|reported by|requested by|requester|caller|attn|attention|technician|engineer|assigned to|submitted by|opened by|author|name|vorname)",
        R"((?i)(?:\b(?:(?:primary |customer |on-?site |site |technical |main |emergency )?contact(?:[ _-]?(?:person|name))?|ansprechpartner(?:in)?|kontakt(?:person)?|)"
        R"(reported by|requested by|requester|caller(?:[ _-]?name)?|attn\.?|attention|technician|(?:support )?engineer(?:[ _-]?name)?|assigned to|submitted by|opened by|author|)"
        R"((?:full|first|last|family|given|display|real)[ _-]?name|vorname|nachname|familienname)|(?:first|last|full|display|contact|engineer)name))" SEPARATOR
        R"([\\"'`]{0,3})",
        Check::person_label},
    Rule{
        "person_name", PERSONAL,
        R"((?i)(?:report|request)ed by |(?:spoke|talked|speak|talk) (?:to|with) |on behalf of |contact person )",
        R"((?i)\b(?:reported by|requested by|(?:spoke|talked|speak|talk) (?:to|with)|on behalf of|contact person(?:[ ](?:-|is|was))?)[ ])",
        Check::person_full},
    Rule{"person_name", PERSONAL, R"((?i)--[ ]?\r?\n)", R"((?:^|\n)--[ ]?\r?\n)", Check::person_signature, true},
    Rule{"person_name", PERSONAL, R"((?i)(?:from|to|cc|bcc|reply-to|von|an|sender):)",
         R"((?i)(?:^|\n)[ \t>]{0,8}(?:from|to|cc|bcc|reply-to|von|an|sender):[ \t]{1,8}["']?)", Check::person_sender},
    Rule{
        "person_name", PERSONAL,
        R"((?i)regards|thanks|thank you|sincerely|cheers|gr\xc3\xbc(?:\xc3\x9f|ss)e|cordialement|saludos|best,)",
        R"((?i)(?:^|[\n.!?][ ]?)[ \t>]{0,8}(?:(?:best|kind|warm|kindest|many|with(?: best| kind)?|yours|viele|beste|liebe|freundliche|mit freundlichen|mit besten|sch\xc3\xb6ne|bien)[ ])?)"
        R"((?:regards|thanks|thank you|sincerely|cheers|gr\xc3\xbc(?:\xc3\x9f|ss)en?|cordialement|saludos|best)[,.!]?[ \t]{0,8}\r?\n\s{0,20}(?:>[ ])?)",
        Check::person_signature, true},
    Rule{"person_name", PERSONAL, R"((?:Hi|Hello|Dear|Hallo|Lieber?|Guten Tag|Bonjour|Hola|Sehr geehrte)\s)",
         R"((?:^|\n)[ \t>]{0,8}(?:Hi|Hello|Dear|Hallo|Lieber?|Guten Tag|Bonjour|Hola)[ ])", Check::person_greeting},
    Rule{"person_name", PERSONAL, R"((?:Mr|Mrs|Ms|Dr|Herrn?|Frau|Mme|Monsieur|Madame|Se\xc3\xb1ora?|Prof)[. ])",
         R"((?:^|[^A-Za-z])(?:Mr\.?|Mrs\.?|Ms\.?|Dr\.|Herrn?|Frau|Mme\.?|Monsieur|Madame|Se\xc3\xb1ora?|Prof\.)[ ])",
         Check::person_label},
};

}  // namespace

std::span<const Rule> person_rules() {
    return rules;
}

}  // namespace entente::policy
