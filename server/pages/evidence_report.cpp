#include "server/pages/evidence_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "protocol/encoding.hpp"
#include "server/pages/html.hpp"

namespace entente::pages {

using operations::Control;
using operations::Evidence;
using operations::Framework;
using operations::Serves;
using protocol::Instant;

namespace {

constexpr std::size_t bars_max = 60;
constexpr std::size_t rows_max = 12;  // of a picture with horizontal bars; the rest is summed up

void begin(Html& out, std::string_view title) {
    out.raw(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
    out.text(title);
    out.raw(
        "</title><style>"
        "html{color-scheme:light}body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:#1b1b1f;"
        "background:#fff;overflow-wrap:anywhere}"
        "h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2.2rem;break-after:avoid}h3{font-size:1.05rem;break-"
        "after:"
        "avoid}"
        "table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.6rem "
        "0}caption{text-align:left;font-weight:600;padding:.3rem "
        "0}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #c9c9d2}"
        "th{overflow-wrap:normal}td.n,th.n{text-align:right;white-space:nowrap}tr{break-inside:avoid}thead{display:table-header-"
        "group}"
        "code{font:.85em/1.4 ui-monospace,monospace}dl{margin:0}dt{font-weight:600;margin-top:.6rem}dd{margin:0}"
        "figure{margin:1rem 0;break-inside:avoid}figcaption{font-weight:600}svg{width:100%;height:auto;max-width:50rem}"
        "svg text{font:12px system-ui,sans-serif;fill:#1b1b1f}.a{fill:#0b4f8a}.b{fill:#5b9bd0}.c{fill:#9b1c1c}.axis{stroke:#767680}"
        ".none{color:#4a4a55}small{color:#4a4a55}"
        "@page{size:A4;margin:16mm}@media print{body{max-width:none;padding:0;font-size:10pt}*{print-color-adjust:exact;"
        "-webkit-print-color-adjust:exact}}"
        "</style></head><body><main>\n<h1>");
    out.text(title);
    out.raw("</h1>\n");
}

void end(Html& out) {
    out.raw("</main></body></html>\n");
}

std::string number(std::int64_t value) {
    return std::to_string(value);
}

std::string day(Instant instant) {
    return protocol::to_rfc3339(instant).substr(0, 10);
}

void fact(Html& out, std::string_view name, std::string_view value) {
    out.raw("<dt>").text(name).raw("</dt><dd>").text(value).raw("</dd>");
}

// --- pictures ---

struct Bar {
    std::string label;
    std::vector<std::int64_t> values;  // stacked
};

void open_picture(Html& out, std::string_view title, std::string_view said, int width, int height) {
    out.raw("<figure><figcaption>").text(title).raw("</figcaption><svg role=\"img\" viewBox=\"0 0 ");
    out.text(number(width)).raw(" ").text(number(height)).raw("\"><title>").text(title).raw("</title><desc>").text(said);
    out.raw("</desc>");
}

void rectangle(Html& out, std::size_t ink, double x, double y, double width, double height) {
    static constexpr std::array<Markup, 3> inks{Markup("a"), Markup("b"), Markup("c")};
    const auto tenth = [](double value) {  // one digit after the point, without a locale
        const auto scaled = std::lround(value * 10);
        return std::to_string(scaled / 10) + "." + std::to_string(scaled % 10);
    };
    out.raw("<rect class=\"").raw(inks[ink % inks.size()]).raw("\" x=\"").text(tenth(x)).raw("\" y=\"").text(tenth(y));
    out.raw("\" width=\"").text(tenth(width)).raw("\" height=\"").text(tenth(height)).raw("\"/>");
}

void words_at(Html& out, int x, int y, bool right, std::string_view words) {
    out.raw("<text x=\"").text(number(x)).raw("\" y=\"").text(number(y)).raw("\"");
    if (right) out.raw(" text-anchor=\"end\"");
    out.raw(">").text(words).raw("</text>");
}

std::int64_t height_of(const Bar& bar) {
    std::int64_t sum = 0;
    for (const std::int64_t value : bar.values) sum += value;
    return sum;
}

// Bars side by side over time, stacked, with a legend.
void columns(Html& out, std::string_view title, std::string_view said, const std::vector<Bar>& bars,
             const std::vector<std::string>& legend) {
    constexpr int width = 800;
    constexpr int height = 240;
    constexpr double floor_y = 200;
    constexpr double ceiling_y = 30;
    constexpr double left_x = 50;
    std::int64_t top = 1;
    for (const Bar& bar : bars) top = std::max(top, height_of(bar));
    open_picture(out, title, said, width, height);
    const double step = (width - left_x - 10) / static_cast<double>(std::max<std::size_t>(bars.size(), 1));
    double x = left_x;
    for (const Bar& bar : bars) {
        double y = floor_y;
        for (std::size_t i = 0; i < bar.values.size(); ++i) {
            const double tall = (floor_y - ceiling_y) * static_cast<double>(bar.values[i]) / static_cast<double>(top);
            if (bar.values[i] > 0) rectangle(out, i, x + step * 0.1, y - tall, step * 0.8, tall);
            y -= tall;
        }
        x += step;
    }
    out.raw("<line class=\"axis\" x1=\"50\" y1=\"200\" x2=\"790\" y2=\"200\"/>");
    words_at(out, 44, 204, true, "0");
    words_at(out, 44, 36, true, number(top));
    if (!bars.empty()) {
        words_at(out, 50, 218, false, bars.front().label);
        words_at(out, 790, 218, true, bars.back().label);
    }
    int legend_x = 50;
    for (std::size_t i = 0; i < legend.size(); ++i) {
        rectangle(out, i, legend_x, 8, 10, 10);
        words_at(out, legend_x + 15, 17, false, legend[i]);
        legend_x += 35 + 7 * static_cast<int>(legend[i].size());
    }
    out.raw("</svg></figure>\n");
}

// One bar under the other with its number; the longest first.
void rows(Html& out, std::string_view title, std::string_view said, std::vector<std::pair<std::string, std::int64_t>> bars,
          bool sort, std::size_t ink) {
    if (sort) {
        std::ranges::sort(
            bars, [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
        if (bars.size() > rows_max) {
            std::int64_t rest = 0;
            for (std::size_t i = rows_max - 1; i < bars.size(); ++i) rest += bars[i].second;
            bars.resize(rows_max - 1);
            bars.emplace_back("others", rest);
        }
    }
    constexpr int width = 800;
    constexpr int line = 24;
    constexpr double left_x = 290;
    std::int64_t top = 1;
    for (const auto& [label, value] : bars) top = std::max(top, value);
    open_picture(out, title, said, width, 10 + line * static_cast<int>(std::max<std::size_t>(bars.size(), 1)));
    int y = 5;
    for (const auto& [label, value] : bars) {
        words_at(out, 280, y + 15, true, label);
        const double wide = (width - left_x - 80) * static_cast<double>(value) / static_cast<double>(top);
        rectangle(out, ink, left_x, y + 3, wide, line - 8);
        words_at(out, static_cast<int>(left_x + wide) + 6, y + 15, false, number(value));
        y += line;
    }
    if (bars.empty()) words_at(out, 10, 20, false, "none in this period");
    out.raw("</svg></figure>\n");
}

// --- sections ---

// Days gathered into at most bars_max equal spans.
std::vector<Bar> over_time(const Evidence& evidence) {
    constexpr std::int64_t us_a_day = std::int64_t{86'400} * 1'000'000;
    const std::int64_t first = evidence.input.from.us / us_a_day;
    const std::int64_t last = (evidence.input.until.us - 1) / us_a_day;
    const std::int64_t span = (last - first) / static_cast<std::int64_t>(bars_max) + 1;
    std::vector<Bar> bars;
    bars.reserve(bars_max);
    for (std::int64_t begin_day = first; begin_day <= last; begin_day += span)
        bars.push_back({day({begin_day * us_a_day}), {0, 0, 0}});
    for (const auto& [at, counts] : evidence.days) {
        if (at < first || at > last) continue;
        Bar& bar = bars[static_cast<std::size_t>((at - first) / span)];
        bar.values[0] += counts.opened;
        bar.values[1] += counts.crossed;
        bar.values[2] += counts.refused;
    }
    return bars;
}

void pictures(Html& out, const Evidence& evidence) {
    out.raw("<h2 id=\"pictures\">What happened</h2>\n");
    columns(out, "Exchanges over time",
            "Cases asked for, notes and answers that crossed, and refusals of any kind, in spans of equal length from the first to "
            "the last "
            "day of the period.",
            over_time(evidence), {"cases asked for", "notes and answers", "refused"});
    std::vector<std::pair<std::string, std::int64_t>> verdicts(evidence.verdicts.begin(), evidence.verdicts.end());
    rows(out, "Verdicts of the gate on new cases", "How many new cases were released at once, held or refused, by reason code.",
         std::move(verdicts), true, 0);
    std::vector<std::pair<std::string, std::int64_t>> refusals(evidence.refusals.begin(), evidence.refusals.end());
    rows(out, "Refused, by reason", "Refused and failed records by reason code.", std::move(refusals), true, 2);
    static constexpr std::array<std::string_view, 8> spans{"within 15 minutes", "within an hour", "within 4 hours",
                                                           "within 8 hours",    "within a day",   "within three days",
                                                           "within a week",     "later"};
    std::vector<std::pair<std::string, std::int64_t>> answers;
    answers.reserve(spans.size() + 1);
    for (std::size_t i = 0; i < spans.size(); ++i) answers.emplace_back(spans[i], evidence.answers[i]);
    answers.emplace_back("not in the period", evidence.unanswered);
    rows(out, "Time to the first formal answer",
         "Cases released in the period by the time from release to the receiver's first formal answer.", std::move(answers), false,
         1);
}

void summary(Html& out, const Evidence& evidence) {
    out.raw("<h2 id=\"summary\">Which controls there is evidence for</h2>\n<p>")
        .text(
            "A number says that something is there to look at, not that a control is met: that is for the auditor to judge. Ids "
            "and titles "
            "name the controls; their text is in the standards.");
    out.raw(
        "</p>\n<table><thead><tr><th>Framework</th><th class=\"n\">Controls</th><th class=\"n\">With evidence</th>"
        "<th class=\"n\">None in this period</th><th class=\"n\">Not served</th></tr></thead><tbody>\n");
    for (const Framework framework : {Framework::iso27001, Framework::iso27701, Framework::gdpr}) {
        const Evidence::Coverage coverage = evidence.coverage(framework);
        out.raw("<tr><td>").text(title(framework)).raw("</td><td class=\"n\">").text(number(coverage.controls));
        out.raw("</td><td class=\"n\">").text(number(coverage.holding)).raw("</td><td class=\"n\">").text(number(coverage.empty));
        out.raw("</td><td class=\"n\">")
            .text(operations::listed_whole(framework) ? number(coverage.not_served) : "not listed")
            .raw("</td></tr>\n");
    }
    out.raw("</tbody></table>\n<p>");
    out.text(
        "Of ISO/IEC 27001 every control is counted. Of ISO/IEC 27701 and the GDPR only those are listed that the gateway bears on; "
        "the others are not looked at here.");
    out.raw("</p>\n");
}

void framework_table(Html& out, const Evidence& evidence, Framework framework) {
    out.raw("<h2>")
        .text(title(framework))
        .raw(
            "</h2>\n<table><thead><tr><th>Control</th><th>Title</th><th class=\"n\">Records</th>"
            "<th class=\"n\">Refused</th><th>What it is</th></tr></thead><tbody>\n");
    for (std::size_t i = 0; i < operations::controls().size(); ++i) {
        const Control& control = operations::controls()[i];
        if (control.framework != framework || control.serves == Serves::no) continue;
        const operations::Population& population = evidence.populations[i];
        out.raw("<tr><td>").text(control.id).raw("</td><td>").text(control.title).raw("</td><td class=\"n\">");
        out.text(number(population.entries)).raw("</td><td class=\"n\">").text(number(population.failed)).raw("</td><td>");
        out.text(control.words);
        if (control.serves == Serves::partly) out.raw(" <small>(in part)</small>");
        if (!evidence.holds(i)) out.raw(" <small class=\"none\">Nothing in this period.</small>");
        for (const std::string_view name : operations::words_of(control.facts)) {
            // The long ones stand once, further below.
            const operations::Fact* found = evidence.fact(name);
            if (found == nullptr || found->value.size() > 20) continue;
            out.raw("<br><small>").text(found->title).raw(": ").text(found->value).raw("</small>");
        }
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table>\n");
}

void not_served(Html& out) {
    out.raw(
        "<h2 id=\"not-served\">What the gateway cannot "
        "serve</h2>\n<table><thead><tr><th>Control</th><th>Title</th><th>Why</th></tr>"
        "</thead><tbody>\n");
    for (const Control& control : operations::controls()) {
        if (control.serves != Serves::no) continue;
        out.raw("<tr><td>").text(control.id).raw("</td><td>").text(control.title).raw("</td><td>").text(control.words);
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table>\n");
}

void facts_table(Html& out, const Evidence& evidence) {
    out.raw(
        "<h2 id=\"facts\">State and settings when the pack was "
        "made</h2>\n<table><thead><tr><th>What</th><th>Value</th></tr></thead>"
        "<tbody>\n");
    for (const operations::Fact& one : evidence.facts) {
        out.raw("<tr><td>").text(one.title).raw("</td><td>").text(one.value).raw("</td></tr>\n");
    }
    out.raw("</tbody></table>\n");
}

void samples_table(Html& out, const Evidence& evidence) {
    out.raw("<h2 id=\"samples\">Samples</h2>\n<p>");
    out.say(
        "Of each control the {n} records with the smallest SHA-256(\"entente-sample/v1\", zero byte, seed, zero byte, index as "
        "eight "
        "bytes), so that anybody can draw them again from controls.json, which has every population. The seed is {seed}.",
        {{"n", number(evidence.input.samples)}, {"seed", evidence.input.seed}});
    out.raw(
        "</p>\n<table><thead><tr><th class=\"n\">Record</th><th>Time</th><th>Operation</th><th>Outcome</th><th>For</th>"
        "<th>Leaf hash</th></tr></thead><tbody>\n");
    for (const operations::ProvenEntry& sample : evidence.samples) {
        out.raw("<tr><td class=\"n\">").text(number(sample.index)).raw("</td><td>").text(protocol::to_rfc3339(sample.time));
        out.raw("</td><td>").text(sample.operation).raw("</td><td>").text(sample.failed ? "refused" : "done");
        if (!sample.reason.empty()) out.raw(" <small>").text(sample.reason).raw("</small>");
        out.raw("</td><td>");
        for (std::size_t i = 0; i < sample.controls.size(); ++i) {
            if (i > 0) out.raw(", ");
            out.text(operations::controls()[sample.controls[i]].id);
        }
        out.raw("</td><td><code>").text(protocol::hex(sample.leaf).substr(0, 16)).raw("</code></td></tr>\n");
    }
    out.raw("</tbody></table>\n");
}

void how_to_check(Html& out) {
    out.raw("<h2 id=\"check\">How to check this without the gateway</h2>\n<ol><li>");
    out.text("Compare the files with SHA256SUMS.");
    out.raw("</li><li>").text("Draw the samples again from controls.json with the seed and the rule above.").raw("</li><li>");
    out.text(
        "Each sample's leaf hash is SHA-256 of a zero byte and its entry (samples.json). The entry holds a commitment to the core "
        "section: SHA-256 of \"gw-audit/v1/commit\", a zero byte, a byte 1, the salt and the text in opened/.");
    out.raw("</li><li>");
    out.text(
        "Each receipt in receipts/ proves that the entry stands in the tree of the signed checkpoint: entente-verify does it all.");
    out.raw("</li></ol>\n");
}

std::string classes_text(protocol::DataClasses classes) {
    std::string text;
    for (int i = 0; i < protocol::data_class_count; ++i) {
        const auto one = static_cast<protocol::DataClass>(i);
        if (!classes.has(one)) continue;
        if (!text.empty()) text += ", ";
        text += protocol::name(one);
    }
    return text.empty() ? "none" : text;
}

}  // namespace

std::string evidence_report(const Evidence& evidence, std::string_view origin) {
    Html out;
    begin(out, "Evidence from the support gateway");
    out.raw("<dl>");
    fact(out, "For", evidence.company ? std::string_view(evidence.scope_name) : "the whole gateway, without anything sealed");
    fact(out, "Period", protocol::to_rfc3339(evidence.input.from) + " to " + protocol::to_rfc3339(evidence.input.until));
    if (!evidence.over())
        fact(out, "Covered", "to " + protocol::to_rfc3339(evidence.until) + ", when this was made: the period goes on");
    fact(out, "Log", origin);
    fact(out, "Records of the period", number(evidence.entries));
    out.raw("</dl>\n");
    summary(out, evidence);
    pictures(out, evidence);
    for (const Framework framework : {Framework::iso27001, Framework::iso27701, Framework::gdpr})
        framework_table(out, evidence, framework);
    not_served(out);
    facts_table(out, evidence);
    if (evidence.input.samples > 0) samples_table(out, evidence);
    how_to_check(out);
    end(out);
    return out.take();
}

std::string breach_report(const operations::Breach& breach, std::string_view origin) {
    Html out;
    begin(out, "What a partner was shown");
    out.raw("<dl>");
    fact(out, "Company", breach.company_name);
    fact(out, "Partner", breach.partner_name + " (" + number(breach.input.partner.value) + ")");
    fact(out, "Period", protocol::to_rfc3339(breach.input.from) + " to " + protocol::to_rfc3339(breach.input.until));
    fact(out, "Log", origin);
    fact(out, "Customers affected", number(std::ssize(breach.customers)));
    fact(out, "Cases affected", number(std::ssize(breach.cases)));
    fact(out, "Disclosures", number(std::ssize(breach.items)));
    fact(out, "Classes of data", classes_text(breach.classes));
    if (breach.unreadable > 0)
        fact(out, "Records whose content was erased", number(breach.unreadable) + ": which cases they were about is not known");
    out.raw(
        "</dl>\n<h2>Customers</h2>\n<table><thead><tr><th>Customer</th><th class=\"n\">Id</th><th class=\"n\">Cases</th><th>Classes"
        "</th></tr></thead><tbody>\n");
    for (const operations::BreachCustomer& customer : breach.customers) {
        out.raw("<tr><td>").text(customer.name.empty() ? "(erased)" : customer.name).raw("</td><td class=\"n\">");
        out.text(number(customer.id.value)).raw("</td><td class=\"n\">").text(number(customer.cases)).raw("</td><td>");
        out.text(classes_text(customer.classes)).raw("</td></tr>\n");
    }
    out.raw(
        "</tbody></table>\n<h2>Cases</h2>\n<table><thead><tr><th>Case</th><th>Opened by</th><th class=\"n\">Customer</th>"
        "<th class=\"n\">Disclosures</th><th class=\"n\">Read again</th><th>Classes</th></tr></thead><tbody>\n");
    for (const auto& [id, one] : breach.cases) {
        out.raw("<tr><td><code>")
            .text(one.token)
            .raw("</code></td><td>")
            .text(one.submitted ? breach.company_name : breach.partner_name);
        out.raw("</td><td class=\"n\">").text(one.customer ? number(one.customer.value) : "").raw("</td><td class=\"n\">");
        out.text(number(one.disclosures)).raw("</td><td class=\"n\">").text(number(one.reads)).raw("</td><td>");
        out.text(classes_text(one.classes)).raw("</td></tr>\n");
    }
    out.raw(
        "</tbody></table>\n<h2>Disclosures</h2>\n<table><thead><tr><th "
        "class=\"n\">Record</th><th>Time</th><th>How</th><th>Case</th>"
        "<th class=\"n\">Version</th><th>Leaf hash</th></tr></thead><tbody>\n");
    for (const operations::BreachItem& item : breach.items) {
        const auto found = breach.cases.find(item.case_id);
        out.raw("<tr><td class=\"n\">").text(number(item.entry.index)).raw("</td><td>").text(protocol::to_rfc3339(item.entry.time));
        out.raw("</td><td>").text(item.entry.operation).raw("</td><td><code>");
        out.text(found == breach.cases.end() ? "" : std::string_view(found->second.token)).raw("</code></td><td class=\"n\">");
        out.text(item.version == 0 ? "" : number(item.version)).raw("</td><td><code>");
        out.text(protocol::hex(item.entry.leaf).substr(0, 16)).raw("</code></td></tr>\n");
    }
    out.raw("</tbody></table>\n<p>");
    out.text(
        "A disclosure is the first time that somebody of the partner was shown a version of a case with something of the "
        "company's, "
        "an answer that showed it, or a file or a mail with content that was sent to the partner. What the partner wrote itself is "
        "none. Later reads of the same version are counted by the hour and not listed. Classes are those that the gate let pass in "
        "cases that the company opened; for what it wrote in a case of the partner's none are kept.");
    out.raw("</p>\n");
    end(out);
    return out.take();
}

}  // namespace entente::pages
