#include "protocol/mail/words.hpp"

#include <array>

#include "protocol/result.hpp"

namespace entente::protocol::mail::words {
namespace {

struct Row {
    EventKind kind;
    Said said;
};

constexpr std::array<Row, event_kind_count> rows{{
    {EventKind::case_created, {{"New case from {who}", "Neuer Fall von {who}", "{who} から新しいケースが届きました"}}},
    {EventKind::case_updated, {{"{who} changed the case", "{who} hat den Fall geändert", "{who} がケースを更新しました"}}},
    {EventKind::case_accepted, {{"{who} accepted the case", "{who} hat den Fall angenommen", "{who} がケースを受け付けました"}}},
    {EventKind::case_acceptance_updated,
     {{"{who} updated its acceptance", "{who} hat die Annahme aktualisiert", "{who} が受付内容を更新しました"}}},
    {EventKind::case_rejected, {{"{who} rejected the case", "{who} hat den Fall abgelehnt", "{who} がケースを却下しました"}}},
    {EventKind::information_requested,
     {{"{who} asks for information", "{who} bittet um Informationen", "{who} が情報を求めています"}}},
    {EventKind::information_provided,
     {{"{who} provided information", "{who} hat Informationen geliefert", "{who} が情報を提供しました"}}},
    {EventKind::note_created, {{"New note from {who}", "Neue Notiz von {who}", "{who} から新しいメモが届きました"}}},
    {EventKind::case_closed, {{"{who} closed the case", "{who} hat den Fall geschlossen", "{who} がケースをクローズしました"}}},
    {EventKind::case_held,
     {{"The case waits for a permission", "Der Fall wartet auf eine Erlaubnis", "ケースは許可を待っています"}}},
    {EventKind::case_released, {{"The case was released", "Der Fall wurde freigegeben", "ケースの共有が許可されました"}}},
    {EventKind::case_frozen,
     {{"The case is frozen: a permission has ended", "Der Fall ist eingefroren: eine Erlaubnis ist erloschen",
       "許可が終了したため、ケースは凍結されました"}}},
    {EventKind::case_moved, {{"The next move has changed", "Der nächste Schritt hat gewechselt", "次の担当が変わりました"}}},
    {EventKind::fix_offered, {{"{who} offers a fix", "{who} bietet eine Lösung an", "{who} が解決策を提示しました"}}},
    {EventKind::fix_confirmed, {{"{who} confirmed the fix", "{who} hat die Lösung bestätigt", "{who} が解決を確認しました"}}},
    {EventKind::fix_rejected,
     {{"{who} reports that the fix did not help", "{who} meldet, dass die Lösung nicht hilft",
       "{who} より、提示された解決策では解決しないとの報告がありました"}}},
    {EventKind::case_reopened,
     {{"{who} reopened the case", "{who} hat den Fall wieder geöffnet", "{who} がケースを再オープンしました"}}},
    {EventKind::case_rerouted,
     {{"{who} moved the case to another department", "{who} hat den Fall an eine andere Abteilung gegeben",
       "{who} がケースを別の部門に移しました"}}},
    {EventKind::case_escalated,
     {{"{who} escalated the case", "{who} hat den Fall eskaliert", "{who} がケースをエスカレーションしました"}}},
    {EventKind::case_paused, {{"{who} paused the case", "{who} hat den Fall angehalten", "{who} がケースを一時停止しました"}}},
    {EventKind::case_pause_contested,
     {{"{who} contests the pause", "{who} widerspricht der Pause", "{who} が一時停止に異議を申し立てました"}}},
    {EventKind::case_resumed, {{"{who} resumed the case", "{who} setzt den Fall fort", "{who} がケースの一時停止を解除しました"}}},
    {EventKind::case_withdrawn,
     {{"{who} withdrew the case", "{who} hat den Fall zurückgezogen", "{who} がケースを取り下げました"}}},
    {EventKind::case_linked,
     {{"{who} linked the case with another one", "{who} hat den Fall mit einem anderen verknüpft",
       "{who} がケースを別のケースに関連付けました"}}},
    {EventKind::case_unlinked,
     {{"{who} removed a link between cases", "{who} hat eine Verknüpfung von Fällen gelöst",
       "{who} がケースの関連付けを解除しました"}}},
    {EventKind::reminder_sent, {{"Reminder: an answer is due", "Erinnerung: eine Antwort steht aus", "回答期限のお知らせ"}}},
    {EventKind::target_missed, {{"A deadline has passed", "Eine Frist ist verstrichen", "期限を過ぎました"}}},
    {EventKind::feedback_requested,
     {{"Please tell how it went", "Bitte sagen Sie, wie es gelaufen ist", "ケースについてご意見をお聞かせください"}}},
    {EventKind::feedback_given,
     {{"{who} gave feedback", "{who} hat eine Rückmeldung gegeben", "{who} からフィードバックがありました"}}},
    {EventKind::content_removed,
     {{"The content of the case was removed", "Die Inhalte des Falls wurden gelöscht", "ケースの内容が削除されました"}}},
    {EventKind::agreement_changed,
     {{"{who} changed an agreement, or announced it", "{who} hat eine Vereinbarung geändert oder das angekündigt",
       "{who} が契約を変更、または変更を予告しました"}}},
}};

constexpr Said held{{"held, waits for a permission", "angehalten, wartet auf eine Erlaubnis", "保留（許可待ち）"}};
constexpr Said frozen{{"frozen, a permission has ended", "eingefroren, eine Erlaubnis ist erloschen", "凍結（許可終了）"}};
constexpr Said open{{"open, waits for an answer", "offen, wartet auf Antwort", "オープン（回答待ち）"}};
constexpr Said information{{"information asked for", "Informationen angefragt", "情報の確認中"}};
constexpr Said accepted{{"accepted", "angenommen", "受付済み"}};
constexpr Said rejected{{"rejected", "abgelehnt", "却下"}};
constexpr Said closed{{"closed", "geschlossen", "クローズ"}};

}  // namespace

std::string_view happened(EventKind kind, Language language) {
    for (const Row& row : rows)
        if (row.kind == kind) return row.said[language];
    ENTENTE_ASSERT(false && "an event without words");
    return {};
}

std::string_view state(CaseStatus status, Flow flow, Language language) {
    if (flow == Flow::held) return held[language];
    if (flow == Flow::frozen) return frozen[language];
    switch (status) {
        case CaseStatus::open:
            return open[language];
        case CaseStatus::information:
            return information[language];
        case CaseStatus::accepted:
            return accepted[language];
        case CaseStatus::rejected:
            return rejected[language];
        case CaseStatus::closed:
            break;
    }
    return closed[language];
}

}  // namespace entente::protocol::mail::words
