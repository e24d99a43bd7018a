// Credentials: keys and tokens with a form of their own, headers, addresses and commands with passwords, assignments, sentences.

#include <array>

#include "policy/rules/default_rules.hpp"
#include "policy/rules/pieces.hpp"

namespace entente::policy {

namespace {

using protocol::DataClass;

#define PASSWORD_WORDS                                                                                                         \
    R"((?:pass[_ -]?word|passwd|passwort|kennwort|pass[_ -]?phrase|passcode|mot de passe|contrase(?:\xc3\xb1|n)a|wachtwoord|)" \
    R"(senha|has(?:\xc5\x82|l)o|l(?:\xc3\xb6|o)senord|\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c|)"                      \
    R"(\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89|\xe5\xaf\x86\xe7\xa0\x81|\xe5\xaf\x86\xe7\xa2\xbc|)"       \
    R"(\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8|pwd))"
#define SECRET_WORDS                                                                                             \
    R"((?:secret|api[_ -]?key|(?:access|secret|private|account|shared|encryption|master|signing|storage)[_ -]?)" \
    R"((?:access[_ -]?)?key|pre-?shared[_ -]?key|(?:auth|access|refresh|id|bearer|session|security|csrf|api)[_ -]?token|auth[_ -]?key))"
#define STRONG_WORDS "(?:" PASSWORD_WORDS "|" SECRET_WORDS ")"
#define WEAK_WORDS \
    R"((?:pass|(?:bind|root|user|db|admin|ldap|smtp|my|ftp|bmc|ipmi)?pw|token|credentials?|signature|session(?:[_ -]?id)?|community|otp|license[_ -]?key|sas|psk))"

constexpr std::array rules{
    // --- credentials with a form of their own ---
    Rule{"private_key", DataClass::secret, "PRIVATE KEY", R"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)",
         Check::private_key},
    Rule{"private_key", DataClass::secret, "Private-Lines:", R"(Private-Lines:[ \t]*\d{1,4})", Check::putty_key},
    Rule{"private_key", DataClass::secret, "AGE-SECRET-KEY-1", START R"((AGE-SECRET-KEY-1[0-9A-Z]{20,}))"},
    Rule{"aws_access_key", DataClass::secret, "A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{8}", START R"((A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16,}))"},
    Rule{"github_token", DataClass::secret, "gh[pousr]_|github_pat_",
         START R"((gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}))", Check::issued},
    Rule{"gitlab_token", DataClass::secret, "gl[a-z]{2,5}-",
         START R"((gl(?:pat|dt|rt|ptt|ft|imt|agent|soat|cbt|ffct|oas)-[A-Za-z0-9_\-.]{16,}))", Check::issued},
    Rule{"slack_token", DataClass::secret, "xox[a-z]-|xapp-", START R"((xox[a-z]-[A-Za-z0-9\-]{10,}|xapp-\d-[A-Za-z0-9\-]{10,}))",
         Check::issued},
    Rule{"slack_token", DataClass::secret, R"(hooks\.slack\.com/)",
         R"(hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_\-]{20,}))"},
    Rule{"stripe_key", DataClass::secret, "[sr]k_(?:live|test)_|whsec_",
         START R"(([sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}))", Check::issued},
    Rule{"google_key", DataClass::secret, R"(AIza|ya29\.|GOCSPX-)",
         START R"((AIza[0-9A-Za-z_\-]{30,}|ya29\.[0-9A-Za-z_\-]{20,}|GOCSPX-[0-9A-Za-z_\-]{20,}))", Check::issued},
    Rule{"json_web_token", DataClass::secret, "eyJ",
         START R"((eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,3}))"},
    Rule{
        "service_token", DataClass::secret,
        R"(npm_|pypi-AgE|do[opr]_v1_|sk-|hf_|SG\.|sh[pc]|dapi|hv[sb]\.|dckr_|atlasv1|glsa_|sntry|xkeysib-|ATATT3|NRAK-|lin_api_|dp\.|rubygems_)",
        START
        R"((npm_[A-Za-z0-9]{30,}|pypi-AgE[A-Za-z0-9_\-]{20,}|do[opr]_v1_[a-f0-9]{40,}|sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_\-]{20,})"
        R"(|hf_[A-Za-z0-9]{30,}|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}|dapi[a-f0-9]{32,})"
        R"(|hv[sb]\.[A-Za-z0-9_\-]{20,}|dckr_pat_[A-Za-z0-9_\-]{20,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{40,}|glsa_[A-Za-z0-9_]{30,})"
        R"(|sntry[su]_[A-Za-z0-9_+/=\-]{30,}|xkeysib-[a-f0-9]{40,}[A-Za-z0-9\-]*|ATATT3[A-Za-z0-9_\-=]{30,}|NRAK-[A-Z0-9]{20,})"
        R"(|lin_api_[A-Za-z0-9]{30,}|dp\.(?:pt|st|ct)\.[A-Za-z0-9._\-]{30,}|rubygems_[a-f0-9]{40,}))",
        Check::issued},
    Rule{"service_token", DataClass::secret, R"(\d:AA[A-Za-z0-9_\-]{20})", START R"((\d{8,10}:AA[A-Za-z0-9_\-]{30,}))"},
    Rule{"signed_address", DataClass::secret,
         R"((?i)[?&;](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=)",
         R"((?i)[?&;](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=([A-Za-z0-9%+/=_\-]{16,}))"},
    Rule{"password_hash", DataClass::secret, R"(\$[0-9a-z-]{1,14}\$[A-Za-z0-9./])",
         R"((\$(?:apr1|1|2[abxy]?|5|6|7|y|gy|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9\-]*)\$[A-Za-z0-9./+=,$_\-]{20,}))"},
    Rule{"password_hash", DataClass::secret, R"(\{S?S(?:HA|MD5))",
         R"((\{(?:SSHA|SHA|SMD5|SSHA(?:256|384|512))\}[A-Za-z0-9+/=]{20,}))"},
    // --- headers ---
    Rule{"authorization_header", DataClass::secret, "(?i)authorization", R"((?i)(?:proxy-|x-)?authorization)" SEPARATOR,
         Check::header},
    Rule{"bearer_token", DataClass::secret, "(?i)bearer", R"((?i)\bbearer[ :=]{1,4}["']?([A-Za-z0-9_\-.~+/=]{12,}))",
         Check::random},
    Rule{"basic_credentials", DataClass::secret, R"((?i)basic[ ])", R"((?i)\bbasic[ ]{1,4}([A-Za-z0-9+/]{6,}={0,2}))",
         Check::basic},
    Rule{"session_cookie", DataClass::secret, R"((?i)cookie)", R"((?i)\b(?:set-)?cookie)" SEPARATOR, Check::to_line_end},
    Rule{
        "session_cookie", DataClass::secret,
        R"((?i)(?:sessionid|sessid|connect\.sid|_sid|laravel_session|xsrf-token|csrftoken|auth_token)[=])",
        R"((?i)(?:[A-Z.]*sessionid|phpsessid|aspsessionid[a-z]*|connect\.sid|[a-z]*_sid|laravel_session|xsrf-token|csrftoken|auth_token)=)"
        R"(([A-Za-z0-9%_\-.!:+/~]{8,}))",
        Check::random},
    // --- in addresses and on command lines ---
    Rule{"url_password", DataClass::secret, R"(://[^\s/@]*:[^\s/]*@)", R"(://[^\s/@:"'<>]{0,200}:([^\s/"'<>]{1,200})@)"},
    Rule{"url_password", DataClass::secret, R"((?i)jdbc:oracle)",
         R"((?i)jdbc:oracle:[a-z0-9]{2,5}:[^/\s@]{1,100}/([^@\s]{1,100})@)"},
    Rule{
        "command_password", DataClass::secret, R"((?i)sqlplus|rman |expdp|impdp)",
        R"((?i)\b(?:sqlplus|rman|expdp|impdp)(?:[ ]{1,4}-[^\s]{1,20}){0,4}[ ]{1,4}(?:target[ ]+)?["']?[\w$#.]{1,60}/([^\s@"']{1,100}))"},
    Rule{"command_password", DataClass::secret, R"((?i)curl|wget)",
         R"((?i)\b(?:curl|wget)\b[^\n]{0,200}?\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'/]{1,100}:([^\s"']{1,100}))"},
    Rule{"command_password", DataClass::secret, R"((?i)sshpass|mysql|mariadb)",
         R"((?i)\b(?:sshpass|mysql(?:dump|admin|import)?|mariadb(?:-dump)?)\b[^\n]{0,120}?\s-p[ ]?["']?([^\s"'\-][^\s"']{2,100}))",
         Check::command},
    Rule{"command_password", DataClass::secret, "(?i)-(?:" STRONG_WORDS "|token|pass)",
         "(?i)(?:^|[^A-Za-z0-9])--?[a-z0-9-]{0,30}(?:" STRONG_WORDS R"(|token|pass)[ \t]{1,8}["']?([^\s"'\-][^\s"']{3,200}))",
         Check::command},
    Rule{
        "command_password", DataClass::secret, R"((?i)login\s)",
        R"((?i)\b(?:docker|podman|nerdctl|registry|skopeo|oras|oc|az|cf)[ ]{1,4}login\b[^\n]{0,120}?\s-p[ ]{1,4}["']?([^\s"'\-][^\s"']{2,100}))",
        Check::command},
    Rule{
        "command_password", DataClass::secret, R"((?i)/user:|sudo\s+-S)",
        R"((?i)(?:/user:\S{1,80}[ ]{1,4}|echo[ ]{1,4})["']?([^\s"'|/]{3,100})["']?(?:[ ]{0,4}\|[ ]{0,4}sudo[ ]{1,4}-S|[ \t]|\r|\n|$))",
        Check::user_or_sudo},
    Rule{"command_password", DataClass::secret, R"((?i)identified)",
         R"((?i)identified\s+(?:with\s+[\w"'`]{1,60}\s+)?(?:by|as)\s+["']([^"'\n]{1,200})["'])", Check::none, true},
    Rule{"command_password", DataClass::secret, R"((?i)password\s+(?:["']|[0-9]\s|0x))",
         R"((?i)\bpassword\s+["']([^"'\n]{1,200})["'])"},
    Rule{"device_password", DataClass::secret, R"((?i)(?:password|secret|key)\s+[0-9]\s)",
         R"((?i)\b(?:password|secret|key)[ \t]+[0-9][ \t]+([^\s"']{4,200}))", Check::random},
    Rule{"device_password", DataClass::secret, R"((?i)key[ \t])",
         R"((?i)(?:^|\n)[ \t]{0,20}(?:(?:radius|tacacs)-server[ ]|server-)?key[ \t]{1,4})", Check::assigned_random},
    Rule{"device_password", DataClass::secret, R"((?i)community\s)",
         R"((?i)\bcommunity[ \t]+["']?([^\s"']{3,100})["']?[ \t]+(?:ro|rw|view|group)\b)"},
    Rule{"device_password", DataClass::secret, R"((?i)machine\s)",
         R"((?i)\bmachine\s+\S{1,100}\s+login\s+\S{1,100}\s+password\s+(\S{1,200}))", Check::none, true},
    Rule{"command_password", DataClass::secret, R"(:(?:5432|6432|\*):)",
         R"((?m)^[\w.*\-]{1,100}:(?:5432|6432|\*):[^:\s]{1,63}:[^:\s]{1,63}:(\S{1,200})$)"},
    Rule{"command_password", DataClass::secret, R"((?i)\.(?:login|authenticate)\()",
         R"((?i)\.(?:login|authenticate)\([ ]{0,4}["'][^"'\n]{1,80}["'][ ]{0,4},[ ]{0,4}["']([^"'\n]{3,100})["'])"},
    // --- assignments ---
    Rule{"assigned_secret", DataClass::secret, "(?i)" STRONG_WORDS,
         "(?i)" STRONG_WORDS R"((?:[_-]?(?:\d{1,2}|value|text|plain|clear|base))?)" SEPARATOR, Check::assigned},
    Rule{"assigned_secret", DataClass::secret, "(?i)" STRONG_WORDS,
         R"((?i)\b(?:key|name|id)["']?[ \t]{0,8}[=:][ \t]{0,8}["']?[\w.\-]{0,40})" STRONG_WORDS
         R"(["']?[\s,;]{1,40}["']?value["']?[ \t]{0,8}[=:][ \t]{0,8})",
         Check::assigned, true},
    Rule{"assigned_secret", DataClass::secret, "(?i)" STRONG_WORDS R"([ \t\w:.="'-]{0,80}>)",
         R"((?i)<[a-z0-9_:.\-]{0,40})" STRONG_WORDS R"((?:\s[^<>\n]{0,80})?>)", Check::element},
    Rule{"assigned_secret", DataClass::secret, R"((?i)(?:pass|token|pw)[\s>])",
         R"((?i)<[\w.:\-]{0,60}(?:pass|token|pw)(?:\s[^<>\n]{0,80})?>)", Check::element},
    Rule{
        "assigned_secret", DataClass::secret, R"((?i)[(][ ]{0,4}["'][\w.\-]{0,40})" STRONG_WORDS,
        R"((?i)\b(?:define|put|set|add|setproperty|setattribute|setheader|header|with)[ ]{0,4}\([ ]{0,4}["'][\w.\-]{0,40})" STRONG_WORDS
        R"(["'][ ]{0,8},[ ]{0,8})",
        Check::assigned},
    Rule{"assigned_secret", DataClass::secret,
         R"((?i)[(][ ]{0,4}["'][\w.\-]{0,40})"
         R"((?:token|pass|pw))",
         R"((?i)\b(?:define|put|set|add|setproperty|setattribute|setheader|header|with)[ ]{0,4}\([ ]{0,4}["'][\w.\-]{0,40})"
         R"((?:token|pass|pw))"
         R"(["'][ ]{0,8},[ ]{0,8})",
         Check::assigned_weak},
    Rule{"assigned_secret", DataClass::secret, "(?i)" WEAK_WORDS,
         R"((?:(?:^|[^A-Za-z0-9]|\\[nrt])(?i:)" WEAK_WORDS R"()|[A-Za-z0-9](?:Token|Pass|Pw|Signature|Otp|Credentials)))" SEPARATOR,
         Check::assigned_weak},
    Rule{"assigned_secret", DataClass::secret, R"((?i)key|auth)", R"((?i)\b[\w.\-]{0,40}(?:key|auth))" SEPARATOR,
         Check::assigned_random},
    Rule{"password_hash", DataClass::secret, R"((?i)pass(?:word|wd)?[_-]?(?:hash|digest))",
         R"((?i)pass(?:word|wd)?[_-]?(?:hash|digest))" SEPARATOR, Check::assigned_random},
    Rule{"assigned_secret", DataClass::secret, R"(PIN)", R"(\bPIN(?:[ -]?(?:[Cc]ode|CODE))?[ \t]{0,4}[=:]?[ \t]{0,4}(\d{4,8})\b)"},
    Rule{
        "spoken_secret", DataClass::secret, "(?i)" PASSWORD_WORDS,
        "(?i)" PASSWORD_WORDS
        R"((?:[ \t]{1,4}[\w@.\-]{1,40}){0,4}?[ \t]{1,4}(?:is|was|ist|war|lautet|set to|changed to|reset to|to|auf|est|es|\xc3\xa8|\xc3\xa9|to|jest|\xe2\x80\x93|-)[ \t]{0,4}:?[ \t]{0,4})",
        Check::phrase},
    // パスワードは「...」です, 密码是 ...: the word for "is" stands without a blank.
    Rule{"spoken_secret", DataClass::secret, "(?i)" PASSWORD_WORDS,
         "(?i)" PASSWORD_WORDS R"((?:\xe3\x81\xaf|\xe6\x98\xaf|\xe4\xb8\xba|\xe7\x82\xba|\xec\x9d\x80|\xeb\x8a\x94)[ \t]{0,4})",
         Check::phrase},
    // "Password for the console: ...", "Passwort für root: ..."
    Rule{
        "spoken_secret", DataClass::secret, "(?i)" PASSWORD_WORDS,
        "(?i)" PASSWORD_WORDS
        R"([ ](?:for|of|to|on|f\xc3\xbcr|zu|zum|zur|von|do|de|del|da|pour|per|van|voor|till|f\xc3\xb6r)(?:[ ][\w.@\-]{1,40}){1,3}[ ]?(?::|\xef\xbc\x9a)[ \t]{0,4})",
        Check::phrase},
    Rule{"spoken_secret", DataClass::secret, "(?i)" PASSWORD_WORDS, "(?i)" PASSWORD_WORDS R"([ \t]{1,4}[(\[]?)", Check::phrase},
    Rule{
        "spoken_secret", DataClass::secret, R"((?i)(?:credentials|login|logon|zugang|user/pass|username))",
        R"((?i)\b(?:credentials|login|logon|zugang(?:sdaten)?|user(?:name)?[ ]?/[ ]?pass(?:word)?)(?:[ ](?:is|was|ist|lautet))?[ \t]{0,4}[:=]?[ \t]{0,4}[\w.@\\\-]{1,60}[ \t]?/[ \t]?([^\s/]{4,100}))",
        Check::random},
};

}  // namespace

std::span<const Rule> credential_rules() {
    return rules;
}

}  // namespace entente::policy
