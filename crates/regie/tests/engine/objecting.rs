//! Rules 9, 13 and 22: objections that are weighed, objections that nothing brings down, and e-mail after a sale.

use regie::engine::EngineError;
use regie::engine::api::Question;
use regie_domain::collection::{Body, Incoming};
use regie_domain::consent::{ClaimedEvidence, PurposeState, UntilWish};
use regie_domain::fact::{Actor, RestrictedPart, RestrictionGround};
use regie_domain::ids::Handle;

use super::support::*;

fn object(world: &World, c: Handle, purpose: &str, objects: bool) -> PurposeState {
    world.run.block_on(world.engine().object(c, purpose, objects, Some(evidence()))).unwrap()
}

fn weigh(world: &World, c: Handle, purpose: &str, upheld: bool) -> Result<PurposeState, EngineError> {
    let staff = ClaimedEvidence { actor: Some("staff".into()), method: Some("email".into()), ..evidence() };
    world.run.block_on(world.engine().weigh_objection(c, purpose, upheld, Some(staff)))
}

fn by_channel(world: &World, c: Handle, purpose: &str, channel: &str) -> String {
    let question = Question { channel: Some(channel.into()), ..question(purpose, "contact") };
    let answer = world.engine().decide(Some(c), &question).unwrap();
    format!("{} {}", answer.decision, answer.reason)
}

/// Rule 9: an objection to another interest is weighed, once, by somebody who told the customer; a restriction may be asked for meanwhile,
/// and what protects others goes on through both (rule 10).
#[test]
fn an_objection_is_weighed_and_a_restriction_bridges_it() {
    let mut world = world();
    let c = world.open(user("a"));
    world.buy("a", &["bread"]);
    let verdict = |world: &World| world.verdict(c, "fraud-prevention", "purchases");
    assert_eq!(weigh(&world, c, "fraud-prevention", true).unwrap_err().code(), "nothing_to_weigh");
    let stands = object(&world, c, "fraud-prevention", true);
    assert!(stands.weighing && !stands.objected);
    assert!(object(&world, c, "fraud-prevention", true).weighing, "twice is once");
    assert_eq!(world.engine().consents(c).unwrap().history.len(), 1);
    let part = RestrictedPart { purpose: Some("fraud-prevention".into()), category: None };
    world.run.block_on(world.engine().restrict(c, part, Some(RestrictionGround::Objection), None)).unwrap();
    assert_eq!(verdict(&world), "allow legitimate_interest", "Article 18(2)");
    world.restart();
    assert_eq!(verdict(&world), "allow legitimate_interest");
    let none = world.run.block_on(world.engine().weigh_objection(c, "fraud-prevention", true, None));
    assert_eq!(none.unwrap_err().code(), "evidence_missing");
    for actor in ["customer", "guardian", "source"] {
        let claimed = ClaimedEvidence { actor: Some(actor.into()), ..evidence() };
        let own = world.run.block_on(world.engine().weigh_objection(c, "fraud-prevention", false, Some(claimed)));
        assert_eq!(own.unwrap_err().code(), "evidence_missing", "{actor}");
    }
    assert!(weigh(&world, c, "fraud-prevention", true).unwrap().objected);
    assert_eq!(verdict(&world), "deny objected");
    assert_eq!(weigh(&world, c, "fraud-prevention", false).unwrap_err().code(), "nothing_to_weigh", "weighed is weighed");
    world.restart();
    assert_eq!(verdict(&world), "deny objected");
    // Taken back, made anew, and stronger grounds this time; the customer may object again.
    object(&world, c, "fraud-prevention", false);
    assert_eq!(verdict(&world), "allow legitimate_interest");
    object(&world, c, "fraud-prevention", true);
    weigh(&world, c, "fraud-prevention", false).unwrap();
    world.restart();
    assert_eq!(verdict(&world), "allow legitimate_interest");
    assert!(object(&world, c, "fraud-prevention", true).weighing);
    let history: Vec<String> = world.engine().consents(c).unwrap().history.into_iter().map(|h| h.choice).collect();
    assert_eq!(history, ["objected", "objection_overruled", "objected", "objection_ended", "objection_upheld", "objected"]);
    // What it was at each moment, the past says too.
    let then = world.engine().decide_at(c, &question("fraud-prevention", "purchases"), world.now()).unwrap();
    assert_eq!(then.rule.code(), "rule_9_weighing");
    // An interest that protects nobody stops until it is weighed.
    assert!(object(&world, c, "visit-service", true).objected);
    assert_eq!(world.verdict(c, "visit-service", "browsing"), "deny objected");
    weigh(&world, c, "visit-service", false).unwrap();
    assert_eq!(world.verdict(c, "visit-service", "browsing"), "allow legitimate_interest");
    // Direct marketing is not weighed.
    object(&world, c, "marketing-post", true);
    assert_eq!(weigh(&world, c, "marketing-post", false).unwrap_err().code(), "nothing_to_weigh");
    assert_eq!(by_channel(&world, c, "marketing-post", "post"), "deny objected");
}

/// Rule 9: a no to advertising outlives a new sign-up, a join with an account that never said no, a tick, and an erasure.
#[test]
fn a_no_to_advertising_outlives_a_new_sign_up_a_join_and_an_erasure() {
    let mut world = world();
    let old = world.open(user("old"));
    world.give(old, "marketing-email", UntilWish::Withdrawn);
    for purpose in ["marketing-post", "marketing-email"] {
        object(&world, old, purpose, true);
    }
    let both =
        |world: &World, c: Handle| [by_channel(world, c, "marketing-post", "post"), by_channel(world, c, "marketing-email", "email")];
    let new = world.open(user("new"));
    assert_eq!(both(&world, new), ["allow legitimate_interest", "deny unknown"]);
    world.give(new, "marketing-email", UntilWish::Withdrawn);
    world.run.block_on(world.engine().join(new, old, Actor::Customer)).unwrap();
    assert_eq!(both(&world, new), ["deny objected", "deny objected"], "joined");
    let tick = world.try_give(new, giving("marketing-email", UntilWish::Week));
    assert_eq!(tick.unwrap_err().code(), "objected", "a new tick is no word about the objection");
    world.erase(new);
    for (round, id) in ["old", "new"].into_iter().enumerate() {
        world.hands.pass(HOUR);
        if round == 1 {
            world.restart();
        }
        // A new sign-up under the same number, and a consent to something: the suppression is lifted, the objection is not.
        let again = world.open(user(id));
        assert_eq!(both(&world, again), ["deny objected", "deny objected"], "{id}");
        world.give(again, "recommendations", UntilWish::Week);
        assert_eq!(world.verdict(again, "recommendations", "purchases"), "allow consent");
        assert_eq!(both(&world, again), ["deny objected", "deny objected"], "{id}: after a consent to something else");
        let tick = world.try_give(again, giving("marketing-email", UntilWish::Week));
        assert_eq!(tick.unwrap_err().code(), "objected");
        // Only taking it back in so many words ends it.
        object(&world, again, "marketing-email", false);
        world.give(again, "marketing-email", UntilWish::Week);
        assert_eq!(both(&world, again), ["deny objected", "allow consent"]);
    }
}

/// An erasure without an objection is a no to advertising that asks for no consent, until the customer says otherwise; somebody else is
/// not meant, and after the term on the list nobody is.
#[test]
fn whoever_was_erased_and_buys_again_is_not_advertised_to() {
    let world = world();
    world.buy("a", &["bread"]);
    world.erase(world.user("a"));
    world.hands.pass(HOUR);
    world.buy("a", &["milk"]);
    let again = world.user("a");
    assert_eq!(by_channel(&world, again, "marketing-post", "post"), "deny objected");
    assert_eq!(world.verdict(again, "order-handling", "purchases"), "allow contract");
    object(&world, again, "marketing-post", false);
    assert_eq!(by_channel(&world, again, "marketing-post", "post"), "allow legitimate_interest");
    world.buy("b", &["milk"]);
    assert_eq!(by_channel(&world, world.user("b"), "marketing-post", "post"), "allow legitimate_interest");
    world.erase(again);
    world.hands.pass(1826 * DAY + 60);
    world.upkeep();
    world.buy("a", &["milk"]);
    assert_eq!(by_channel(&world, world.user("a"), "marketing-post", "post"), "allow legitimate_interest", "the list has an end");
}

/// Rule 22: each channel its own choice; telephone by consent; e-mail to own customers only to an address that was given at a sale.
#[test]
fn each_channel_has_its_own_choice_and_own_customer_email_needs_a_sale() {
    let mut world = world();
    let c = world.open(user("a"));
    let all = |world: &World| {
        [("marketing-email", "email"), ("marketing-sms", "sms"), ("marketing-telephone", "telephone"), ("marketing-post", "post")]
            .map(|(purpose, channel)| by_channel(world, c, purpose, channel).starts_with("allow"))
    };
    assert_eq!(all(&world), [false, false, false, true], "post alone may rest on an interest");
    for (at, purpose) in ["marketing-email", "marketing-sms", "marketing-telephone"].into_iter().enumerate() {
        world.give(c, purpose, UntilWish::Week);
        let mut expected = [false, false, false, true];
        expected[at] = true;
        assert_eq!(all(&world), expected, "{purpose} opens its own channel alone");
        for channel in ["email", "sms", "telephone", "post"] {
            assert_eq!(by_channel(&world, c, purpose, channel) == "allow consent", purpose.ends_with(channel), "{purpose} {channel}");
        }
        world.withdraw(c, purpose);
    }
    object(&world, c, "marketing-post", true);
    assert_eq!(all(&world), [false; 4]);

    let own = |world: &World, id: &str| {
        let c = world.user(id);
        let (used, decision) = world
            .engine()
            .judged(Some(c), &Question { channel: Some("email".into()), ..question("own-customer-email", "contact") })
            .unwrap();
        world.engine().explain(c, used, decision).unwrap().rule.code()
    };
    // A newsletter sign-up, without a sale; an order, without an address; an order months after the address.
    world.send(identify("reader", None, "reader@example.org", world.now()));
    assert_eq!(own(&world, "reader"), "rule_22_no_sale");
    world.buy("buyer", &["bread"]);
    assert_eq!(own(&world, "buyer"), "rule_22_no_sale");
    world.hands.pass(60 * DAY);
    world.buy("reader", &["bread"]);
    assert_eq!(own(&world, "reader"), "rule_22_no_sale", "the address was not given at it");
    // Another attribute than the address.
    let phone = Body::Attributes(vec![("phone".into(), "0612345678".into())]);
    world.send(Incoming { body: phone, ..identify("reader", None, "", world.now()) });
    assert_eq!(own(&world, "reader"), "rule_22_no_sale", "a telephone number is no address");
    // At a sale.
    world.buy("guest", &["bread"]);
    world.send(identify("guest", None, "guest@example.org", world.now()));
    for _ in ["running", "restarted"] {
        assert_eq!(own(&world, "guest"), "rule_7_legitimate_interest");
        world.restart();
    }
    // The same address said again is the same; one that took its place was not given at the sale.
    world.hands.pass(DAY);
    world.send(identify("guest", None, "Guest@example.org", world.now()));
    assert_eq!(own(&world, "guest"), "rule_7_legitimate_interest");
    let at_sale = world.now();
    world.hands.pass(DAY);
    world.send(identify("guest", None, "new@example.org", world.now()));
    for _ in ["running", "restarted"] {
        assert_eq!(own(&world, "guest"), "rule_22_no_sale");
        world.restart();
    }
    let asked = Question { channel: Some("email".into()), ..question("own-customer-email", "contact") };
    let at = |world: &World, at| world.engine().decide_at(world.user("guest"), &asked, at).unwrap().rule.code();
    assert_eq!(at(&world, at_sale), "rule_7_legitimate_interest");
    assert_eq!(at(&world, world.now()), "rule_22_no_sale");
    world.send(identify("guest", None, "guest@example.org", world.now()));
    assert_eq!(own(&world, "guest"), "rule_7_legitimate_interest", "changed back");
    // With an opt-out, at once and for good.
    object(&world, world.user("guest"), "own-customer-email", true);
    assert_eq!(own(&world, "guest"), "rule_9_objection");
}
