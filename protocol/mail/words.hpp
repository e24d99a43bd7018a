#pragma once
// What our mails say, in every language: one table, so that a missing translation cannot be built. {who} and the like are filled
// in by letter.hpp's fill().

#include <string>
#include <string_view>

#include "protocol/collaboration.hpp"
#include "protocol/event.hpp"
#include "protocol/language.hpp"

namespace entente::protocol::mail::words {

// "{who} accepted the case": headline, subject and line of a digest.
std::string_view happened(EventKind kind, Language language);
std::string_view state(CaseStatus status, Flow flow, Language language);

// --- mails about cases ---
inline constexpr Said reply_above{{"Please write your reply above this line", "Bitte schreiben Sie Ihre Antwort über dieser Zeile",
                                   "この行より上に返信を入力してください"}};
inline constexpr Said your_number{{"Your number", "Ihre Nummer", "貴社の番号"}};
inline constexpr Said their_number{{"Their number", "Nummer des Partners", "パートナーの番号"}};
inline constexpr Said partner{{"Partner", "Partner", "パートナー"}};
inline constexpr Said state_label{{"State", "Stand", "状態"}};
inline constexpr Said answer_due{{"Answer due", "Antwort bis", "回答期限"}};
inline constexpr Said token{{"Case", "Fall", "ケース"}};
inline constexpr Said summary{{"Summary", "Zusammenfassung", "概要"}};
inline constexpr Said what_they_wrote{{"{who} wrote", "{who} schrieb", "{who} の記載内容"}};
inline constexpr Said open_case{{"Open the case (entente case show {token})", "Fall öffnen (entente case show {token})",
                                 "ケースを開く (entente case show {token})"}};
inline constexpr Said content_stays{{"The words of the case stay in the gateway: sign in to read them.",
                                     "Die Inhalte bleiben im Gateway: melden Sie sich an, um sie zu lesen.",
                                     "ケースの内容はゲートウェイ内に保管されています。サインインしてご覧ください。"}};
inline constexpr Said reply_becomes_note{
    {"Your reply to this mail becomes a note in the case. {who} reads it after it has passed the gate.",
     "Ihre Antwort auf diese Mail wird eine Notiz im Fall. {who} liest sie, sobald sie das Tor passiert hat.",
     "このメールに返信すると、ケースのメモとして登録されます。確認を経て {who} に表示されます。"}};
inline constexpr Said no_replies{
    {"Replies to this mail are not read.", "Antworten auf diese Mail werden nicht gelesen.", "このメールへの返信は読まれません。"}};
inline constexpr Said why_person{{"You get this mail as a user of {company}.",
                                  "Sie erhalten diese Mail als Benutzer von {company}.",
                                  "このメールは {company} のユーザーにお送りしています。"}};
inline constexpr Said why_box{{"This mailbox of {company} is told about its cases.",
                               "Dieses Postfach von {company} wird über seine Fälle benachrichtigt.",
                               "このメールは {company} のメールボックスにケースの通知としてお送りしています。"}};
inline constexpr Said change_settings{{"Choose language, digest or silence: entente mail preferences --help",
                                       "Sprache, Sammelmail oder Stille wählen: entente mail preferences --help",
                                       "言語、まとめメール、停止の設定: entente mail preferences --help"}};

inline constexpr Said the_customer{{"The customer", "Der Kunde", "お客様"}};

inline constexpr Said agreement{{"Agreement", "Vereinbarung", "契約"}};
inline constexpr Said agreement_changes{
    {"What changes, from when, and whether your company has to acknowledge it: entente agreement changes {id}",
     "Was sich ändert, ab wann, und ob Ihre Firma es bestätigen muss: entente agreement changes {id}",
     "変更内容、適用日、承認の要否: entente agreement changes {id}"}};

// --- digest ---
inline constexpr Said digest_subject{
    {"{count} news in your cases", "{count} Neuigkeiten in Ihren Fällen", "ケースの新着情報 {count} 件"}};
inline constexpr Said digest_item{{"{time}  [{number}]  {what}", "{time}  [{number}]  {what}", "{time}  [{number}]  {what}"}};

// --- to our own people ---
inline constexpr Said test_subject{{"Test mail of Entente", "Testmail von Entente", "Entente テストメール"}};
inline constexpr Said test_body{{"This is the mail you asked for. Mails of this gateway reach you.",
                                 "Das ist die Mail, um die Sie gebeten haben. Mails dieses Gateways erreichen Sie.",
                                 "ご依頼のテストメールです。このゲートウェイからのメールは正常に届いています。"}};
inline constexpr Said refused_subject{
    {"Your reply was not taken over", "Ihre Antwort wurde nicht übernommen", "返信は登録されませんでした"}};
inline constexpr Said refused_body{{"A reply to a mail about case {number} arrived in your name, but it is not in the case.",
                                    "Eine Antwort auf eine Mail zum Fall {number} kam in Ihrem Namen an, steht aber nicht im Fall.",
                                    "ケース {number} のメールへの返信を受信しましたが、ケースには登録されていません。"}};
inline constexpr Said refused_reason{{"Reason", "Grund", "理由"}};
inline constexpr Said refused_next{{"Write the note in the gateway instead: entente case note {token}",
                                    "Schreiben Sie die Notiz stattdessen im Gateway: entente case note {token}",
                                    "代わりにゲートウェイでメモを登録してください: entente case note {token}"}};

// --- to a customer ---
inline constexpr Said request_subject{
    {"{vendor} asks for your permission", "{vendor} bittet um Ihre Erlaubnis", "{vendor} からの許可のお願い"}};
inline constexpr Said request_body{
    {"{vendor} works on a problem of yours and would like to share information about it with {partners}. Nothing is shared before "
     "you "
     "agree.",
     "{vendor} arbeitet an einem Problem von Ihnen und möchte Informationen dazu mit {partners} teilen. Ohne Ihre Zustimmung wird "
     "nichts "
     "geteilt.",
     "{vendor} は貴社の問題の解決に取り組んでおり、関連する情報を {partners} "
     "と共有したいと考えています。貴社の同意なしに情報が共有されることはありません。"}};
inline constexpr Said request_how{
    {"Open the page to see exactly what is asked, then agree, narrow it or refuse. You will need a code that we send in a mail of "
     "its own.",
     "Auf der Seite sehen Sie genau, worum es geht, und können zustimmen, einschränken oder ablehnen. Dazu brauchen Sie einen "
     "Code, den "
     "wir in einer eigenen Mail schicken.",
     "ページを開くと依頼の内容をご確認いただけます。同意、範囲の限定、拒否のいずれかをお選びください。別のメールでお送りするコード"
     "が必要です。"}};
inline constexpr Said request_link{{"See what is asked and decide", "Ansehen und entscheiden", "内容を確認して決定する"}};
inline constexpr Said link_until{
    {"The link works until {until}.", "Der Link gilt bis {until}.", "リンクの有効期限は {until} です。"}};
inline constexpr Said ignore_it{{"If you do not know what this is about, ignore this mail: nothing happens.",
                                 "Wenn Sie nichts damit anfangen können, ignorieren Sie diese Mail: Es geschieht nichts.",
                                 "お心当たりがない場合は、このメールを無視してください。何も起こりません。"}};
inline constexpr Said code_subject{
    {"Your code for {vendor}'s request", "Ihr Code für die Anfrage von {vendor}", "{vendor} からのお願いに関する確認コード"}};
inline constexpr Said code_body{
    {"Type this code on the page that you opened:", "Geben Sie diesen Code auf der geöffneten Seite ein:",
     "開いているページに次のコードを入力してください。"}};
inline constexpr Said code_until{
    {"It works once, until {until}.", "Er gilt einmal, bis {until}.", "コードは {until} まで、一度だけ使えます。"}};
inline constexpr Said code_warning{
    {"Nobody will ask you for it by telephone or mail. If you did not open the page, ignore this mail.",
     "Niemand fragt Sie am Telefon oder per Mail danach. Wenn Sie die Seite nicht geöffnet haben, "
     "ignorieren Sie diese Mail.",
     "電話やメールでコードをお尋ねすることはありません。ページを開いていない場合は、このメールを無視してください。"}};
inline constexpr Said receipt_subject{
    {"Your decision for {vendor}: {decision}", "Ihre Entscheidung für {vendor}: {decision}", "{vendor} への決定: {decision}"}};
inline constexpr Said receipt_body{
    {"This is the receipt of your decision about what {vendor} may share with {partners}. Keep it.",
     "Das ist der Beleg Ihrer Entscheidung, was {vendor} mit {partners} teilen darf. Bewahren Sie ihn auf.",
     "{vendor} が {partners} と共有できる内容についての、貴社の決定の控えです。大切に保管してください。"}};
inline constexpr Said receipt_later{
    {"On this page you can see at any time what was shared, and withdraw. A fresh code will be mailed to you.",
     "Auf dieser Seite sehen Sie jederzeit, was geteilt wurde, und können widerrufen. Ein neuer Code kommt per Mail.",
     "このページでは、共有された内容をいつでも確認でき、許可を取り消すこともできます。新しいコードをメールでお送りします。"}};
inline constexpr Said receipt_link{
    {"See what was shared, or withdraw", "Ansehen, was geteilt wurde, oder widerrufen", "共有内容の確認・許可の取り消し"}};
inline constexpr Said decision_label{{"Decision", "Entscheidung", "決定"}};
inline constexpr Said until_label{{"Valid until", "Gültig bis", "有効期限"}};
inline constexpr Said shared_with{{"May be shared with", "Darf geteilt werden mit", "共有先"}};
inline constexpr Said approved{{"agreed", "zugestimmt", "同意"}};
inline constexpr Said narrowed{{"agreed, narrowed", "mit Einschränkung zugestimmt", "限定付きで同意"}};
inline constexpr Said refused{{"refused", "abgelehnt", "拒否"}};
inline constexpr Said withdrawn{{"withdrawn", "widerrufen", "取り消し"}};
inline constexpr Said notice_subject{{"{vendor} has shared information in an emergency",
                                      "{vendor} hat im Notfall Informationen geteilt", "{vendor} が緊急時に情報を共有しました"}};
inline constexpr Said notice_body{
    {"{vendor} reports that you agreed by word of mouth that information about a problem of yours is shared with {partners}. It is "
     "shared "
     "now. Please confirm or withdraw by {until}; without your word the sharing ends then.",
     "{vendor} gibt an, dass Sie mündlich zugestimmt haben, Informationen zu einem Problem von Ihnen mit {partners} zu teilen. Das "
     "geschieht jetzt. Bitte bestätigen oder widerrufen Sie bis {until}; ohne Ihr Wort endet es dann.",
     "{vendor} より、貴社の問題に関する情報を {partners} "
     "と共有することに口頭で同意をいただいたとの報告がありました。現在、情報が共有されています。{until} "
     "までに確認または取り消しをお願いします。ご連絡がない場合、共有は終了します。"}};
inline constexpr Said notice_link{{"Confirm or withdraw", "Bestätigen oder widerrufen", "確認または取り消し"}};
inline constexpr Said feedback_subject{
    {"How did it go with {vendor}?", "Wie ist es mit {vendor} gelaufen?", "{vendor} の対応はいかがでしたか"}};
inline constexpr Said feedback_body{
    {"{vendor} and {partners} worked together on a problem of yours, and it is closed. One question on one page; it takes a "
     "moment.",
     "{vendor} und {partners} haben gemeinsam an einem Problem von Ihnen gearbeitet, und es ist abgeschlossen. Eine Frage auf "
     "einer "
     "Seite; es dauert einen Augenblick.",
     "{vendor} と {partners} が共同で対応した貴社の問題は完了しました。質問は1つだけで、すぐに終わります。"}};
inline constexpr Said feedback_link{{"Answer the question", "Frage beantworten", "質問に回答する"}};
inline constexpr Said sent_by_gateway{
    {"Sent by Entente, a gateway through which vendors work together with your permission. Please do not reply to this mail.",
     "Gesendet von Entente, einem Gateway, über das Hersteller mit Ihrer Erlaubnis zusammenarbeiten. Bitte antworten Sie nicht auf "
     "diese "
     "Mail.",
     "このメールは、お客様の許可のもとでベンダー同士が協力するためのゲートウェイ Entente "
     "からお送りしています。このメールには返信しないでください。"}};

}  // namespace entente::protocol::mail::words
