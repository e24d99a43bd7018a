// Keys and tokens that their issuers gave a form of their own, so that they can be found without a word beside them. Sources: the
// issuers' documentation. The commonest ones have codes of their own in credentials.cpp.

#include <array>

#include "policy/rules/default_rules.hpp"
#include "policy/rules/pieces.hpp"

namespace entente::policy {

namespace {

using protocol::DataClass;

#define ISSUED(trigger, form)                                                          \
    Rule {                                                                             \
        "service_token", DataClass::secret, trigger, START "(" form ")", Check::issued \
    }

constexpr std::array rules{
    ISSUED(R"(\dQ~)", R"([A-Za-z0-9_~.\-]{3}\dQ~[A-Za-z0-9_~.\-]{31,34})"),  // Microsoft Entra
    ISSUED(
        "LTAI|AKID|AQVN|AKCp|cmVmd",
        R"(LTAI[A-Za-z0-9]{16,22}|AKID[A-Za-z0-9]{32}|AQVN[A-Za-z0-9_\-]{35,38}|AKCp[A-Za-z0-9]{60,75}|cmVmd[A-Za-z0-9]{55,64})"),
    ISSUED(R"(t1\.|YC[A-Za-z0-9_\-]{38})", R"(t1\.[A-Z0-9a-z_\-]{1,200}={0,2}\.[A-Z0-9a-z_\-]{80,90}={0,2}|YC[A-Za-z0-9_\-]{38})"),
    ISSUED("ABSK|bedrock-api-key-", R"(ABSK[A-Za-z0-9+/]{40,280}={0,2}|bedrock-api-key-[A-Za-z0-9+/=_\-]{20,})"),
    ISSUED("SK[0-9a-f]{32}|key-[0-9a-f]{32}|[0-9a-f]{32}-us|[0-9a-f]{32}-[0-9a-f]{8}-",
           R"(SK[0-9a-f]{32}|(?:pub)?key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})"),
    ISSUED(
        "PMAK-|pul-|pnu_|rdme_|tfp_|sgp_|pscale_|sbp_|fio-u-|ico-|dnkey-|nvapi-|gsk_|r8_|xai-|pplx-",
        R"(PMAK-[0-9a-f]{24}-[0-9a-f]{34}|pul-[0-9a-f]{40}|pnu_[A-Za-z0-9]{36}|rdme_[a-z0-9]{70}|tfp_[A-Za-z0-9_\-.=]{40,70}|sgp_(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40})"
        R"(|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9=.\-_]{32,64}|sbp_[a-f0-9]{40}|fio-u-[A-Za-z0-9\-_=]{60,68}|ico-[A-Za-z0-9]{32}|dnkey-[A-Za-z0-9=_\-]{26}-[A-Za-z0-9=_\-]{52})"
        R"(|nvapi-[A-Za-z0-9_\-]{50,80}|gsk_[A-Za-z0-9]{50,56}|r8_[A-Za-z0-9]{36,40}|xai-[A-Za-z0-9]{60,90}|pplx-[A-Za-z0-9]{40,56})"),
    ISSUED(
        "sq0(?:csp|atp|idp)-|EAAA|EAAM|EAAC|EZ[AT]K|duffel_|FLW(?:SECK|PUBK)|shippo_|access-(?:sandbox|development|production)-|(?:"
        "live|test)_[A-Za-z0-9]{30}",
        R"(sq0(?:csp|atp|idp)-[A-Za-z0-9_\-]{22,60}|EAAA[A-Za-z0-9_\-]{56,64}|EAA[MC][A-Za-z0-9]{20,300}|EZ[AT]K[A-Za-z0-9]{54}|duffel_(?:test|live)_[A-Za-z0-9_\-=]{43})"
        R"(|FLW(?:SECK|PUBK)(?:_TEST)?-[0-9a-f]{12,32}(?:-X)?|shippo_(?:live|test)_[0-9a-f]{40}|access-(?:sandbox|development|production)-[0-9a-f\-]{36}|(?:live|test)_(?:pub_)?[0-9a-f]{31,40})"),
    ISSUED(
        "HRKU-|NR(?:AK|II|JS)-|ntn_|secret_[A-Za-z0-9]{40}|figd_|CFPAT-|CLOJARS_|API-[A-Z0-9]{26}|ops_eyJ|A3-[A-Z0-9]{6}",
        R"(HRKU-[A-Za-z0-9_\-]{36,60}|NR(?:II|AK)-[A-Za-z0-9\-]{27,32}|NRJS-[0-9a-f]{19}|ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{43}|figd_[A-Za-z0-9_\-]{40,50}|CFPAT-[A-Za-z0-9_\-]{43})"
        R"(|CLOJARS_[A-Za-z0-9]{60}|API-[A-Z0-9]{26}|ops_eyJ[A-Za-z0-9+/]{200,}={0,3}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5})"),
    ISSUED(
        "glc_|eyJrIjoi|dt0c01|sm_[aps]at_|sntrys_|sha256~|tk-us-|pat\\.|sat\\.|p8e-|v1\\.0-[a-f0-9]{24}|GR1348941|api_org_|s-s4t2["
        "au][fd]-",
        R"(glc_[A-Za-z0-9+/]{32,}={0,3}|eyJrIjoi[A-Za-z0-9+/]{70,}={0,3}|dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}|sm_[aps]at_[A-Za-z0-9]{16}|sntrys_eyJ[A-Za-z0-9+/=_\-]{40,})"
        R"(|sha256~[A-Za-z0-9_\-]{43}|tk-us-[A-Za-z0-9_\-]{48}|[ps]at\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}|p8e-[A-Za-z0-9]{32}|v1\.0-[a-f0-9]{24}-[a-f0-9]{146})"
        R"(|GR1348941[A-Za-z0-9_\-]{20,}|api_org_[A-Za-z]{34}|s-s4t2[au][fd]-[a-f0-9]{64})"),
    ISSUED(
        R"(fo1_|fm[12][ar]?_|pat[A-Za-z0-9]{14}\.|[MNO][A-Za-z0-9_\-]{23,25}\.[A-Za-z0-9_\-]{6}\.|[ps]k\.[A-Za-z0-9]{60}|(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.)",
        R"(fo1_[A-Za-z0-9_\-]{43}|fm[12][ar]?_[A-Za-z0-9+/]{100,}={0,3}|pat[A-Za-z0-9]{14}\.[a-f0-9]{64}|[MNO][A-Za-z0-9_\-]{23,25}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,38})"
        R"(|[ps]k\.[A-Za-z0-9]{60}\.[A-Za-z0-9]{22}|(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_\-][A-Za-z0-9\-]{10,32}\.[A-Za-z0-9+/_=\-]{30,120})"),
    ISSUED("AT[AC]TT3|ATBB|BBDC-|AAAAAAAAAA",
           R"(AT[AC]TT3[A-Za-z0-9_\-=]{30,}|ATBB[A-Za-z0-9]{28,36}|BBDC-[A-Za-z0-9+/]{40,48}|A{20,24}[A-Za-z0-9%]{60,120})"),
    ISSUED("oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}|apify_api_|aio_",
           R"(oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}|apify_api_[A-Za-z0-9]{36}|aio_[A-Za-z0-9]{28})"),
    Rule{
        "service_token", DataClass::secret, R"((?i)webhook\.office\.com/|discord(?:app)?\.com/api/webhooks/)",
        R"((?i)(?:webhook\.office\.com/webhookb2/([A-Za-z0-9\-@/]{60,260})|discord(?:app)?\.com/api/webhooks/[0-9]{15,20}/[A-Za-z0-9_\-]{50,80}))"},
};

}  // namespace

std::span<const Rule> issuer_rules() {
    return rules;
}

}  // namespace entente::policy
