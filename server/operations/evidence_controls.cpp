#include "server/operations/evidence_controls.hpp"

#include <algorithm>
#include <array>

#include "server/operations/readers.hpp"

namespace entente::operations {

namespace {

constexpr auto iso = Framework::iso27001;
constexpr auto pims = Framework::iso27701;
constexpr auto gdpr = Framework::gdpr;
constexpr auto yes = Serves::yes;
constexpr auto partly = Serves::partly;
constexpr auto no = Serves::no;

// What brings words or a step of one company to another.
#define CROSSINGS                                                                                                       \
    "note.create case.approve case.approval.update case.accept_by_rule case.reject case.answer case.change case.close " \
    "case.information.request case.information.provide case.fix.offer case.fix.confirm case.fix.reject case.escalate "  \
    "case.pause case.pause.contest case.resume case.reopen case.reroute case.move case.withdraw attachment.send "       \
    "mail.content.send"
// And what was asked of the gate about it.
#define EXCHANGES "case.create case.release case.hold case.refuse case.freeze " CROSSINGS
// What the gate did not let pass: at once, or later when a key was lost.
#define STOPPED                                                                                                            \
    "+case.create@* !case.create@agreement_missing !case.create@agreement_document_missing !case.create@customer_missing " \
    "!case.create@authorization_missing case.hold case.refuse case.freeze @class_not_permitted @technical_not_permitted"
// Who was shown something for the first time, and how often again.
#define DISCLOSURES ENTENTE_DISCLOSING " case.read.counted"
// Messages that say that something happened, and mails to customers; what carries words of a case is above.
#define MESSAGES "events.read webhook.send mail.send letter.send"
#define IDENTITIES "user.create user.change client.create client.enable client.disable certificate.issue certificate.revoke"
#define ERASED "+erasure.carry_out +erasure.done case.content.remove case.person.remove"
#define ERASURES "+erasure.order +erasure.confirm +erasure.cancel " ERASED
#define HOLDS "+hold.place +hold.confirm +hold.lift"

constexpr std::array table{
    // --- organisational ---
    Control{iso, "5.1", "Policies for information security", no, "", "",
            "A policy is a document of the organisation, approved and published outside of the gateway."},
    Control{iso, "5.2", "Information security roles and responsibilities", partly, "user.create user.change",
            "people_active rights", "Who holds which role in the gateway, and who assigned it."},
    Control{iso, "5.3", "Segregation of duties", yes,
            "customer.confirm content.review sharing_rules.approve company.key.confirm customer.key.confirm authorization.grant "
            "case.customer.pick +erasure.confirm +hold.confirm +hold.lift @second_person_needed",
            "two_person_steps", "Steps that took a second person, and attempts of one person to do both."},
    Control{iso, "5.4", "Management responsibilities", no, "", "",
            "How management requires its staff to act is not visible to a gateway."},
    Control{iso, "5.5", "Contact with authorities", no, "", "", "Contacts are kept by the organisation."},
    Control{iso, "5.6", "Contact with special interest groups", no, "", "", "Memberships are kept by the organisation."},
    Control{iso, "5.7", "Threat intelligence", no, "", "", "The gateway consumes no threat intelligence."},
    Control{iso, "5.8", "Information security in project management", no, "", "", "Projects are run outside of the gateway."},
    Control{iso, "5.9", "Inventory of information and other associated assets", partly,
            "customer.create customer.change form.create form.change department.create",
            "customers forms agreements_in_force webhooks", "The information assets that the gateway keeps, by kind and owner."},
    Control{iso, "5.10", "Acceptable use of information and other associated assets", partly,
            "case.create case.release agreement.accept", "agreements_in_force",
            "The purpose and the classes that an agreement permits, applied to each exchange."},
    Control{iso, "5.11", "Return of assets", partly,
            "case.freeze authorization.withdraw +erasure.carry_out erasure.attest agreement.terminate", "",
            "What a partner had to give back or delete when a permission ended."},
    Control{iso, "5.12", "Classification of information", yes, "case.label form.create form.change sharing_rules.*", "forms labels",
            "Each field of a form has a data class, each case a label."},
    Control{iso, "5.13", "Labelling of information", yes, "case.label sharing_rules.*", "labels",
            "Labels of cases and every change of one; lowering takes a second person."},
    Control{iso, "5.14", "Information transfer", yes, EXCHANGES, "agreements_in_force authorizations_granted",
            "Every exchange with the agreement, the authorization and the classes that it rested on."},
    Control{iso, "5.15", "Access control", yes, "@no_role @other_company @not_a_party @wrong_side", "rights",
            "The table of roles and rights as built, and every attempt outside of it."},
    Control{iso, "5.16", "Identity management", yes, IDENTITIES, "people_active people_disabled clients_active certificates_valid",
            "Identities made, changed and ended."},
    Control{iso, "5.17", "Authentication information", yes,
            "client.secret.rotate webhook.secret.rotate user.change company.key.* customer.key.*", "clients_rotating",
            "Rotations of secrets and keys; no secret can be read after it was made."},
    Control{iso, "5.18", "Access rights", yes, IDENTITIES, "people_active people_disabled rights",
            "Rights given and taken, and who holds which role now."},
    Control{iso, "5.19", "Information security in supplier relationships", yes, "company.create company.change agreement.*",
            "agreements_in_force agreements_ended", "Partners and the agreements with them."},
    Control{iso, "5.20", "Addressing information security within supplier agreements", yes,
            "agreement.create agreement.accept agreement.text.add agreement.acknowledge", "documents acceptances",
            "Agreements by the digest of their text, with each party's acceptance."},
    Control{iso, "5.21", "Managing information security in the ICT supply chain", no, "", "",
            "The bill of materials and the build belong to a release, not to a running gateway."},
    Control{iso, "5.22", "Monitoring, review and change management of supplier services", yes, "agreement.* intake_probe.*",
            "announced_changes", "Announced and acknowledged changes of agreements, and probes whether a partner answers."},
    Control{iso, "5.23", "Information security for use of cloud services", no, "", "",
            "Where the gateway runs is the operator's choice and not visible to it."},
    Control{iso, "5.24", "Information security incident management planning and preparation", no, "", "",
            "Plans are documents of the organisation."},
    Control{iso, "5.25", "Assessment and decision on information security events", partly,
            "clock.alarm audit.alarm audit.verify @stream_position_lost @not_a_party evidence.breach", "",
            "Alarms of the gateway, verifications of the log, and lists drawn up after a suspicion."},
    Control{iso, "5.26", "Response to information security incidents", partly,
            "evidence.breach authorization.withdraw certificate.revoke client.disable agreement.suspend case.freeze", "",
            "What was stopped, and when: withdrawn permissions, revoked certificates, frozen cases."},
    Control{iso, "5.27", "Learning from information security incidents", no, "", "",
            "Reviews after an incident are held outside of the gateway."},
    Control{iso, "5.28", "Collection of evidence", yes, "audit.* audit.list audit.read evidence.*", "log",
            "Reads, verifications and exports of the log, and this pack: each with a proof that stands without the gateway."},
    Control{iso, "5.29", "Information security during disruption", no, "", "", "Drills are run by the operator."},
    Control{iso, "5.30", "ICT readiness for business continuity", partly, "gateway.start gateway.stop", "",
            "Every start and end of the gateway; how long it was down follows from them."},
    Control{iso, "5.31", "Legal, statutory, regulatory and contractual requirements", partly, "agreement.* authorization.*",
            "agreements_in_force authorizations_granted",
            "Agreements and authorizations as the basis of each exchange; the law behind them is for the organisation to name."},
    Control{iso, "5.32", "Intellectual property rights", no, "", "", "Licences are kept by the organisation."},
    Control{iso, "5.33", "Protection of records", yes, "log.start audit.verify audit.reconcile audit.scrub " HOLDS " " ERASED,
            "log keys_in_use", "One tree over every record, verifications of it, holds and retention."},
    Control{iso, "5.34", "Privacy and protection of PII", yes, "authorization.* customer.* subject.* " ERASURES,
            "authorizations_granted keys_destroyed", "Customers' authorizations, what was minimised, erased and handed out."},
    Control{iso, "5.35", "Independent review of information security", partly, "audit.list audit.read audit.verify evidence.*",
            "auditors", "What auditors read and verified; their role reads and changes nothing."},
    Control{iso, "5.36", "Compliance with policies, rules and standards for information security", yes,
            "decision.replay decision.rehearse audit.verify evidence.* case.create case.hold case.refuse", "",
            "Every decision of the gate with its rule, recomputed by replay."},
    Control{iso, "5.37", "Documented operating procedures", no, "", "",
            "Procedures come with the program's documentation and are followed outside of it."},
    // --- people ---
    Control{iso, "6.1", "Screening", no, "", "", "Hiring happens outside of the gateway."},
    Control{iso, "6.2", "Terms and conditions of employment", no, "", "", "Employment contracts are kept by the organisation."},
    Control{iso, "6.3", "Information security awareness, education and training", no, "", "",
            "Training happens outside of the gateway."},
    Control{iso, "6.4", "Disciplinary process", no, "", "", "It is run by the organisation."},
    Control{iso, "6.5", "Responsibilities after termination or change of employment", partly,
            "user.change client.disable certificate.revoke", "people_disabled",
            "Access that ended when a person or a client left."},
    Control{iso, "6.6", "Confidentiality or non-disclosure agreements", partly, "agreement.accept agreement.text.add",
            "documents acceptances", "Accepted texts of companies by digest; terms of single persons are not kept here."},
    Control{iso, "6.7", "Remote working", no, "", "", "Where a person works from is not judged by the gateway."},
    Control{iso, "6.8", "Information security event reporting", no, "", "",
            "There is no way to report a concern through the gateway yet."},
    // --- physical ---
    Control{iso, "7.1", "Physical security perimeters", no, "", "", "The gateway has no premises of its own."},
    Control{iso, "7.2", "Physical entry", no, "", "", "The gateway has no premises of its own."},
    Control{iso, "7.3", "Securing offices, rooms and facilities", no, "", "", "The gateway has no premises of its own."},
    Control{iso, "7.4", "Physical security monitoring", no, "", "", "The gateway has no premises of its own."},
    Control{iso, "7.5", "Protecting against physical and environmental threats", no, "", "",
            "The gateway has no premises of its own."},
    Control{iso, "7.6", "Working in secure areas", no, "", "", "The gateway has no premises of its own."},
    Control{iso, "7.7", "Clear desk and clear screen", no, "", "", "Desks and screens are outside of the gateway."},
    Control{iso, "7.8", "Equipment siting and protection", no, "", "", "The machine is the operator's."},
    Control{iso, "7.9", "Security of assets off-premises", no, "", "", "The machine is the operator's."},
    Control{iso, "7.10", "Storage media", no, "", "", "Media are the operator's; what is on them is encrypted (8.24)."},
    Control{iso, "7.11", "Supporting utilities", no, "", "", "The machine is the operator's."},
    Control{iso, "7.12", "Cabling security", no, "", "", "The machine is the operator's."},
    Control{iso, "7.13", "Equipment maintenance", no, "", "", "The machine is the operator's."},
    Control{iso, "7.14", "Secure disposal or re-use of equipment", no, "", "",
            "The machine is the operator's; without the keys nothing on it can be read (8.10, 8.24)."},
    // --- technological ---
    Control{iso, "8.1", "User endpoint devices", no, "", "", "Devices of persons are outside of the gateway."},
    Control{iso, "8.2", "Privileged access rights", yes,
            "operator.create company.create certificate.issue certificate.revoke user.create user.change keys.*",
            "administrators rights", "What operators and administrators did, and who holds these roles."},
    Control{iso, "8.3", "Information access restriction", yes,
            "!case.* !note.* !authorization.* !customer.* !audit.* " STOPPED " @not_a_party @no_role", "rights",
            "Refused accesses and cases that were held, refused or frozen: denied unless three keys turn."},
    Control{iso, "8.4", "Access to source code", no, "", "", "The source code is not in the gateway."},
    Control{iso, "8.5", "Secure authentication", yes, "login logout token request.refused",
            "certificates_valid clients_certificate people_active",
            "Every sign-in and its outcome, and refused credentials counted."},
    Control{iso, "8.6", "Capacity management", partly, "request.refused @too_many_requests", "",
            "Requests that were refused by a limit; the metrics have the rest."},
    Control{iso, "8.7", "Protection against malware", partly, "attachment.send", "",
            "The verdict on each file before it left, with whether a scanner looked at it; the gateway has none of its own."},
    Control{iso, "8.8", "Management of technical vulnerabilities", no, "", "",
            "Updates are the operator's; which version runs is in 8.9."},
    Control{iso, "8.9", "Configuration management", partly,
            "gateway.start company.change form.* department.* sharing_rules.* calendar.* targets.change webhook.change",
            "settings schema", "Versions, settings that bear on evidence, and changes of companies' own rules."},
    Control{iso, "8.10", "Information deletion", yes, ERASED " gateway.forget deliveries.forget keys.generation.end",
            "keys_destroyed cases_removed", "What was removed and which keys were destroyed."},
    Control{iso, "8.11", "Data masking", yes,
            "case.create case.release note.create case.answer case.information.request case.information.provide case.approve",
            "sharing_rules", "Texts and fields that crossed, each with what was masked or withheld."},
    Control{iso, "8.12", "Data leakage prevention", yes,
            "content.review sharing_rules.* case.label @content_refused @content_needs_review @label_exceeds_ceiling "
            "@class_not_permitted",
            "sharing_rules reviews", "What was stopped on its way out, and what a second person let pass."},
    Control{iso, "8.13", "Information backup", no, "", "",
            "Copies are made and tried by the operator; `entente audit verify --file` checks one."},
    Control{iso, "8.14", "Redundancy of information processing facilities", no, "", "", "A second machine is the operator's."},
    Control{iso, "8.15", "Logging", yes, "*", "log", "Every record of the period; nothing happens without one."},
    Control{iso, "8.16", "Monitoring activities", yes, "audit.stream audit.alarm request.refused clock.alarm audit.scrub", "",
            "Streams to collectors of security events, alarms, and what was refused before anybody was known."},
    Control{iso, "8.17", "Clock synchronization", partly, "clock.alarm gateway.start", "log",
            "Times of records never fall; a clock behind the log is an alarm. The clock itself is the operator's."},
    Control{
        iso, "8.18", "Use of privileged utility programs", partly,
        "operator.create company.create company.change certificate.issue certificate.revoke keys.* audit.export evidence.* token",
        "", "What takes the operator's credential, exports and evidence; programs on the machine are outside of the gateway."},
    Control{iso, "8.19", "Installation of software on operational systems", partly, "gateway.start", "schema",
            "Every start names the version that started; the schema's changes are numbered."},
    Control{iso, "8.20", "Networks security", partly, "request.refused", "cryptography",
            "TLS only, and what was refused at the rim; the network is the operator's."},
    Control{iso, "8.21", "Security of network services", partly, "webhook.* certificate.issue certificate.revoke",
            "cryptography webhooks", "TLS in both directions, verified; calls into other networks only where allowed."},
    Control{iso, "8.22", "Segregation of networks", no, "", "", "Networks are the operator's."},
    Control{iso, "8.23", "Web filtering", no, "", "", "The gateway browses nothing."},
    Control{iso, "8.24", "Use of cryptography", yes,
            "certificate.issue certificate.revoke company.key.* customer.key.* client.secret.rotate webhook.secret.rotate keys.* "
            "+erasure.carry_out",
            "cryptography keys_in_use keys_destroyed certificates_valid",
            "Algorithms in use, keys in use and destroyed, and every change of one."},
    Control{iso, "8.25", "Secure development life cycle", no, "", "", "How the program is made is in its source repository."},
    Control{iso, "8.26", "Application security requirements", no, "", "", "How the program is made is in its source repository."},
    Control{iso, "8.27", "Secure system architecture and engineering principles", no, "", "",
            "How the program is made is in its source repository."},
    Control{iso, "8.28", "Secure coding", no, "", "", "How the program is made is in its source repository."},
    Control{iso, "8.29", "Security testing in development and acceptance", no, "", "",
            "How the program is made is in its source repository."},
    Control{iso, "8.30", "Outsourced development", no, "", "", "How the program is made is in its source repository."},
    Control{iso, "8.31", "Separation of development, test and production environments", partly, "", "cases_test",
            "Cases marked as tests are told apart from others; other machines are the operator's."},
    Control{iso, "8.32", "Change management", yes,
            "agreement.* sharing_rules.* form.change form.retire company.change calendar.change targets.change gateway.start",
            "announced_changes schema", "Changes of rules with their proposer, approver and effective date."},
    Control{iso, "8.33", "Test information", partly, "", "cases_test", "Cases marked as tests."},
    Control{iso, "8.34", "Protection of information systems during audit testing", yes,
            "audit.* audit.list audit.read evidence.* decision.replay", "auditors rights",
            "Auditors read on snapshots, can change nothing, and each of their reads is a record."},
    // --- privacy information management: controllers (A) and processors (B) ---
    Control{pims, "A.7.2.1", "Identify and document purpose", yes, "authorization.request agreement.create",
            "authorizations_granted", "Each authorization and agreement names its purpose."},
    Control{pims, "A.7.2.2", "Identify lawful basis", partly, "authorization.* agreement.accept", "authorizations_granted",
            "The authorization that each exchange rested on; the basis in law is the company's to name."},
    Control{pims, "A.7.2.3", "Determine when and how consent is to be obtained", yes,
            "authorization.request authorization.link.send authorization.attest authorization.emergency", "",
            "How each authorization was asked for and how surely it was obtained."},
    Control{pims, "A.7.2.4", "Obtain and record consent", yes,
            "authorization.grant authorization.decide authorization.signed authorization.refuse authorization.record",
            "authorizations_granted authorizations_confirmed", "Grants and refusals with their evidence."},
    Control{pims, "A.7.2.6", "Contracts with PII processors", partly, "agreement.accept", "acceptances",
            "Agreements with each party's role."},
    Control{pims, "A.7.2.7", "Joint PII controller", partly, "agreement.accept agreement.member.add", "agreements_in_force",
            "Roles of the parties of each agreement."},
    Control{pims, "A.7.2.8", "Records related to processing PII", yes, EXCHANGES, "log",
            "Every exchange as a record that cannot be changed unnoticed."},
    Control{pims, "A.7.3.4", "Providing mechanism to modify or withdraw consent", yes,
            "authorization.receipt.open authorization.receipt.view authorization.withdraw", "authorizations_withdrawn",
            "Receipts opened and permissions withdrawn."},
    Control{pims, "A.7.3.6", "Access, correction and/or erasure", yes, "subject.* customer.change " ERASURES, "keys_destroyed",
            "Data handed out, corrected and erased."},
    Control{pims, "A.7.3.7", "PII controllers' obligations to inform third parties", yes,
            "case.freeze +erasure.carry_out erasure.attest", "", "Partners that were told to delete, and who answered."},
    Control{pims, "A.7.3.8", "Providing copy of PII processed", yes, "subject.* authorization.receipt.view", "",
            "Exports for persons and receipts that show every disclosure."},
    Control{pims, "A.7.4.1", "Limit collection", yes, "form.create form.change", "forms",
            "Forms with the class and stage of each field."},
    Control{pims, "A.7.4.2", "Limit processing", yes, STOPPED, "", "What was not let pass because a key did not permit it."},
    Control{pims, "A.7.4.4", "PII minimization objectives", yes, "case.create case.release note.create case.answer",
            "sharing_rules", "What was masked, pseudonymised and withheld of each text."},
    Control{pims, "A.7.4.5", "PII de-identification and deletion at the end of processing", yes, ERASED,
            "cases_removed keys_destroyed", "What was removed after the end."},
    Control{pims, "A.7.4.7", "Retention", yes, ERASED " " HOLDS " case.content.put_off gateway.forget deliveries.forget",
            "settings", "Periods in the settings and what they removed."},
    Control{pims, "A.7.4.8", "Disposal", yes, ERASED " keys.generation.end", "keys_destroyed",
            "Keys destroyed, so that no copy can be read."},
    Control{pims, "A.7.4.9", "PII transmission controls", yes, DISCLOSURES " " MESSAGES, "cryptography",
            "Who was shown what, over TLS alone."},
    Control{pims, "A.7.5.1", "Identify basis for PII transfer between jurisdictions", partly, "agreement.create agreement.accept",
            "agreements_transfer", "The transfer basis that an agreement names; countries are the companies' to name."},
    Control{pims, "A.7.5.3", "Records of transfer of PII", yes, EXCHANGES, "", "Every exchange with its parties."},
    Control{pims, "A.7.5.4", "Records of PII disclosure to third parties", yes, DISCLOSURES, "disclosures",
            "Who of another company was shown what, and counts of every later read. Which version it was the first time is in the "
            "register (`entente audit disclosures`).",
            true},
    Control{pims, "B.8.2.1", "Customer agreement", partly, "agreement.accept", "acceptances",
            "Agreements under which one company works for another."},
    Control{pims, "B.8.2.2", "Organization's purposes", yes, "case.create case.refuse case.hold", "",
            "The purpose is compared in every decision of the gate."},
    Control{pims, "B.8.2.6", "Records related to processing PII", yes, EXCHANGES, "log",
            "Every exchange as a record that cannot be changed unnoticed."},
    Control{pims, "B.8.4.2", "Return, transfer or disposal of PII", partly,
            "case.freeze +erasure.carry_out erasure.attest agreement.terminate", "",
            "What had to be deleted when a permission ended."},
    Control{pims, "B.8.5.3", "Records of PII disclosure to third parties", yes, DISCLOSURES, "disclosures",
            "Who of another company was shown what, and counts of every later read. Which version it was the first time is in the "
            "register (`entente audit disclosures`).",
            true},
    // --- GDPR ---
    Control{gdpr, "Art. 5(1)(c)", "Data minimisation", yes, "case.create case.release note.create case.answer", "sharing_rules",
            "What was masked, pseudonymised and withheld of each text."},
    Control{gdpr, "Art. 5(1)(e)", "Storage limitation", yes, ERASED " case.content.put_off gateway.forget deliveries.forget",
            "settings cases_removed", "Periods in the settings and what they removed."},
    Control{gdpr, "Art. 5(2)", "Accountability", yes, "*", "log", "Every record of the period, each with a proof."},
    Control{gdpr, "Art. 6", "Lawfulness of processing", partly, "authorization.* agreement.accept",
            "authorizations_granted agreements_in_force",
            "The authorization that each exchange rested on; the basis in law is the company's to name."},
    Control{gdpr, "Art. 7(1)", "Demonstrable consent", yes,
            "authorization.grant authorization.decide authorization.signed authorization.record",
            "authorizations_granted authorizations_confirmed", "Grants with their evidence and how surely they were obtained."},
    Control{gdpr, "Art. 7(3)", "Withdrawal of consent", yes, "authorization.withdraw case.freeze", "authorizations_withdrawn",
            "Withdrawals, and the cases that froze on them."},
    Control{gdpr, "Art. 15", "Right of access", yes, "subject.* disclosure.list authorization.receipt.view", "disclosures",
            "Exports for persons, and who was shown what."},
    Control{gdpr, "Art. 17", "Right to erasure", yes, ERASURES, "keys_destroyed", "Orders of erasure and the keys they destroyed."},
    Control{gdpr, "Art. 19", "Notification of recipients", yes, "case.freeze +erasure.carry_out erasure.attest", "",
            "Recipients that were told, and who answered."},
    Control{gdpr, "Art. 25", "Data protection by design and by default", yes, STOPPED " form.create sharing_rules.*",
            "rights forms", "Nothing crosses unless three keys turn; fields are withheld unless permitted."},
    Control{gdpr, "Art. 26", "Joint controllers", partly, "agreement.accept agreement.member.add", "agreements_in_force",
            "Roles of the parties of each agreement."},
    Control{gdpr, "Art. 28", "Processor", partly, "agreement.accept", "acceptances",
            "Roles of the parties of each agreement, and its text by digest."},
    Control{gdpr, "Art. 30", "Records of processing activities", partly, EXCHANGES, "customers agreements_in_force",
            "Purposes, classes and recipients of what passes through the gateway."},
    Control{gdpr, "Art. 32", "Security of processing", yes,
            "login token request.refused audit.verify audit.scrub certificate.issue certificate.revoke", "cryptography keys_in_use",
            "Encryption, sign-ins, refusals and verifications of the log."},
    Control{gdpr, "Art. 33", "Notification of a breach to the authority", partly, "evidence.breach", "",
            "Lists of affected customers, items and classes with proofs; the notice itself is the company's."},
    Control{gdpr, "Art. 34", "Communication of a breach to persons", partly, "evidence.breach", "",
            "Lists of affected customers with proofs; the message itself is the company's."},
    Control{gdpr, "Art. 44", "General principle for transfers", partly, "agreement.create agreement.accept", "agreements_transfer",
            "The transfer basis that an agreement names."},
};

// What only reads, and changes nothing.
bool only_reads(std::string_view operation) {
    return operation.ends_with(".list") || operation.ends_with(".read");
}

bool pattern_fits(std::string_view pattern, std::string_view operation, bool failed, std::string_view reason) {
    if (pattern == "*") return true;
    const bool failed_only = pattern.starts_with('!');
    const bool succeeded_only = pattern.starts_with('+');
    if ((failed_only && !failed) || (succeeded_only && failed)) return false;
    if (failed_only || succeeded_only) pattern.remove_prefix(1);
    if (const auto at = pattern.find('@'); at != std::string_view::npos) {
        const std::string_view code = pattern.substr(at + 1);
        if (code == "*" ? reason.empty() : reason != code) return false;
        pattern = pattern.substr(0, at);
        if (pattern.empty()) return true;
    }
    if (!pattern.ends_with('*')) return operation == pattern;
    return operation.starts_with(pattern.substr(0, pattern.size() - 1)) && (failed_only || !only_reads(operation));
}

bool any_fits(std::string_view patterns, std::string_view operation, bool failed, std::string_view reason) {
    return std::ranges::any_of(words_of(patterns),
                               [&](std::string_view pattern) { return pattern_fits(pattern, operation, failed, reason); });
}

}  // namespace

std::string_view name(Framework framework) {
    switch (framework) {
        case Framework::iso27001:
            return "iso27001";
        case Framework::iso27701:
            return "iso27701";
        case Framework::gdpr:
            break;
    }
    return "gdpr";
}

std::string_view title(Framework framework) {
    switch (framework) {
        case Framework::iso27001:
            return "ISO/IEC 27001:2022 Annex A";
        case Framework::iso27701:
            return "ISO/IEC 27701:2019";
        case Framework::gdpr:
            break;
    }
    return "GDPR (EU) 2016/679";
}

bool listed_whole(Framework framework) {
    return framework == Framework::iso27001;
}

std::string_view name(Serves serves) {
    switch (serves) {
        case Serves::yes:
            return "yes";
        case Serves::partly:
            return "partly";
        case Serves::no:
            break;
    }
    return "no";
}

std::span<const Control> controls() {
    return table;
}

bool matches(const Control& control, std::string_view operation, bool failed, std::string_view reason) {
    return any_fits(control.log, operation, failed, reason);
}

bool crosses(std::string_view operation) {
    return any_fits(CROSSINGS, operation, false, {});
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace entente::operations
