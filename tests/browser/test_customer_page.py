"""A customer at the page in a real browser: on a desktop, without scripts, on a phone; and what a screen reader and a tired eye need."""

import re

import pytest

from support.customers import Person

TAB = "\ue004"

# The answers to the five questions of server/pages/questions.md, by language.
ANSWERS = {
    "en": ("Who asks", "Who would receive it", "Which kinds of information", "What is never shared", "What for", "Until when", "If you say no"),
    "de": ("Wer fragt", "Wer es bekäme", "Welche Arten von Informationen", "Was nie weitergegeben wird", "Wofür", "Bis wann", "Wenn Sie Nein sagen"),
    "ja": ("依頼元", "情報を受け取る会社", "情報の種類", "決して共有されないもの", "目的", "期限", "拒否した場合"),
}

CHECKS = """
const wrong = [];
const luminance = c => { const f = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126*f[0] + 0.7152*f[1] + 0.0722*f[2]; };
const rgb = s => (s.match(/[\\d.]+/g) || [255,255,255,0]).map(Number);
const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255,255,255]; };
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !e.getClientRects().length) continue;
  const style = getComputedStyle(e), a = luminance(rgb(style.color).slice(0,3)), b = luminance(ground(e).slice(0,3));
  const contrast = (Math.max(a,b) + 0.05) / (Math.min(a,b) + 0.05);
  if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${e.tagName} ${e.textContent.trim().slice(0,40)}`);
  if (parseFloat(style.fontSize) < 12) wrong.push(`small text: ${e.textContent.trim().slice(0,40)}`);
}
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
if (new Set(ids).size !== ids.length) wrong.push('an id stands twice');
for (const e of document.querySelectorAll('[aria-describedby],[for]'))
  for (const id of (e.getAttribute('aria-describedby') || e.getAttribute('for')).split(' '))
    if (!document.getElementById(id)) wrong.push(`${id} is named and not there`);
let level = 0;
for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const n = Number(h.tagName[1]); if (n > level + 1) wrong.push(`heading ${n} after ${level}: ${h.textContent}`); level = n; }
if (document.querySelectorAll('h1').length !== 1) wrong.push('not one main heading');
if (document.querySelectorAll('main').length !== 1) wrong.push('no main part');
if (!document.documentElement.lang) wrong.push('no language');
if (!document.title.trim()) wrong.push('no title');
for (const t of document.querySelectorAll('table')) if ([...t.querySelectorAll('th')].some(h => !h.scope)) wrong.push('a header cell without scope');
if (document.querySelector('meta[name=viewport]').content.match(/user-scalable=no|maximum-scale/)) wrong.push('cannot be enlarged');
if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${document.documentElement.clientWidth}`);
return wrong;
"""


def check(browser):
    """Accessibility and width of the page as it stands."""
    assert browser.run(CHECKS) == []
    for element in browser.find("input:not([type=hidden]),button,a,textarea"):
        assert browser.label(element).strip(), "a control that a screen reader cannot name"
        # A tick is as large as its label: that is what a finger hits.
    for element in browser.find("button, label.tick, input[type=text], input[type=date]"):
        size = browser.rect(element)
        assert size["height"] >= 43.5, f"{browser.label(element)}: {size}"


def page_of(posted, person, tail=""):
    return f"{posted.gateway.url}/authorize/{person.token}{tail}"


def decide_in(browser, posted, person):
    browser.open(page_of(posted, person))
    check(browser)
    browser.follow("form[action*='/code'] button")
    assert browser.find(".said[role=status]")
    check(browser)
    code = re.search(r"\b(\d{4} \d{4})\b", person.next_mail().text).group(1)
    browser.type("#code", code)
    return code


def test_a_customer_allows_less_than_was_asked_and_withdraws_later(posted, browser):
    asked, person = posted.ask(classes=("case_facts", "technical", "diagnostics"))
    decide_in(browser, posted, person)
    browser.click("label.tick:has(input[value=diagnostics])")
    browser.follow("button[value=approve]")
    check(browser)
    granted = posted.read(asked)
    assert granted["state"] == "granted" and granted["dataClasses"] == ["case_facts", "technical"] and granted["assurance"] == "confirmed"

    person.next_mail()
    browser.follow("a[href^='/receipt/']")
    check(browser)
    browser.follow("form[action*='/code'] button")
    browser.type("#code", re.search(r"\b(\d{4} \d{4})\b", person.next_mail().text).group(1))
    browser.follow("main form:not([action*='/code']) button")
    check(browser)
    assert "Allowed" in browser.text(".said[role=status]")
    browser.click("label.tick:has(input[name=sure])")
    browser.follow("button.grave")
    check(browser)
    assert "Withdrawn" in browser.text(".said[role=status]")
    assert posted.read(asked)["state"] == "withdrawn"


def test_a_customer_refuses(posted, browser):
    asked, person = posted.ask()
    decide_in(browser, posted, person)
    browser.follow("button[value=refuse]")
    check(browser)
    assert posted.read(asked)["state"] == "refused"


def test_a_wrong_code_is_said_where_one_hears_it(posted, browser):
    asked, person = posted.ask()
    browser.open(page_of(posted, person))
    browser.type("#code", "0000 0000")
    browser.follow("button[value=approve]")
    assert browser.find(".said.wrong[role=alert]")
    check(browser)
    assert posted.read(asked)["state"] == "requested"


@pytest.mark.parametrize("language", sorted(ANSWERS))
def test_the_five_questions_are_answered(posted, browser, language):
    _, person = posted.ask(language=language)
    browser.open(page_of(posted, person))
    check(browser)
    terms = browser.run("return [...document.querySelectorAll('dt, h2')].map(e => e.textContent)")
    for answer in ANSWERS[language]:
        assert answer in terms, answer
    text = browser.text("main")
    for fact in (posted.ada.name, posted.ada.domain, posted.bo.name, posted.bo.domain, person.customer.name):
        assert fact in text
    assert browser.run("return document.documentElement.lang") == language
    assert browser.run("return performance.getEntriesByType('resource').length") == 0, "the page fetches nothing else"


def test_a_keyboard_is_enough(posted, driver):
    from support.webdriver import Browser

    browser = Browser(driver, scripts=False)
    try:
        _, person = posted.ask()
        browser.open(page_of(posted, person))
        reached = set()
        for _ in range(40):
            browser.press(TAB)
            reached.add(browser.run("const e = document.activeElement; return e.name || e.tagName"))
        assert {"partner", "class", "until", "code", "decision"} <= reached
        outline = browser.run("document.querySelector('#code').focus(); return getComputedStyle(document.querySelector('#code')).outlineStyle")
        assert outline != "none"
    finally:
        browser.close()


def test_a_link_that_is_none_says_so(posted, browser):
    browser.open(f"{posted.gateway.url}/authorize/{'A' * 32}")
    check(browser)
    assert "not valid" in browser.text("h1")


def test_what_a_person_wrote_never_becomes_markup(posted, browser):
    asked, person = posted.ask(conditions="<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">")
    browser.open(page_of(posted, person))
    assert "<script>document.title" in browser.text("main") and browser.find("main script, main img") == []
    assert "broken" not in browser.run("return document.title")
    assert isinstance(person, Person) and asked["conditions"].startswith("<script>")
