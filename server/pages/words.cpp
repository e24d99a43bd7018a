#include "server/pages/words.hpp"

#include <array>

namespace entente::pages::words {

const Said ask_title{{"May {vendor} share information with {partners}?", "Darf {vendor} Informationen an {partners} weitergeben?",
                      "{vendor} が {partners} に情報を共有してもよいですか?"}};
const Said ask_lead{
    {"{vendor} is working on a problem of {customer} and needs the help of {partners}. For this, {partners} would have to "
     "see some of the information in the support case. You decide. Without your yes, nothing is shared.",
     "{vendor} arbeitet an einem Problem von {customer} und braucht dabei die Hilfe von {partners}. Dazu müsste {partners} "
     "einige Informationen aus dem Supportfall sehen. Sie entscheiden. Ohne Ihr Ja wird nichts weitergegeben.",
     "{vendor} は {customer} の問題に対応しており、{partners} の協力が必要です。そのためには、{partners} "
     "がサポート案件の情報の一部を見る必要があります。決めるのはあなたです。あなたの同意がなければ、何も共有されません。"}};
const Said oral_lead{
    {"In an emergency, somebody of {customer} allowed this by word of mouth, and {partners} can see the information below now. "
     "That ends on {until} unless you confirm it here. If you refuse, it ends at once.",
     "In einem Notfall hat jemand von {customer} dies mündlich erlaubt, und {partners} kann die Informationen unten jetzt "
     "sehen. Das endet am {until}, wenn Sie es hier nicht bestätigen. Lehnen Sie ab, endet es sofort.",
     "緊急のため、{customer} の方が口頭で許可し、{partners} は現在、以下の情報を見ることができます。ここで確認しない場合、"
     "{until} に終了します。拒否すると直ちに終了します。"}};
const Said who_asks{{"Who asks", "Wer fragt", "依頼元"}};
const Said for_customer{{"About which customer", "Um welchen Kunden es geht", "対象のお客様"}};
const Said who_receives{{"Who would receive it", "Wer es bekäme", "情報を受け取る会社"}};
const Said what_for{{"What for", "Wofür", "目的"}};
const Said support_purpose{{"To find and mend the problem, and for nothing else.",
                            "Um das Problem zu finden und zu beheben, und für nichts anderes.",
                            "問題の原因を見つけて解決するためだけに使われます。"}};
const Said other_purpose{{"For this purpose and nothing else: {purpose}", "Für diesen Zweck und nichts anderes: {purpose}",
                          "次の目的だけに使われます: {purpose}"}};
const Said kinds{{"Which kinds of information", "Welche Arten von Informationen", "情報の種類"}};
const Said only_products{{"Only for these products", "Nur für diese Produkte", "対象製品"}};
const Said only_cases{{"Only for these cases", "Nur für diese Fälle", "対象案件"}};
const Said conditions{{"Conditions", "Bedingungen", "条件"}};
const Said never_leaves{{"What is never shared", "Was nie weitergegeben wird", "決して共有されないもの"}};
const Said never_leaves_text{
    {"Passwords, keys and other credentials are removed from every text before it leaves, whatever you allow.",
     "Passwörter, Schlüssel und andere Zugangsdaten werden aus jedem Text entfernt, bevor er weitergegeben wird, "
     "was immer Sie erlauben.",
     "パスワード、鍵、その他の認証情報は、何を許可しても、共有前にすべての文章から取り除かれます。"}};
const Said how_long{{"Until when", "Bis wann", "期限"}};
const Said how_long_text{{"Until {until}. You can end it earlier at any time.",
                          "Bis {until}. Sie können es jederzeit früher beenden.", "{until} まで。いつでも早く終了できます。"}};
const Said if_yes{{"If you say yes", "Wenn Sie Ja sagen", "許可した場合"}};
const Said if_yes_text{
    {"{partners} sees the kinds of information that you leave ticked. You get a receipt, and with it you can see later what was "
     "shown to whom, and withdraw.",
     "{partners} sieht die Arten von Informationen, die Sie angekreuzt lassen. Sie bekommen einen Beleg; damit können Sie später "
     "sehen, was wem gezeigt wurde, und widerrufen.",
     "{partners} は、チェックを残した種類の情報を見ることができます。控えが届き、後で何が誰に開示されたかを確認し、"
     "許可を取り消すことができます。"}};
const Said if_no{{"If you say no", "Wenn Sie Nein sagen", "拒否した場合"}};
const Said if_no_text{
    {"{partners} sees nothing, and does not learn of the case. {vendor} is told that you refused.",
     "{partners} sieht nichts und erfährt nichts von dem Fall. {vendor} wird mitgeteilt, dass Sie abgelehnt haben.",
     "{partners} には何も見えず、案件の存在も知らされません。{vendor} には拒否されたことが伝えられます。"}};

const Said step_code{{"1. Get a code", "1. Code anfordern", "1. コードを受け取る"}};
const Said code_why{
    {"So that nobody can answer in your place, we mail a code of eight digits to {address}. It is valid for 30 minutes.",
     "Damit niemand an Ihrer Stelle antworten kann, schicken wir einen Code aus acht Ziffern an {address}. Er gilt 30 Minuten.",
     "他の人が代わりに回答できないように、8桁のコードを {address} に送信します。有効期間は30分です。"}};
const Said send_code{{"Mail me a code", "Code zusenden", "コードを送信する"}};
const Said code_on_its_way{
    {"A code is on its way to {address}.", "Ein Code ist unterwegs an {address}.", "コードを {address} に送信しました。"}};
const Said step_decide{{"2. Decide", "2. Entscheiden", "2. 回答する"}};
const Said narrow_hint{{"Untick what you do not want to allow.",
                        "Nehmen Sie das Kreuz bei dem weg, was Sie nicht erlauben möchten.",
                        "許可しない項目のチェックを外してください。"}};
const Said may_receive{{"These companies may receive it", "Diese Firmen dürfen es bekommen", "受け取ってよい会社"}};
const Said may_see{{"They may see", "Sie dürfen sehen", "見てよい情報"}};
const Said allow_until{{"Allowed until the end of this day", "Erlaubt bis zum Ende dieses Tages", "許可する最終日"}};
const Said at_the_latest{{"At the latest {date}.", "Spätestens {date}.", "最長で {date} まで。"}};
const Said code_label{{"Code from the mail", "Code aus der Mail", "メールに記載されたコード"}};
const Said code_hint{{"Eight digits", "Acht Ziffern", "8桁の数字"}};
const Said allow{{"Allow what is ticked", "Erlauben, was angekreuzt ist", "チェックした内容を許可する"}};
const Said refuse{{"Refuse everything", "Alles ablehnen", "すべて拒否する"}};

const Said code_wrong{
    {"This code does not fit, or it has ended. Check the newest mail, or ask for a new code.",
     "Dieser Code passt nicht oder ist abgelaufen. Sehen Sie in der neuesten Mail nach oder fordern Sie einen neuen Code an.",
     "コードが正しくないか、有効期限が切れています。最新のメールを確認するか、新しいコードを請求してください。"}};
const Said code_too_many{
    {"Too many codes were asked for or tried. Try again in an hour, or ask {vendor} for a new link.",
     "Es wurden zu viele Codes angefordert oder versucht. Versuchen Sie es in einer Stunde wieder oder bitten Sie {vendor} um "
     "einen neuen Link.",
     "コードの請求または入力の回数が多すぎます。1時間後にもう一度試すか、{vendor} に新しいリンクを依頼してください。"}};
const Said ticket_ended{{"Your visit took longer than 30 minutes. Ask for a new code to go on.",
                         "Ihr Besuch hat länger als 30 Minuten gedauert. Fordern Sie einen neuen Code an, um fortzufahren.",
                         "30分以上経過しました。続けるには新しいコードを請求してください。"}};
const Said incomplete{
    {"Tick at least one company and one kind of information, and choose a day that is not later than the one asked for. Or refuse.",
     "Kreuzen Sie mindestens eine Firma und eine Art von Informationen an und wählen Sie einen Tag, der nicht später ist als der "
     "erfragte. Oder lehnen Sie ab.",
     "会社と情報の種類を少なくとも1つずつ選び、依頼された期限以前の日を選んでください。または拒否してください。"}};
const Said too_late{{"This has been decided already; nothing was changed.",
                     "Darüber ist bereits entschieden; es wurde nichts geändert.", "すでに回答済みです。変更はありません。"}};
const Said not_valid_title{{"This link is not valid", "Dieser Link ist nicht gültig", "このリンクは無効です"}};
const Said not_valid{
    {"It may have ended, or a newer one was sent. Look for a newer mail, or ask the company that wrote to you.",
     "Vielleicht ist er abgelaufen, oder es wurde ein neuerer geschickt. Suchen Sie nach einer neueren Mail oder fragen Sie die "
     "Firma, "
     "die Ihnen geschrieben hat.",
     "期限が切れたか、新しいリンクが送られた可能性があります。新しいメールを確認するか、連絡元の会社にお問い合わせください。"}};

const Said decided_title{{"Thank you. Your decision is recorded.", "Danke. Ihre Entscheidung ist festgehalten.",
                          "ありがとうございます。回答が記録されました。"}};
const Said was_allowed{{"You allowed {partners} to see what is listed below, until {until}.",
                        "Sie haben {partners} erlaubt, das unten Genannte zu sehen, bis {until}.",
                        "{partners} が以下の情報を {until} まで見ることを許可しました。"}};
const Said was_narrowed = was_allowed;
const Said was_refused{{"You refused. {partners} sees nothing.", "Sie haben abgelehnt. {partners} sieht nichts.",
                        "拒否しました。{partners} には何も見えません。"}};
const Said was_withdrawn{
    {"The permission is withdrawn. {partners} can see nothing of the cases any more, and was asked to delete what it took.",
     "Die Erlaubnis ist widerrufen. {partners} kann von den Fällen nichts mehr sehen und wurde aufgefordert, zu löschen, was es "
     "übernommen hat.",
     "許可は取り消されました。{partners} は案件の内容を見ることができなくなり、取得した情報の削除を求められました。"}};
const Said was_ended{{"The permission ended on {until}.", "Die Erlaubnis endete am {until}.", "許可は {until} に終了しました。"}};
const Said receipt_mailed{
    {"A receipt was mailed to {address}.", "Ein Beleg wurde an {address} geschickt.", "控えを {address} に送信しました。"}};
const Said keep_address{{"With the address in it you can see at any time what was shown to whom, and withdraw.",
                         "Mit der Adresse darin können Sie jederzeit sehen, was wem gezeigt wurde, und widerrufen.",
                         "記載されたアドレスから、何が誰に開示されたかをいつでも確認し、取り消すことができます。"}};
const Said open_receipt{{"Open the receipt", "Beleg öffnen", "控えを開く"}};

const Said receipt_title{{"What you allowed {vendor}", "Was Sie {vendor} erlaubt haben", "{vendor} への許可の内容"}};
const Said receipt_lead{{"Here you see what was agreed and everything that was shown to {partners}. You can withdraw here.",
                         "Hier sehen Sie, was vereinbart ist und was {partners} gezeigt wurde. Hier können Sie auch widerrufen.",
                         "許可の内容と、{partners} に開示されたすべての記録を確認し、許可を取り消すことができます。"}};
const Said see_title{{"See and withdraw", "Ansehen und widerrufen", "確認と取り消し"}};
const Said agreed{{"What is agreed", "Was vereinbart ist", "許可の内容"}};
const Said state{{"State", "Stand", "状態"}};
const Said disclosures{{"What was shown", "Was gezeigt wurde", "開示の記録"}};
const Said no_disclosures{{"Nothing was shown to anybody.", "Es wurde niemandem etwas gezeigt.", "まだ誰にも開示されていません。"}};
const Said not_all_disclosures{{"The newest {shown} of {total}; {vendor} can tell you the older ones.",
                                "Die neuesten {shown} von {total}; die älteren nennt Ihnen {vendor}.",
                                "{total} 件のうち最新の {shown} 件です。それ以前の記録は {vendor} にお問い合わせください。"}};
const Said disclosed_at{{"When", "Wann", "日時"}};
const Said disclosed_to{{"To whom", "Wem", "開示先"}};
const Said disclosed_case{{"Which case", "Welcher Fall", "案件"}};
const Said download{{"Download the record (JSON)", "Aufzeichnung herunterladen (JSON)", "記録をダウンロード (JSON)"}};
const Said signed_receipt{{"Signed receipt", "Signierter Beleg", "署名付き控え"}};
const Said withdraw_title{{"Withdraw", "Widerrufen", "許可の取り消し"}};
const Said withdraw_text{
    {"It takes effect at once: {partners} can see nothing of the cases any more and is asked to delete what it took. "
     "{vendor} may have to work on without their help.",
     "Das wirkt sofort: {partners} kann von den Fällen nichts mehr sehen und wird aufgefordert, zu löschen, was es übernommen "
     "hat. {vendor} muss dann vielleicht ohne diese Hilfe weiterarbeiten.",
     "直ちに有効になります。{partners} は案件の内容を見ることができなくなり、取得した情報の削除を求められます。{vendor} は"
     "協力なしで対応を続けることになります。"}};
const Said withdraw_check{{"Yes, I want to withdraw", "Ja, ich möchte widerrufen", "はい、取り消します"}};
const Said withdraw{{"Withdraw now", "Jetzt widerrufen", "今すぐ取り消す"}};
const Said show{{"Show", "Anzeigen", "表示する"}};
const Said state_requested{{"Not decided yet", "Noch nicht entschieden", "未回答"}};
const Said state_granted{{"Allowed", "Erlaubt", "許可"}};
const Said state_refused{{"Refused", "Abgelehnt", "拒否"}};
const Said state_withdrawn{{"Withdrawn", "Widerrufen", "取り消し済み"}};
const Said state_ended{{"Ended", "Beendet", "終了"}};
const Said shown_fields{{"What {partner} could read in case {case}", "Was {partner} im Fall {case} lesen konnte",
                         "案件 {case} で {partner} が読むことができた項目"}};
const Said member_summary{{"Summary of the problem", "Zusammenfassung des Problems", "問題の概要"}};
const Said member_description{{"Description of the problem", "Beschreibung des Problems", "問題の説明"}};
const Said member_contact{{"Contact person of {vendor}", "Ansprechperson von {vendor}", "{vendor} の担当者"}};
const Said member_notes{
    {"Notes written during the case: {count}", "Notizen im Lauf des Falls: {count}", "対応中に書かれたメモ: {count} 件"}};

const Said feedback_title{
    {"How did it go with {vendor}?", "Wie ist es mit {vendor} gelaufen?", "{vendor} の対応はいかがでしたか?"}};
const Said feedback_lead{{"{vendor} and {partners} worked together on a problem of yours. The case {case} is closed.",
                          "{vendor} und {partners} haben gemeinsam an einem Problem von Ihnen gearbeitet. Der Fall {case} ist "
                          "abgeschlossen.",
                          "{vendor} と {partners} が貴社の問題に共同で対応しました。案件 {case} は完了しました。"}};
const Said feedback_question{{"How satisfied are you with how it was solved?", "Wie zufrieden sind Sie damit, wie es gelöst wurde?",
                              "問題の解決にどの程度満足していますか?"}};
const Said feedback_who_sees{{"{vendor} and {partners} see your answer, without your name.",
                              "{vendor} und {partners} sehen Ihre Antwort, ohne Ihren Namen.",
                              "回答は {vendor} と {partners} に表示されます。お名前は表示されません。"}};
const Said feedback_send{{"Send my answer", "Antwort senden", "回答を送信する"}};
const Said feedback_thanks{{"Thank you. Your answer is recorded.", "Danke. Ihre Antwort ist festgehalten.",
                            "ありがとうございます。回答が記録されました。"}};
const Said feedback_may_change{
    {"Until {until} you can change it here.", "Bis {until} können Sie sie hier ändern.", "{until} までここで変更できます。"}};
const Said feedback_incomplete{
    {"Choose one of the five answers.", "Wählen Sie eine der fünf Antworten.", "5つの回答から1つを選んでください。"}};
const Said feedback_over{{"This case is being worked on again, so there is nothing to answer now.",
                          "An diesem Fall wird wieder gearbeitet; im Moment gibt es nichts zu beantworten.",
                          "この案件は再び対応中のため、現在回答の必要はありません。"}};
const Said score_1{{"Very dissatisfied", "Sehr unzufrieden", "とても不満"}};
const Said score_2{{"Dissatisfied", "Unzufrieden", "不満"}};
const Said score_3{{"Neither", "Weder noch", "どちらでもない"}};
const Said score_4{{"Satisfied", "Zufrieden", "満足"}};
const Said score_5{{"Very satisfied", "Sehr zufrieden", "とても満足"}};

const Said languages{{"Language", "Sprache", "言語"}};
const Said footer{
    {"This page belongs to the gateway through which support companies exchange information. Opening it changes nothing.",
     "Diese Seite gehört zum Gateway, über das Supportfirmen Informationen austauschen. Sie zu öffnen ändert nichts.",
     "このページは、サポート会社間の情報交換に使われるゲートウェイのものです。開いても何も変わりません。"}};

namespace {

struct Kind {
    Said name;
    Said example;
};
constexpr std::array<Kind, protocol::data_class_count> table{{
    {{{"Numbers and states of the case", "Nummern und Stand des Falls", "案件の番号と状態"}},
     {{"case number, priority, times", "Fallnummer, Priorität, Zeiten", "案件番号、優先度、日時"}}},
    {{{"Description of the problem", "Beschreibung des Problems", "問題の説明"}},
     {{"what happens, error messages, steps tried", "was passiert, Fehlermeldungen, versuchte Schritte",
       "症状、エラーメッセージ、試した手順"}}},
    {{{"Products and versions", "Produkte und Versionen", "製品とバージョン"}},
     {{"product names, releases, serial numbers", "Produktnamen, Versionsstände, Seriennummern",
       "製品名、リリース、シリアル番号"}}},
    {{{"Extracts of logs", "Auszüge aus Protokollen", "ログの抜粋"}},
     {{"log lines, traces, dumps as text", "Protokollzeilen, Traces, Speicherauszüge als Text",
       "ログ、トレース、ダンプのテキスト"}}},
    {{{"Which customer it is", "Um welchen Kunden es geht", "お客様の名称"}},
     {{"name of the company, site", "Name der Firma, Standort", "会社名、拠点"}}},
    {{{"Contact data of persons", "Kontaktdaten von Personen", "担当者の連絡先"}},
     {{"names, mail addresses, telephone numbers, once the partner has accepted the case",
       "Namen, Mailadressen, Telefonnummern, sobald der Partner den Fall angenommen hat",
       "氏名、メールアドレス、電話番号(相手が案件を受諾した後)"}}},
    {{{"Contract data", "Vertragsdaten", "契約情報"}},
     {{"contract numbers, entitlements", "Vertragsnummern, Ansprüche", "契約番号、サポート資格"}}},
    {{{"Credentials", "Zugangsdaten", "認証情報"}}, {{"never shared", "wird nie weitergegeben", "決して共有されません"}}},
}};

}  // namespace

const Said& kind(protocol::DataClass data_class) {
    return table[static_cast<std::size_t>(data_class)].name;
}
const Said& kind_example(protocol::DataClass data_class) {
    return table[static_cast<std::size_t>(data_class)].example;
}

}  // namespace entente::pages::words
