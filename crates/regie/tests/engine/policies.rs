//! Policies one after another: what ends consents and what does not, versions, and purposes that come and go.

use regie::engine::ask_again_at;
use regie_domain::consent::{AskAgain, ClaimedEvidence, UntilWish};
use regie_domain::time::Time;

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
    assert_eq!(give.map_err(|e| e.code()), Err("purpose_unknown"));
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
    ] {
        assert_eq!(world.try_adopt(&policy(version, changes)), code, "{version}");
        assert_eq!(world.engine().policy().version, "v9");
    }
    world.adopt(&policy("v10", &[]));
    assert_eq!(world.engine().policy().version, "v10");
    world.adopt(&policy("v10", &[]));
}

/// A no is respected for as long as the policy says, and as long as the yes that is asked for would hold.
#[test]
fn nobody_is_asked_again_too_soon() {
    let world = world();
    let c = world.open(user("a"));
    let asked = |world: &World| {
        let list = world.engine().consents(c).unwrap();
        let policy = world.engine().policy();
        let ix = policy.purpose("recommendations").unwrap();
        let state = *list.states.iter().find(|s| s.purpose == ix).unwrap();
        ask_again_at(&policy, &state, &list.history, world.now())
    };
    assert_eq!(asked(&world), AskAgain::Now);
    world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
    // 2026-06-01, noon in Amsterdam, and six months.
    let from = Time::parse("2026-12-01T11:00:00Z").unwrap();
    assert_eq!(asked(&world), AskAgain::From(from));
    world.hands.pass(from.seconds() - START - 1);
    assert_eq!(asked(&world), AskAgain::From(from));
    world.hands.pass(1);
    assert_eq!(asked(&world), AskAgain::Now);
    world.give(c, "recommendations", UntilWish::Week);
    assert_eq!(asked(&world), AskAgain::Never, "it holds");
    world.withdraw(c, "recommendations");
    assert!(matches!(asked(&world), AskAgain::From(_)));
}
