"""The third key at work: secrets never cross, personal data only where both keys permit, in every text that crosses."""

import pytest

from support.world import ALL_CLASSES

NO_PERSONS = tuple(name for name in ALL_CLASSES if name != "personal_contact")

# kind -> a text with {x} where the value stands, and the value
SECRETS = {
    "aws access key": "AKIAIOSFODNN7EXAMPLQ",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAz7K1v0m4F2x8\n-----END RSA PRIVATE KEY-----",
    "github token": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "jwt": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "password assignment": "password=Tr0ub4dor-and-3",
    "bearer header": "Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543",
    "url with credentials": "https://admin:hunter22x@array.internal/login",
}
PERSONAL = {
    "mail address": "jana.novotna@customer-mail.example",
    "phone number": "+49 30 901820 77",
    "iban": "DE89 3704 0044 0532 0130 00",
    "card": "4111 1111 1111 1111",
}


@pytest.fixture(scope="module")
def strict(world):
    """A customer whose authorization leaves out personal data."""
    customer = world.halden.customer("strict")
    world.halden.authorize(customer, [world.brightwell], classes=NO_PERSONS)
    return customer


def core(value):
    """The part of a planted value that must not appear anywhere on the other side."""
    return {"password=Tr0ub4dor-and-3": "Tr0ub4dor-and-3", "Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543": "8f14e45fceea167a5a36dedd4bea2543",
            "https://admin:hunter22x@array.internal/login": "hunter22x"}.get(value, value.splitlines()[1] if "\n" in value else value)


@pytest.mark.parametrize("kind", sorted(SECRETS | PERSONAL))
def test_a_planted_value_in_every_text_of_a_case(world, halden, brightwell, strict, kind):
    value = (SECRETS | PERSONAL)[kind]
    case = world.open_case(halden, brightwell, strict, problemSummary="Trouble with login", problemDescription=f"The log says {value} and then stops.",
                           fields={"Log excerpt": f"before {value} after"})
    case.release_to_receiver()
    if "\n" not in value:
        case.note(halden.engineer, "A note", f"Also here: {value} as seen.")
        case.note(halden.engineer, "In markup", f"<p>And <b>here</b>: {value}</p>")
    view = case.seen_by_receiver()
    assert core(value) not in view.text
    assert "and then stops" in view["description"], "the rest of the text stays"
    assert core(value) not in brightwell.engineer.get(f"{case.path}/notes", expect=200).text
    assert core(value) not in brightwell.engineer.get("/v2/collaboration-requests/list", expect=200).text
    if "\n" not in value:
        assert value in case.seen_by_submitter()["description"], "the submitter's own case is not touched"
    assert sum(case.gate()["masked"].values()) >= 1
    preview = str(halden.engineer.get(f"/api/v1/cases/{case.token}/preview", expect=200).body)
    assert core(value) not in preview


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_secrets_stay_even_where_everything_is_permitted(world, halden, brightwell, kind):
    value = SECRETS[kind]
    case = world.open_case(halden, brightwell, world.harbour, problemDescription=f"See {value} here")
    case.release_to_receiver()
    assert core(value) not in case.seen_by_receiver().text
    assert "[secret removed]" in case.seen_by_receiver()["description"]


def test_personal_data_passes_where_both_keys_permit_it(world, halden, brightwell):
    case = world.open_case(halden, brightwell, world.harbour, problemDescription="Ask jana.novotna@customer-mail.example please")
    case.release_to_receiver()
    assert "jana.novotna@customer-mail.example" in case.seen_by_receiver()["description"]


def test_the_same_person_has_the_same_pseudonym_in_one_case_and_none_across(world, halden, brightwell, strict):
    texts = []
    for _ in range(2):
        case = world.open_case(halden, brightwell, strict, problemDescription="From b.zelenka@mail-a.example to c.kral@mail-b.example, cc b.zelenka@mail-a.example")
        case.release_to_receiver()
        texts.append(case.seen_by_receiver()["description"])
    words = [word.strip(",") for word in texts[0].split() if word.startswith("[")]
    assert len(words) == 3 and words[0] == words[2] != words[1]
    case.note(halden.engineer, "Reply", "c.kral@mail-b.example answered")
    description = brightwell.engineer.get(f"{case.path}/notes", expect=200).body[-1]["description"]
    assert words[1] in description, "a later note keeps the name of the person"


def test_what_the_receiver_writes_is_minimised_too(world, halden, brightwell, strict):
    """Both directions pass the gate; and naming a person is no oracle for the other side's mapping."""
    case = world.open_case(halden, brightwell, strict, problemDescription="From b.zelenka@mail-a.example")
    case.release_to_receiver()
    shown = case.seen_by_receiver()["description"]
    case.note(brightwell.engineer, "Is it him", "Is it b.zelenka@mail-a.example or d.other@mail-a.example? key AKIAIOSFODNN7EXAMPLQ")
    mine = brightwell.engineer.get(f"{case.path}/notes", expect=200).body[-1]["description"]
    assert "b.zelenka@mail-a.example" in mine, "the author reads his own words"
    theirs = halden.engineer.get(f"{case.path}/notes", expect=200).body[-1]["description"]
    assert "AKIAIOSFODNN7EXAMPLQ" not in theirs
    assert "[" in shown


@pytest.mark.parametrize("call", ["information", "answer", "rejection", "approval", "patch"])
def test_every_item_that_crosses_is_scanned(world, halden, brightwell, strict, call):
    secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    case = world.open_case(halden, brightwell, strict)
    case.release_to_receiver()
    if call == "information":
        brightwell.engineer.post(f"{case.path}/information-request", {"requestedInformation": f"is it {secret}?"}, expect=200)
        assert secret not in case.seen_by_submitter().text
    if call == "answer":
        brightwell.engineer.post(f"{case.path}/information-request", {"requestedInformation": "which?"}, expect=200)
        halden.engineer.post(f"{case.path}/information-response", {"requestedInformation": f"it is {secret}, tell e.mail@some-mail.example"}, expect=200)
        assert secret not in case.seen_by_receiver().text and "e.mail@some-mail.example" not in case.seen_by_receiver().text
    if call == "rejection":
        brightwell.engineer.post(f"{case.path}/rejection", {"reason": f"no: {secret}"}, expect=200)
        assert secret not in case.seen_by_submitter().text
    if call == "approval":
        case.approve(nextSteps=f"log in with {secret}", caseNumber="B-1")
        assert secret not in case.seen_by_submitter().text
    if call == "patch":
        halden.engineer.patch(case.path, {"internalCaseNumber": secret}, expect=(200, 400))
        assert secret not in case.seen_by_receiver().text


@pytest.mark.parametrize("hidden", ["ghp_16C7e42F292c<b></b>6912E7710c838347Ae178B4a", "ghp_16C7e42F292c<!-- x -->6912E7710c838347Ae178B4a",
                                    "ghp_16C7e42F292c&#54;912E7710c838347Ae178B4a", "<a href=\"https://x.example/?t=ghp_16C7e42F292c6912E7710c838347Ae178B4a\">link</a>",
                                    "ghp_16C7e42F292c\u200b6912E7710c838347Ae178B4a"])
def test_markup_does_not_split_a_secret(case, hidden):
    case.note(case.submitter.engineer, "Hidden", f"<p>token {hidden}</p>")
    text = case.receiver.engineer.get(f"{case.path}/notes", expect=200).body[-1]["description"]
    assert "6912E7710c838347Ae178B4a" not in text and "912E7710c838347Ae178B4a" not in text


def test_limits_apply_to_the_input_not_to_the_masked_text(case):
    """A text at its limit stays acceptable although its placeholders are longer than what they replace."""
    filler = "a@b.co " * 700
    case.note(case.submitter.engineer, "At the limit", filler.ljust(5000, "x")[:5000])


def test_the_customer_s_people_are_known_names(world, halden, brightwell):
    """The registered contacts of the case's customer are found in a text without any format."""
    customer = halden.customer("named people")
    halden.authorize(customer, [brightwell], classes=NO_PERSONS)
    name = customer.contact["name"]
    case = world.open_case(halden, brightwell, customer, problemDescription=f"{name} saw it first, {name.upper()} says.")
    world.mark_released({name: text for name, text in case.draft.items() if name != "problemDescription"}, brightwell)
    description = case.seen_by_receiver()["description"]
    assert "saw it first" in description and name.lower() not in description.lower()


def test_names_of_the_own_staff_stay_back_where_the_agreement_keeps_staff_contacts_back(world, halden):
    """Full names of users and of the case's contact, both ways round, in every text; where the agreement exchanges staff contacts they pass."""
    partner = world.company("discreet")
    world.agreement(halden, partner, dataClasses=["case_facts", "technical", "product", "diagnostics", "customer_identity"])
    customer = halden.customer()
    halden.authorize(customer, [partner])
    halden.engineer, partner.engineer
    ours, theirs = halden.accounts["engineer"], partner.accounts["engineer"]
    first, last = ours["firstName"], ours["lastName"]
    contact = f"Runa {halden.word('staff contact').capitalize()}"
    text = f"{first} {last} looked at it with {contact}; {last}, {first} saw the same."
    case = world.released_case(halden, partner, customer, problemDescription=text,
                               submitterContactDetails={"name": contact, "email": halden.email(halden.word("contact mail")), "phone": ""})
    seen = case.seen_by_receiver()
    for word in (first, last, contact.split()[1]):
        assert word not in seen.text
    assert seen["description"] == "[name-1] looked at it with [name-2]; [name-3] saw the same."
    case.note(halden.engineer, "Who", f"ask {first} {last}")
    case.approve(engineerName="Duty")
    case.note(partner.engineer, "Ours", f"{theirs['firstName']} {theirs['lastName']} is on it")
    def note(company, summary):
        return next(note["description"] for note in company.engineer.get(f"{case.path}/notes", expect=200).body if note["summary"] == summary)

    assert "ask [name-1]" in note(partner, "Who")
    assert theirs["lastName"] not in note(halden, "Ours") and "[name-1] is on it" in note(halden, "Ours")
    assert f"{first} {last}" in case.seen_by_submitter()["description"], "the own side reads its own words"
