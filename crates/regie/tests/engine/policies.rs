//! Policies one after another: what ends consents and what does not, versions, and purposes that come and go.

use regie::engine::api::Tell;
use regie::engine::ask_again_at;
use regie::engine::ended::{Ended, EndedBy};
use regie::engine::timeline::{self, Asked, Happened, Row};
use regie_domain::consent::{AskAgain, ClaimedEvidence, UntilWish};
use regie_domain::information::InformationItem;
use regie_domain::policy::diff::Kind;
use regie_domain::time::Time;
use serde_json::json;

use super::support::*;

/// The built-in policy with changes: version, and pairs of texts.
pub(super) fn policy(version: &str, changes: &[(&str, &str)]) -> String {
    let built_in = regie::BUILT_IN_POLICY;
    let old = built_in.lines().find(|line| line.starts_with("version = ")).unwrap();
    let mut text = built_in.replacen(old, &format!("version = \"{version}\""), 1);
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// A purpose's block, from its `[[purpose]]` on.
fn block(id: &str) -> String {
    let at = regie::BUILT_IN_POLICY.find(&format!("[[purpose]]\nid = \"{id}\"")).unwrap();
    let rest = &regie::BUILT_IN_POLICY[at..];
    let end = rest[1..].find("\n[[").or_else(|| rest[1..].find("\n# ")).unwrap() + 1;
    rest[..end].to_owned()
}

pub(super) fn changed(id: &str, from: &str, to: &str) -> (String, String) {
    let before = block(id);
    assert!(before.contains(from), "{before}");
    (before.clone(), before.replacen(from, to, 1))
}

/// A purpose's block on a basis that asks nobody.
fn contracted(block: &str, basis: &str) -> String {
    let lines = block.lines().filter(|line| !line.starts_with("necessary_") && !line.starts_with("not_for_minors"));
    lines
        .map(|line| if line.starts_with("basis = ") { format!("basis = \"{basis}\"") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A purpose that came to do something else ends the consents to it and no other, at once, exactly, and for good.
#[test]
fn a_material_change_ends_the_consents_to_that_purpose() {
    let what = "\nwhat.en = \"";
    let (before, after) = changed("recommendations", what, "\nwhat.en = \"Something else. ");
    let reworded = policy("2027-01-01", &[(&before, &after)]);
    let corrected = policy("2027-01-01", &[(&before, &after), ("corrections = []", "corrections = [\"recommendations\"]")]);
    let (b, a) = changed("recommendations", "purchases = \"P2Y\"", "purchases = \"P3Y\"");
    let longer = policy("2027-01-01", &[(&b, &a)]);
    let (b, a) = changed("recommendations", "purchases = \"P2Y\"", "purchases = \"P1Y\"");
    let shorter = policy("2027-01-01", &[(&b, &a)]);
    let (b, a) = changed("recommendations", "\nbenefit.en = \"", "\nbenefit.en = \"Now even better. ");
    let praised = policy("2027-01-01", &[(&b, &a)]);
    let dpv =
        policy("2027-01-01", &[("id = \"purchases\"\ndpv = \"pd:Purchase pd:Transaction\"", "id = \"purchases\"\ndpv = \"pd:Purchase\"")]);
    for (text, ends, model_ends) in [
        (&reworded, true, false),
        (&corrected, false, false),
        (&longer, true, false),
        (&shorter, false, false),
        (&praised, false, false),
        (&dpv, true, true),
    ] {
        let mut world = world();
        let c = world.open(user("a"));
        for purpose in ["recommendations", "model-improvement"] {
            world.give(c, purpose, UntilWish::Withdrawn);
        }
        world.buy("a", &["tea", "lemons"]);
        world.look("a", "cheese");
        let given_at = world.now();
        let version = world.engine().policy().version.clone();
        world.hands.pass(HOUR);
        world.adopt(text);
        let verdicts = |world: &World| ["recommendations", "model-improvement"].map(|p| world.verdict(c, p, "purchases"));
        let word = |ends: bool| if ends { "deny invalidated" } else { "allow consent" }.to_owned();
        assert_eq!(verdicts(&world), [word(ends), word(model_ends)]);
        assert_eq!(world.recommend_to(c).personal, !ends);
        // What was allowed before stays recorded as allowed.
        let then = world.engine().decide_at(c, &question("recommendations", "purchases"), given_at).unwrap();
        assert_eq!((then.answer.decision, &then.policy.version), ("allow", &version));
        let history: Vec<String> =
            world.engine().consents(c).unwrap().history.into_iter().map(|h| format!("{} {}", h.choice, h.purpose)).collect();
        assert_eq!(history.contains(&"invalidated recommendations".to_owned()), ends, "{history:?}");
        world.restart();
        assert_eq!(verdicts(&world), [word(ends), word(model_ends)], "after a restart");
        world.upkeep();
        let left = world.events_of("a").len();
        assert_eq!(left, if model_ends { 1 } else { 2 }, "a look that rested on them alone is gone; the order stays");
        if ends {
            // A yes to the old wording does not count any more; one to the new does.
            let old = ClaimedEvidence { policy_version: Some(version), ..evidence() };
            let give = regie::engine::api::Give { evidence: Some(old), ..giving("recommendations", UntilWish::Week) };
            assert_eq!(world.try_give(c, give).map_err(|e| e.code()), Err("wording_outdated"));
            world.give(c, "recommendations", UntilWish::Week);
            world.restart();
            assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
        }
    }
}

/// Customers are told what a policy ended, consents and what they had told, and what had changed; nobody else is.
#[test]
fn what_a_policy_ended_is_told_with_what_changed() {
    let mut world = world();
    let [c, other] = ["a", "b"].map(|name| world.open(user(name)));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(other, "recommendations", UntilWish::Day);
    for (item, value, until) in [
        (InformationItem::Household, json!({"people": "2", "children": []}), UntilWish::Month),
        (InformationItem::Birthday, json!("06-06"), UntilWish::Day),
    ] {
        let (purpose, recipients, visit, evidence) = ("recommendations".into(), None, None, Some(evidence()));
        world.run.block_on(world.engine().tell(c, Tell { item, value, purpose, until, recipients, visit, evidence })).unwrap();
    }
    assert_eq!((world.engine().purpose_changed("recommendations"), world.engine().ended_by_policies(c).unwrap()), (None, Vec::new()));
    world.hands.pass(2 * 24 * HOUR);
    let (before, after) = changed("recommendations", "\nwhat.en = \"", "\nwhat.en = \"Something else. ");
    world.adopt(&policy("2027-01-01", &[(&before, &after)]));
    let adopted_at = world.now();
    world.hands.pass(HOUR);
    world.adopt(&policy("2027-01-02", &[(&before, &after), ("suppression_days = 1826", "suppression_days = 1827")]));
    let ended = [
        Ended::Consent("recommendations".into()),
        // The birthday had ended by itself.
        Ended::Told(InformationItem::Household, "recommendations".into(), EndedBy::Policy),
    ];
    let told: Vec<Ended> = world.engine().ended_by_policies(c).unwrap().into_iter().map(|(_, ended)| ended).collect();
    assert_eq!(told, ended);
    assert_eq!(world.engine().ended_by_policies(other).unwrap(), [], "a day was over before");
    let changed = world.engine().purpose_changed("recommendations").unwrap();
    assert_eq!((changed.at, changed.changes.len(), changed.changes[0].kind), (adopted_at, 1, Kind::WhatChanged));
    assert!(changed.changes[0].after.contains("Something else.") && !changed.changes[0].before.contains("Something else."));
    assert_eq!(world.engine().purpose_changed("demand-insight"), None);
    let timeline = |kinds, limit| world.engine().timeline(c, &Asked { kinds, limit, before: None }).unwrap();
    let rows = timeline(vec![timeline::Kind::Choices], 50).rows;
    let by_policy =
        |row: &Row| matches!(&row.what, Happened::Chose(c) if c.choice == "invalidated") || matches!(row.what, Happened::ToldEnded { .. });
    assert_eq!(rows.iter().filter(|row| by_policy(row)).map(|row| row.at).collect::<Vec<_>>(), [Some(adopted_at); 2]);
    assert!(timeline(vec![timeline::Kind::Events], 50).rows.iter().all(|row| !by_policy(row)));
    // Page by page it is the same.
    let first = timeline(vec![timeline::Kind::Choices], 1);
    assert_eq!((&first.rows[..], first.totals), (&rows[..1], timeline(Vec::new(), 50).totals));
}

/// What a purpose did no more and does again is asked anew: who said yes to it once had read that it was gone. What is new to a purpose
/// ends nothing, as no yes covers it.
#[test]
fn what_had_gone_and_comes_back_is_asked_anew() {
    let recipients = "recipients = [\"hosting\"]";
    let (before, with) = changed("recommendations", recipients, "recipients = [\"hosting\", \"mailer\"]");
    let with = policy("2027-01-01", &[(&before, &with)]);
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.adopt(&with);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent", "a new recipient ends nothing");
    let named = regie::engine::api::Give {
        recipients: Some(["retailer", "hosting", "mailer"].map(Into::into).to_vec()),
        ..giving("recommendations", UntilWish::Week)
    };
    world.try_give(c, named).unwrap();
    let to_mailer = |world: &World| {
        let question = regie::engine::api::Question { recipient: Some("mailer".into()), ..question("recommendations", "purchases") };
        world.engine().decide(Some(c), &question).unwrap().decision
    };
    assert_eq!(to_mailer(&world), "allow");
    world.adopt(&policy("2027-01-02", &[]));
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent", "that a recipient goes ends nothing");
    world.adopt(&with.replace("2027-01-01", "2027-01-03"));
    for _ in 0..2 {
        assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny invalidated");
        assert_eq!(to_mailer(&world), "deny");
        world.restart();
    }
    let changed = world.engine().purpose_changed("recommendations").unwrap();
    assert_eq!(changed.changes.iter().map(|c| (c.kind, c.material)).collect::<Vec<_>>(), [(Kind::RecipientAdded, true)]);
}

/// A purpose that a newer policy drops: its consents are over, also if a later policy brings the purpose back.
#[test]
fn a_purpose_that_was_dropped_brings_no_old_consent_back() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "marketing-sms", UntilWish::Withdrawn);
    world.give(c, "recommendations", UntilWish::Withdrawn);
    let gone = block("marketing-sms");
    world.adopt(&policy("2027-01-01", &[(&gone, "")]));
    let asked = world.engine().decide(Some(c), &question("marketing-sms", "contact"));
    assert_eq!(asked.map(|_| ()).map_err(|e| e.code()), Err("purpose_unknown"));
    let give = world.try_give(c, giving("marketing-sms", UntilWish::Week));
    assert_eq!(give.map_err(|e| e.code()), Err("purpose_dropped"));
    let withdraw = world.run.block_on(world.engine().withdraw(c, "marketing-sms", None));
    assert_eq!(withdraw.map(drop).map_err(|e| e.code()), Err("purpose_dropped"), "nothing is left to withdraw");
    assert_eq!(world.try_give(c, giving("never-there", UntilWish::Week)).map_err(|e| e.code()), Err("purpose_unknown"));
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent", "another purpose does not notice");
    // What it was called is still known, so that the history can be told.
    let name = |world: &World| world.engine().former_names().purposes.get("marketing-sms").map(|name| name.en.clone());
    assert!(name(&world).is_some_and(|name| name != "marketing-sms" && !name.is_empty()));
    world.restart();
    assert!(name(&world).is_some());
    assert!(world.engine().consents(c).unwrap().history.iter().any(|h| h.purpose == "marketing-sms"), "the history stays");
    world.adopt(&policy("2027-01-02", &[]));
    let sms = || {
        world
            .engine()
            .decide(Some(c), &regie::engine::api::Question { channel: Some("sms".into()), ..question("marketing-sms", "contact") })
    };
    assert_eq!(sms().unwrap().reason, "invalidated");
    world.give(c, "marketing-sms", UntilWish::Week);
    assert_eq!(sms().unwrap().reason, "consent");
}

/// Article 15: who got data is named, also once the policy names them no more.
#[test]
fn an_export_names_a_recipient_that_left_the_policy() {
    let mut world = world();
    let c = world.open(user("a"));
    world.run.block_on(world.engine().disclose(c, super::disclosures::delivery(), None)).unwrap();
    let found = |world: &World| {
        let export = world.engine().export(c).unwrap();
        let disclosed = &export["disclosures"][0];
        let named = export["recipients"].as_array().unwrap().iter().find(|r| r["recipient"] == "carrier").cloned().unwrap();
        assert_eq!(disclosed["recipient"], "carrier");
        assert_eq!(
            [&disclosed["recipient_name"], &disclosed["role"], &disclosed["country"]],
            [&named["name"], &named["role"], &named["country"]]
        );
        named
    };
    let before = found(&world);
    assert_ne!(before["name"]["en"], "carrier");
    let text = policy("2027-01-01", &[]);
    let at = text.find("[[recipient]]\nid = \"carrier\"").unwrap();
    let end = at + text[at + 1..].find("\n[[").unwrap() + 2;
    let text = format!("{}{}", &text[..at], &text[end..]).replace("\"carrier\", ", "").replace(", \"carrier\"", "");
    world.adopt(&text.replace("recipients = [\"carrier\"]", "recipients = [\"retailer\"]"));
    assert_eq!(found(&world), before);
}

#[test]
fn versions_go_forward_and_each_says_one_text() {
    let mut world = world();
    world.adopt(&policy("v9", &[]));
    let first = world.engine().policy().version.clone();
    assert_eq!(first, "v9", "letters come after digits");
    for (version, changes, code) in [
        ("v8", &[][..], "policy_version_backwards"),
        ("2027-01-01", &[], "policy_version_backwards"),
        ("v9", &[("P6M", "P7M")], "policy_version_reused"),
        ("v09", &[("P6M", "P7M")], "policy_version_backwards"),
    ] {
        assert_eq!(world.try_adopt(&policy(version, changes)), code, "{version}");
        assert_eq!(world.engine().policy().version, "v9");
    }
    world.adopt(&policy("v10", &[]));
    assert_eq!(world.engine().policy().version, "v10");
    world.adopt(&policy("v10", &[]));
    assert_eq!(world.try_adopt(&policy("v9", &[])), "policy_version_backwards", "the very text of before");
}

/// A no is respected for as long as the policy says, and as long as the yes that is asked for would hold.
#[test]
fn nobody_is_asked_again_too_soon() {
    let world = world();
    let c = world.open(user("a"));
    let asked_for = |world: &World, wish: Option<UntilWish>| {
        let list = world.engine().consents(c).unwrap();
        let policy = world.engine().policy();
        let ix = policy.purpose("recommendations").unwrap();
        let state = *list.states.iter().find(|s| s.purpose == ix).unwrap();
        ask_again_at(&policy, &state, &list.history, wish, world.now())
    };
    let asked = |world: &World| asked_for(world, None);
    assert_eq!(asked(&world), AskAgain::Now);
    world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
    // 2026-06-01, noon in Amsterdam, and six months.
    let from = Time::parse("2026-12-01T11:00:00Z").unwrap();
    assert_eq!(asked(&world), AskAgain::From(from));
    // A no is respected for as long as the yes that is asked for would hold, where that is longer.
    let year = Time::parse("2027-06-01T10:00:00Z").unwrap();
    for (wish, expected) in [
        (UntilWish::Once, AskAgain::From(from)),
        (UntilWish::Month, AskAgain::From(from)),
        (UntilWish::Moment(year), AskAgain::From(year)),
        (UntilWish::Date("2027-05-31".parse().unwrap()), AskAgain::From(Time::parse("2027-05-31T22:00:00Z").unwrap())),
        (UntilWish::Withdrawn, AskAgain::Never),
    ] {
        assert_eq!(asked_for(&world, Some(wish)), expected, "{wish:?}");
    }
    world.hands.pass(from.seconds() - START - 1);
    assert_eq!(asked(&world), AskAgain::From(from));
    world.hands.pass(1);
    assert_eq!(asked(&world), AskAgain::Now);
    world.give(c, "recommendations", UntilWish::Week);
    assert_eq!(asked(&world), AskAgain::Never, "it holds");
    world.withdraw(c, "recommendations");
    assert!(matches!(asked(&world), AskAgain::From(_)));
    // What was objected to is never asked for.
    world.run.block_on(world.engine().object(c, "marketing-email", true, None)).unwrap();
    let policy = world.engine().policy();
    let list = world.engine().consents(c).unwrap();
    let mail = list.states.iter().find(|s| Some(s.purpose) == policy.purpose("marketing-email")).unwrap();
    assert_eq!(ask_again_at(&policy, mail, &list.history, None, world.now()), AskAgain::Never);
}

/// Held against each other the wrong way round, or under one version, two policies are shown, and the command fails with the code of
/// the start that would be refused.
#[test]
fn a_difference_backwards_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let old = file("old.toml", policy("2026-01-01", &[]));
    let new = file("new.toml", policy("2026-02-01", &[("P6M", "P7M")]));
    let other = file("other.toml", policy("2026-01-01", &[("P6M", "P7M")]));
    for (from, to, code) in
        [(&old, &new, ""), (&old, &old, ""), (&new, &old, "policy_version_backwards"), (&old, &other, "policy_version_reused")]
    {
        for json in [&[][..], &["--json"]] {
            let done =
                std::process::Command::new(env!("CARGO_BIN_EXE_regie")).args(["policy", "diff", from, to]).args(json).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert_eq!(done.status.success(), code.is_empty(), "{from} {to}: {said}");
            assert!(said.contains(code), "{said}");
            assert!(!done.stdout.is_empty(), "what differs is said anyway");
        }
    }
}

/// Rule 7: a newer policy rests on an interest what rested on consent. Whoever had said no, or whose yes was over, is not reached by that.
#[test]
fn no_other_basis_takes_the_place_of_a_consent_that_is_over() {
    let interest = "basis = \"legitimate-interest\"\nweighing.nl = \"Afweging.\"\nweighing.en = \"Weighing.\"";
    let (before, after) = changed("demand-insight", "basis = \"consent\"", interest);
    let swapped = policy("2027-01-01", &[(&before, &after)]);
    let mut world = world();
    let who = ["withdrew", "refused", "expired", "once", "holds", "narrowed", "never asked"].map(|name| (name, world.open(user(name))));
    for (name, c) in who {
        match name {
            "withdrew" => {
                world.give(c, "demand-insight", UntilWish::Withdrawn);
                world.withdraw(c, "demand-insight");
            }
            "refused" => drop(world.run.block_on(world.engine().refuse(c, "demand-insight", Some(evidence()))).unwrap()),
            "expired" => world.give(c, "demand-insight", UntilWish::Day),
            "once" => world.give(c, "demand-insight", UntilWish::Once),
            "holds" => world.give(c, "demand-insight", UntilWish::Withdrawn),
            "narrowed" => {
                let channels = Some(vec!["store".to_owned()]);
                world.try_give(c, regie::engine::api::Give { channels, ..giving("demand-insight", UntilWish::Withdrawn) }).unwrap();
            }
            _ => {}
        }
    }
    world.hands.pass(2 * DAY);
    world.adopt(&swapped);
    for (name, c) in who {
        let (used, decision) = world.engine().judged(Some(c), &question("demand-insight", "purchases")).unwrap();
        let rule = world.engine().explain(c, used, decision).unwrap().rule.code();
        let expected = if name == "never asked" { "rule_7_legitimate_interest" } else { "rule_7_no_other_basis" };
        assert_eq!(rule, expected, "{name}");
    }
    // A contract and a law ask nobody: there every no would become a yes, so such a policy is not taken, now or later.
    for (version, basis) in [("2027-02-01", "contract"), ("2027-02-02", "legal-obligation")] {
        let text = policy(version, &[(&before, &contracted(&before, basis))]);
        assert_eq!(world.try_adopt(&text), "policy_basis_swapped", "{basis}");
    }
    // It stands as an objection, which only the customer ends.
    let (_, c) = who[0];
    world.run.block_on(world.engine().object(c, "demand-insight", false, Some(evidence()))).unwrap();
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "allow legitimate_interest");
}
