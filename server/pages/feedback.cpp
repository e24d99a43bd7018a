#include <array>

#include "server/pages/frame.hpp"

namespace entente::pages {

using operations::FeedbackVisit;
using protocol::Language;

namespace {

constexpr std::string_view feedback_path = "/feedback/";

void score_choice(Html& out, int score, bool chosen, Language language) {
    static const std::array<const protocol::Said*, protocol::feedback_score_max> labels{
        &words::score_1, &words::score_2, &words::score_3, &words::score_4, &words::score_5};
    out.raw("<label class=\"tick\"><input type=\"radio\" name=\"score\" required value=\"").text(std::to_string(score)).raw("\"");
    if (chosen) out.raw(" checked");
    out.raw("><span>").text((*labels.at(static_cast<std::size_t>(score - 1)))[language]).raw("</span></label>");
}

void question(Html& out, const FeedbackVisit& visit, const Place& place) {
    const Language language = place.language;
    out.raw("<form method=\"post\" action=\"").text(feedback_path).text(place.token).raw("?lang=").text(protocol::name(language));
    out.raw("\"><fieldset><legend>").text(words::feedback_question[language]).raw("</legend>");
    for (int score = protocol::feedback_score_max; score >= protocol::feedback_score_min; --score)
        score_choice(out, score, score == visit.score, language);
    out.raw("</fieldset><p>").say(words::feedback_who_sees[language], {{"vendor", visit.vendor}, {"partners", visit.partners}});
    out.raw("</p><p><button>").text(words::feedback_send[language]).raw("</button></p></form>");
}

}  // namespace

std::string feedback_page(const FeedbackVisit& visit, const Place& place) {
    const Language language = place.language;
    using Step = FeedbackVisit::Step;
    Html out;
    const bool thanks = visit.step == Step::thanks;
    begin(out,
          thanks ? std::string(words::feedback_thanks[language])
                 : filled(words::feedback_title[language], {{"vendor", visit.vendor}}),
          language);
    language_links(out, feedback_path, place);
    if (visit.step == Step::incomplete)
        out.raw("<p class=\"said wrong\" role=\"alert\">").text(words::feedback_incomplete[language]).raw("</p>");
    if (visit.step == Step::over) out.raw("<p class=\"said\" role=\"status\">").text(words::feedback_over[language]).raw("</p>");
    if (thanks)
        out.raw("<p class=\"said\" role=\"status\">")
            .say(words::feedback_may_change[language], {{"until", moment(visit.link.expires_at)}})
            .raw("</p>");
    out.raw("<p>").say(words::feedback_lead[language],
                       {{"vendor", visit.vendor}, {"partners", visit.partners}, {"case", visit.token}});
    out.raw("</p>");
    if (visit.step != Step::over) question(out, visit, place);
    end(out, language);
    return out.take();
}

}  // namespace entente::pages
