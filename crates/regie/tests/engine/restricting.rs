//! Restriction (Article 18) through the whole engine: what stops, what goes on, what is undone exactly, who may lift it.

use regie::engine::api::{Give, Tell};
use regie_domain::consent::{ClaimedEvidence, PurposeState, State, UntilWish};
use regie_domain::fact::{Actor, Fact, RestrictedPart, RestrictionGround};
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use serde_json::json;

use super::support::*;

fn part(purpose: &str, category: &str) -> RestrictedPart {
    let named = |id: &str| (id != "all").then(|| id.to_owned());
    RestrictedPart { purpose: named(purpose), category: named(category) }
}

fn by(actor: &str) -> Option<ClaimedEvidence> {
    Some(ClaimedEvidence { actor: Some(actor.into()), method: Some("telephone".into()), ..evidence() })
}

impl World {
    pub(crate) fn restrict(&self, customer: Handle, purpose: &str, category: &str) {
        let ground = Some(RestrictionGround::Accuracy);
        self.run.block_on(self.engine().restrict(customer, part(purpose, category), ground, Some(evidence()))).unwrap();
    }

    fn lift(&self, customer: Handle, purpose: &str, category: &str, actor: &str) -> Result<(), &'static str> {
        self.run.block_on(self.engine().lift(customer, part(purpose, category), by(actor))).map_err(|e| e.code())
    }

    fn restricted(&self, customer: Handle) -> Vec<String> {
        let list = self.engine().restrictions(customer).unwrap();
        list.restrictions.iter().map(|r| format!("{}/{}", r.purpose, r.category)).collect()
    }
}

/// What is restricted steers nobody's recommendations from the very next answer on, rows stay, and lifting brings exactly that back.
#[test]
fn a_restriction_is_undone_exactly_in_profile_and_model() {
    for (purpose, category, own, others) in [
        ("all", "all", false, false),
        ("all", "purchases", false, false),
        ("recommendations", "all", false, true),
        ("recommendations", "purchases", false, true),
        ("model-improvement", "purchases", true, false),
        ("order-handling", "all", true, true),
        ("all", "browsing", true, true),
    ] {
        let mut world = world();
        let c = world.open(user("a"));
        for purpose in ["recommendations", "model-improvement"] {
            world.give(c, purpose, UntilWish::Withdrawn);
        }
        world.buy("a", &["tea", "lemons"]);
        world.buy("a", &["tea", "lemons"]);
        let before = world.audit();
        let rows = world.events_of("a").len();
        let seen = |world: &World| {
            let teaches = world.to_a_stranger(&["tea"]).items.iter().any(|i| i.item == "lemons");
            (world.recommend_to(c).personal, teaches)
        };
        assert_eq!(seen(&world), (true, true));

        world.restrict(c, purpose, category);
        assert_eq!(seen(&world), (own, others), "{purpose}/{category}: the next answer");
        assert_eq!(world.restricted(c), [format!("{purpose}/{category}")]);
        world.upkeep();
        assert_eq!(world.events_of("a").len(), rows, "{purpose}/{category}: stored all the same");
        world.restart();
        assert_eq!(seen(&world), (own, others), "{purpose}/{category}: after a restart");
        assert_eq!(world.verdict(c, "tax-records", "purchases"), "allow legal_obligation");
        world.lift(c, purpose, category, "customer").unwrap();
        assert_eq!(seen(&world), (true, true), "{purpose}/{category}: lifted");
        let after = world.audit();
        assert_eq!((after.model, after.profiles, after.learned), (before.model, before.profiles, before.learned), "{purpose}/{category}");
        assert_eq!(after.consents, before.consents, "{purpose}/{category}");
        assert!(world.restricted(c).is_empty());
    }
}

#[test]
fn what_goes_on_despite_a_restriction() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(c, "demand-insight", UntilWish::Withdrawn);
    world.restrict(c, "all", "all");
    for (purpose, category, expected) in [
        ("recommendations", "purchases", "deny restricted"),
        ("demand-insight", "purchases", "deny restricted"),
        ("order-handling", "purchases", "deny restricted"),
        ("visit-service", "browsing", "deny restricted"),
        ("fraud-prevention", "purchases", "allow legitimate_interest"),
        ("rights-handling", "choices", "allow legal_obligation"),
    ] {
        assert_eq!(world.verdict(c, purpose, category), expected, "{purpose}");
    }
    // The customer's consent for that very use, given since.
    world.give(c, "recommendations", UntilWish::Day);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "allow consent");
    assert_eq!(world.verdict(c, "demand-insight", "purchases"), "deny restricted");
    world.hands.pass(DAY);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
}

#[test]
fn nobody_lifts_it_before_the_customer_was_told() {
    let world = world();
    let c = world.open(user("a"));
    let tell = || world.run.block_on(world.engine().tell_of_lifting(c, part("all", "purchases"), by("staff"))).map_err(|e| e.code());
    assert_eq!(tell(), Err("not_restricted"));
    world.restrict(c, "all", "purchases");
    assert_eq!(world.lift(c, "all", "purchases", "staff"), Err("customer_not_told"));
    assert_eq!(world.lift(c, "all", "purchases", "source"), Err("customer_not_told"));
    tell().unwrap();
    let told_at = || world.engine().restrictions(c).unwrap().restrictions[0].told_at;
    assert!(told_at().is_some());
    // Who restricts again says no to that: they are to be told anew.
    world.restrict(c, "all", "purchases");
    assert_eq!((told_at(), world.lift(c, "all", "purchases", "staff")), (None, Err("customer_not_told")));
    tell().unwrap();
    // Another restriction is not told of by it, nor one that is made anew.
    world.restrict(c, "recommendations", "all");
    assert_eq!(world.lift(c, "recommendations", "all", "staff"), Err("customer_not_told"));
    assert_eq!(world.lift(c, "all", "purchases", "staff"), Ok(()));
    world.restrict(c, "all", "purchases");
    assert_eq!(world.lift(c, "all", "purchases", "staff"), Err("customer_not_told"), "restricted anew");
    assert_eq!(world.lift(c, "all", "purchases", "customer"), Ok(()), "the customer knows");
    assert_eq!(world.lift(c, "all", "purchases", "customer"), Ok(()), "lifting what is not restricted changes nothing");
    let history = world.engine().restrictions(c).unwrap().history;
    let told: Vec<_> = history.iter().rev().map(|h| format!("{} {}/{}", h.change, h.purpose, h.category)).collect();
    assert_eq!(
        told,
        [
            "restricted all/purchases",
            "told all/purchases",
            "restricted all/purchases",
            "told all/purchases",
            "restricted recommendations/all",
            "lifted all/purchases",
            "restricted all/purchases",
            "lifted all/purchases"
        ]
    );
    for (purpose, category, code) in
        [("gone", "all", "purpose_unknown"), ("all", "gone", "category_unknown"), ("delivery", "purchases", "category_outside_purpose")]
    {
        let refused = world.run.block_on(world.engine().restrict(c, part(purpose, category), None, None));
        assert_eq!(refused.map_err(|e| e.code()), Err(code));
    }
}

#[test]
fn a_restriction_of_any_record_wins_in_a_join_and_is_exported_and_erased() {
    let mut world = world();
    let (a, b) = (world.open(user("a")), world.open(user("b")));
    world.give(a, "recommendations", UntilWish::Withdrawn);
    world.restrict(b, "recommendations", "purchases");
    assert_eq!(world.verdict(a, "recommendations", "purchases"), "allow consent");
    let tell = |c| world.run.block_on(world.engine().tell_of_lifting(c, part("recommendations", "purchases"), by("staff"))).unwrap();
    world.restrict(a, "recommendations", "purchases");
    tell(a);
    world.run.block_on(world.engine().join(a, b, Actor::Customer)).unwrap();
    assert_eq!(world.verdict(a, "recommendations", "purchases"), "deny restricted");
    let told_at = || world.engine().restrictions(a).unwrap().restrictions[0].told_at;
    let lifted = world.lift(a, "recommendations", "purchases", "staff");
    assert_eq!((told_at(), lifted), (None, Err("customer_not_told")), "what only one of them was told");
    tell(a);
    assert!(told_at().is_some());
    world.restart();
    assert_eq!(world.verdict(b, "recommendations", "purchases"), "deny restricted");
    let export = world.engine().export(a).unwrap();
    assert_eq!(export["restrictions"][0]["change"], "restricted", "{}", export["restrictions"]);
    assert_eq!(export["restrictions"][0]["ground"], "accuracy");
    // A retry of the same request, however late, restricts nothing again.
    let named = world.engine().for_request(Some("r1".into()));
    world.run.block_on(named.restrict(a, part("all", "all"), None, None)).unwrap();
    world.lift(a, "all", "all", "customer").unwrap();
    world.run.block_on(named.restrict(a, part("all", "all"), None, None)).unwrap();
    assert_eq!(world.restricted(a), ["recommendations/purchases"]);
    world.erase(a);
    let left = world.facts().into_iter().any(|(_, f)| matches!(f, Fact::Restricted(_) | Fact::RestrictionLifted(_) | Fact::LiftTold(_)));
    assert!(!left);
    let c = world.open(user("c"));
    assert_eq!(world.verdict(c, "order-handling", "purchases"), "allow contract", "the erased one's place restricts nobody");
}

fn telling(diet: &str) -> Tell {
    Tell {
        item: InformationItem::Diet,
        value: json!(diet),
        purpose: "recommendations".into(),
        until: UntilWish::Week,
        recipients: None,
        visit: None,
        evidence: Some(evidence()),
    }
}

/// A consent that was given during a restriction carries what it names, and nothing that was told before it.
#[test]
fn a_consent_given_since_does_not_lift_the_restriction_from_what_was_told() {
    let world = world();
    let c = world.open(user("a"));
    let tell = telling("vegetarian");
    world.run.block_on(world.engine().tell(c, tell)).unwrap();
    let told = || world.engine().decide(Some(c), &question("recommendations", "my-information")).unwrap();
    assert_eq!(told().decision, "allow");
    world.restrict(c, "all", "all");
    assert_eq!(told().reason, "restricted");
    let give = regie::engine::api::Give { categories: Some(vec!["purchases".into()]), ..giving("recommendations", UntilWish::Week) };
    world.try_give(c, give).unwrap();
    assert_eq!(world.engine().decide(Some(c), &question("recommendations", "purchases")).unwrap().decision, "allow");
    assert_eq!(told().decision, "deny");
    assert_eq!(world.engine().information(c).unwrap()[0].state.code(), "restricted");
    world.lift(c, "all", "all", "customer").unwrap();
    assert_eq!(told().decision, "allow");
}

/// What is said yes to during a restriction holds, a consent and a statement alike; restricting the same again ends that, and nothing but
/// saying so anew permits it. Every order is the same after a restart.
#[test]
fn what_is_said_yes_to_since_holds_until_it_is_restricted_again() {
    let mut world = world();
    let c = world.open(user("a"));
    let give = |world: &World| {
        let give = Give { categories: Some(vec!["purchases".into()]), ..giving("recommendations", UntilWish::Week) };
        world.try_give(c, give).unwrap()
    };
    let tell = |world: &World, diet: &str| world.run.block_on(world.engine().tell(c, telling(diet))).unwrap().state.code();
    let stands = |world: &World| {
        let asked = |category: &str| world.engine().decide(Some(c), &question("recommendations", category)).unwrap().decision == "allow";
        let given = |s: &PurposeState| s.state == Some(State::Given);
        let paused = world.engine().states(c).unwrap().iter().any(|s| given(s) && !s.restricted.is_empty());
        (asked("purchases"), asked("my-information"), paused)
    };
    world.restrict(c, "all", "all");
    give(&world);
    assert_eq!(tell(&world, "vegan"), "in_use");
    for _ in 0..2 {
        assert_eq!(stands(&world), (true, true, false));
        world.restart();
    }
    // Neither a week longer, nor showing again what was hidden, is a yes to what was paused since.
    let longer = |world: &World| {
        let told = world.run.block_on(world.engine().tell_again(c, InformationItem::Diet, Some(UntilWish::Month), Some(evidence())));
        world.run.block_on(world.engine().give_again(c, "recommendations", UntilWish::Month, Some(evidence()))).unwrap();
        told.map_err(|e| e.code()).map(|told| told.state.code())
    };
    assert_eq!(longer(&world), Ok("in_use"));
    for (purpose, category, left) in [
        ("all", "all", (false, false, true)),
        ("order-handling", "all", (true, true, false)),
        // The consent covers that too, so it is a consent of before: all of it is paused as it was.
        ("all", "browsing", (false, true, true)),
        ("recommendations", "my-information", (false, false, true)),
    ] {
        world.restrict(c, purpose, category);
        let (given, told, paused) = left;
        assert_eq!(stands(&world).1, told, "{purpose}/{category}");
        assert_eq!((stands(&world).0, stands(&world).2), (given, paused), "{purpose}/{category}");
        world.restart();
        assert_eq!(stands(&world), left, "{purpose}/{category}: after a restart");
        assert_eq!(longer(&world), if told { Ok("in_use") } else { Err("information_restricted") }, "{purpose}/{category}");
        assert_eq!(stands(&world), left, "{purpose}/{category}: nothing longer");
        if !told {
            world.run.block_on(world.engine().hide(c, InformationItem::Diet, Some(evidence()))).unwrap();
            let shown = world.run.block_on(world.engine().tell_again(c, InformationItem::Diet, None, Some(evidence())));
            assert_eq!(shown.map_err(|e| e.code()).unwrap_err(), "information_restricted");
        }
        give(&world);
        assert_eq!(tell(&world, "vegan"), "in_use");
        assert_eq!(stands(&world), (true, true, false), "{purpose}/{category}: said anew");
    }
}

/// Restricting what stands restricted writes nothing, whatever was told since that the restriction does not reach.
#[test]
fn the_same_restriction_again_writes_nothing() {
    let world = world();
    let c = world.open(user("a"));
    world.restrict(c, "all", "browsing");
    world.run.block_on(world.engine().tell(c, telling("vegan"))).unwrap();
    world.restrict(c, "all", "all");
    world.restrict(c, "all", "my-information");
    let told = world.run.block_on(world.engine().tell(c, telling("vegan"))).unwrap();
    assert_eq!(told.state.code(), "in_use");
    let before = world.facts().len();
    for _ in 0..3 {
        world.restrict(c, "all", "browsing");
    }
    assert_eq!(world.facts().len(), before);
    world.restrict(c, "all", "all");
    assert_eq!(world.facts().len(), before + 1, "this one reaches what was told since");
    world.restrict(c, "all", "all");
    assert_eq!(world.facts().len(), before + 1);
}
