//! *Mijn informatie*: what is told holds on [given, until) for its own item and purpose, steers recommendations, and is gone when it ends.

use regie::engine::EngineError;
use regie::engine::api::{Give, Tell, Wish, Without};
use regie::engine::ended::{Ended, EndedBy};
use regie::engine::timeline::{Asked, Happened, Kind};
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Consenter, Fact};
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use regie_domain::time::Time;
use serde_json::{Value, json};

use super::policies::{changed, policy};
use super::support::*;

pub(crate) const DIET: InformationItem = InformationItem::Diet;

pub(crate) fn telling(item: InformationItem, value: Value, until: UntilWish) -> Tell {
    Tell { item, value, purpose: "recommendations".into(), until, recipients: None, visit: None, evidence: Some(evidence()) }
}

impl World {
    pub(crate) fn try_tell(&self, c: Handle, tell: Tell) -> Result<&'static str, EngineError> {
        self.run.block_on(self.engine().tell(c, tell)).map(|told| told.state.code())
    }

    pub(crate) fn tell(&self, c: Handle, item: InformationItem, value: Value, until: UntilWish) {
        assert_eq!(self.try_tell(c, telling(item, value, until)).unwrap(), "in_use");
    }

    pub(crate) fn told(&self, c: Handle) -> Vec<(InformationItem, &'static str)> {
        self.engine().information(c).unwrap().into_iter().map(|told| (told.item, told.state.code())).collect()
    }

    pub(crate) fn offered(&self, c: Handle) -> Vec<String> {
        self.recommend_to(c).items.into_iter().map(|r| r.item).collect()
    }

    /// Does any row on disk still hold a value that was told?
    fn values_on_disk(&self) -> usize {
        self.facts().iter().filter(|(_, fact)| matches!(fact, Fact::InformationStated(s) if s.value.is_some())).count()
    }
}

pub(crate) fn grocer() -> World {
    let world = world();
    world.put(json!([
        {"item": "carrots", "department": "vegetables", "diets": ["vegan"]},
        {"item": "cheese", "department": "dairy", "diets": ["vegetarian"]},
        {"item": "steak", "department": "meat", "diets": []},
        {"item": "herring", "department": "fish", "diets": ["pescatarian"]},
        {"item": "coffee", "department": "drinks", "brand": "Acme"},
        {"item": "tea", "department": "drinks"},
        {"item": "shirt", "department": "clothing", "sizes": {"tops": ["S", "M"]}},
        {"item": "jumper", "department": "clothing", "sizes": {"tops": ["XL"]}},
        {"item": "blocks", "department": "toys", "ages": ["0-3"]},
    ]));
    world
}

#[test]
fn a_diet_filters_until_its_second_and_not_after() {
    let world = grocer();
    let c = world.open(user("a"));
    assert!(world.offered(c).contains(&"steak".to_owned()));
    world.tell(c, DIET, json!("vegetarian"), UntilWish::Day);
    let answer = world.recommend_to(c);
    assert!(answer.personal && answer.reason == "consent");
    let offered: Vec<_> = answer.items.iter().map(|r| r.item.as_str()).collect();
    assert!(!offered.contains(&"steak") && !offered.contains(&"herring"), "{offered:?}");
    assert!(offered.contains(&"coffee"), "what says nothing of diets is left out for nobody");
    let cheese = answer.items.iter().find(|r| r.item == "cheese").unwrap();
    let because = &cheese.because[0];
    assert_eq!((because.information, &*because.category, &*because.consent), (Some(DIET), "my-information", "recommendations"));
    assert_eq!(&*because.until, Time::from_seconds(START + DAY).to_string().as_str());
    // Telling is a use's permission, and the use is recorded as one.
    let used = world.engine().uses(c).unwrap();
    assert!(used.iter().flat_map(|day| &day.uses).any(|u| u.category == "my-information" && u.purpose == "recommendations" && u.allowed));

    world.hands.pass_millis(DAY * 1000 - 1);
    assert!(!world.offered(c).contains(&"steak".to_owned()), "a millisecond before its end");
    world.hands.pass_millis(1);
    assert!(world.offered(c).contains(&"steak".to_owned()), "at its end");
    assert_eq!(world.told(c), []);
    assert_eq!(world.values_on_disk(), 1, "only deleting the row may lag");
    world.upkeep();
    assert_eq!(world.values_on_disk(), 0);
}

#[test]
fn an_interest_weighs_a_size_and_a_household_filter_and_each_says_so() {
    let world = grocer();
    let c = world.open(user("a"));
    world.tell(c, InformationItem::Interests, json!(["drinks"]), UntilWish::Withdrawn);
    world.tell(c, InformationItem::Sizes, json!({"tops": "M"}), UntilWish::Withdrawn);
    world.tell(c, InformationItem::Household, json!({"people": "2"}), UntilWish::Withdrawn);
    let answer = world.recommend_to(c);
    let first: Vec<_> = answer.items.iter().take(2).map(|r| r.item.as_str()).collect();
    assert!(first.contains(&"coffee") && first.contains(&"tea"), "{first:?}");
    assert_eq!(answer.items[0].because[0].information, Some(InformationItem::Interests));
    let offered: Vec<_> = answer.items.iter().map(|r| r.item.as_str()).collect();
    assert!(offered.contains(&"shirt") && !offered.contains(&"jumper") && !offered.contains(&"blocks"), "{offered:?}");
    // The same without one of them: what it brings.
    let without = |information| Wish { without: Without { information, ..Without::default() }, ..wish(Some(c)) };
    let list = world.recommend(without(vec![InformationItem::Sizes]));
    assert!(names(&list).contains(&"jumper") && !names(&list).contains(&"blocks"));
    let list = world.recommend(without(InformationItem::ALL.to_vec()));
    assert!(!list.personal && list.items.iter().all(|r| r.because.is_empty()));
    assert_eq!(names(&list), names(&world.to_a_stranger(&[])), "without all of it, the list is everybody's");
}

/// What nothing was told of, and what was taken back, leave the same answers and the same views.
#[test]
fn whatever_ends_it_it_is_gone_from_every_use_at_once_and_after_a_restart() {
    type Act = fn(&World, Handle);
    let acts: [(&str, Act); 8] = [
        ("taken back", |w, c| w.run.block_on(w.engine().take_back(c, DIET, None)).unwrap()),
        ("hidden", |w, c| drop(w.run.block_on(w.engine().hide(c, DIET, None)).unwrap())),
        ("refused", |w, c| {
            w.run.block_on(w.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
        }),
        ("stopped", |w, c| w.withdraw(c, "recommendations")),
        ("all stopped", |w, c| assert_eq!(w.run.block_on(w.engine().withdraw_all(c, None)).unwrap(), 1)),
        ("under a guardian", |w, c| {
            w.run.block_on(w.engine().state_consenter(c, Consenter::Guardian, Some(evidence()))).unwrap();
        }),
        ("told otherwise", |w, c| w.tell(c, DIET, json!("pescatarian"), UntilWish::Week)),
        ("ended", |w, _| w.hands.pass(7 * DAY)),
    ];
    for (how, act) in acts {
        let mut world = grocer();
        let c = world.open(user("a"));
        world.tell(c, DIET, json!("vegetarian"), UntilWish::Week);
        assert!(!world.offered(c).contains(&"herring".to_owned()));
        act(&world, c);
        assert!(world.offered(c).contains(&"herring".to_owned()), "{how}");
        let before = (world.told(c), world.offered(c));
        world.restart();
        assert_eq!((world.told(c), world.offered(c)), before, "{how}: after a restart");
        world.upkeep();
        let kept = usize::from(matches!(how, "hidden" | "under a guardian" | "told otherwise"));
        assert_eq!(world.values_on_disk(), kept, "{how}");
        // The proof that it was permitted stays, and says nothing of what was told.
        assert!(
            world
                .facts()
                .iter()
                .any(|(_, fact)| matches!(fact, Fact::InformationStated(s) if s.evidence.actor == regie_domain::fact::Actor::Customer)),
            "{how}"
        );
    }
}

#[test]
fn a_statement_stands_beside_a_consent_and_never_widens_it() {
    let world = grocer();
    let c = world.open(user("a"));
    world.buy("a", &["coffee"]);
    world.tell(c, DIET, json!("vegetarian"), UntilWish::Week);
    assert_eq!(world.verdict(c, "recommendations", "my-information"), "allow consent", "as long as something is told");
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny unknown", "purchases were not told");
    assert_eq!(world.verdict(c, "marketing-email", "my-information"), "deny unknown", "nor for another purpose");
    world.give(c, "recommendations", UntilWish::Day);
    assert_eq!(world.ask(c, "recommendations", "purchases").until, Some(Time::from_seconds(START + DAY).to_string()));
    world.hands.pass(DAY);
    assert_eq!(world.verdict(c, "recommendations", "purchases"), "deny expired");
    assert!(!world.offered(c).contains(&"steak".to_owned()), "the statement has an end of its own");
}

#[test]
fn it_is_bound_to_its_visit_and_ends_with_it() {
    let mut world = grocer();
    let c = world.open(user("a"));
    let visit = |id: &str| Wish { visit_id: Some(id.into()), ..wish(Some(c)) };
    let offers = |world: &World, id: &str| names(&world.recommend(visit(id))).contains(&"steak");
    world.try_tell(c, Tell { visit: Some("v1".into()), ..telling(DIET, json!("vegan"), UntilWish::Visit) }).unwrap();
    assert!(!offers(&world, "v1") && offers(&world, "v2") && world.offered(c).contains(&"steak".to_owned()));
    world.run.block_on(world.engine().end_visit(c, "v1")).unwrap();
    assert!(offers(&world, "v1"));
    world.try_tell(c, Tell { visit: Some("v3".into()), ..telling(DIET, json!("vegan"), UntilWish::Visit) }).unwrap();
    world.restart();
    assert!(offers(&world, "v3"), "visits end with the process that held them");
    assert_eq!(world.told(c), []);
    world.upkeep();
    assert_eq!(world.values_on_disk(), 0);
}

#[test]
fn what_cannot_be_recorded_is_refused_and_leaves_nothing() {
    let world = grocer();
    let c = world.open(user("a"));
    let claimed = |actor: &str| ClaimedEvidence { actor: Some(actor.into()), ..evidence() };
    let week = |value| telling(DIET, value, UntilWish::Week);
    for (tell, code) in [
        (week(json!("beef")), "value_not_understood"),
        (Tell { purpose: "nonsense".into(), ..week(json!("vegan")) }, "purpose_unknown"),
        (Tell { purpose: "tax-records".into(), ..week(json!("vegan")) }, "purpose_not_consent_based"),
        (Tell { purpose: "model-improvement".into(), ..week(json!("vegan")) }, "category_outside_purpose"),
        (Tell { recipients: Some(vec!["nobody".into()]), ..week(json!("vegan")) }, "recipient_unknown"),
        (Tell { until: UntilWish::Moment(Time::from_seconds(START)), ..week(json!("vegan")) }, "until_in_the_past"),
        (Tell { until: UntilWish::Once, ..week(json!("vegan")) }, "until_once"),
        (Tell { until: UntilWish::Visit, ..week(json!("vegan")) }, "visit_missing"),
        // Faith and health: asked for in so many words, or not at all (rule 8a).
        (Tell { evidence: None, ..week(json!("halal")) }, "explicit_permission_needed"),
        (Tell { evidence: Some(ClaimedEvidence { language: None, ..evidence() }), ..week(json!("halal")) }, "evidence_missing"),
        (Tell { evidence: Some(claimed("guardian")), ..week(json!("vegan")) }, ""),
        (telling(InformationItem::Birthday, json!("1990-05-17"), UntilWish::Week), "year_of_birth"),
    ] {
        match world.try_tell(c, tell) {
            Ok(_) => assert_eq!(code, ""),
            Err(e) => assert_eq!(e.code(), code, "{e}"),
        }
    }
    world.run.block_on(world.engine().take_back(c, DIET, None)).unwrap();
    // Rule 8: with a guardian, the guardian states it, and a system's word is not the guardian's.
    world.run.block_on(world.engine().state_consenter(c, Consenter::Guardian, Some(evidence()))).unwrap();
    for (evidence, code) in [(Some(claimed("customer")), "guardian_needed"), (None, "guardian_needed"), (Some(claimed("guardian")), "")] {
        let done = world.try_tell(c, Tell { evidence, ..week(json!("vegan")) });
        assert_eq!(done.as_ref().err().map_or("", EngineError::code), code);
    }
    assert_eq!(world.told(c), [(DIET, "in_use")]);
    // At 16 it is asked anew.
    world.run.block_on(world.engine().state_consenter(c, Consenter::Customer, Some(evidence()))).unwrap();
    assert_eq!(world.told(c), []);
}

#[test]
fn hidden_it_is_the_customers_alone_and_shown_again_or_longer_in_one_go() {
    let mut world = grocer();
    let c = world.open(user("a"));
    world.tell(c, DIET, json!("vegan"), UntilWish::Week);
    world.run.block_on(world.engine().hide(c, DIET, Some(evidence()))).unwrap();
    assert_eq!(world.told(c), [(DIET, "hidden")]);
    assert_eq!(world.verdict(c, "recommendations", "my-information"), "deny unknown");
    world.restart();
    assert_eq!(world.told(c), [(DIET, "hidden")]);
    let told = world.run.block_on(world.engine().tell_again(c, DIET, None, Some(evidence()))).unwrap();
    assert_eq!(
        (told.state.code(), told.until),
        ("in_use", Time::from_seconds(START + 7 * DAY).to_string()),
        "shown again until the end it had"
    );
    let told = world.run.block_on(world.engine().tell_again(c, DIET, Some(UntilWish::Week), Some(evidence()))).unwrap();
    assert_eq!(told.until, Time::from_seconds(START + 14 * DAY).to_string(), "a week longer than it had");
    let before = world.facts().len();
    let end = UntilWish::Moment(Time::from_seconds(START + 14 * DAY));
    world.run.block_on(world.engine().tell_again(c, DIET, Some(end), Some(evidence()))).unwrap();
    assert_eq!(world.facts().len(), before, "of two presses at once one counts");
    world.hands.pass(14 * DAY);
    let gone = world.run.block_on(world.engine().tell_again(c, DIET, None, Some(evidence())));
    assert_eq!(gone.unwrap_err().code(), "information_unknown", "what ended is not brought back");
}

#[test]
fn joined_records_keep_the_later_word_and_a_no_wins() {
    for (no, kept) in [(false, json!(["vegan"])), (true, Value::Null)] {
        let mut world = grocer();
        let (a, b) = (world.open(device("d")), world.open(user("u")));
        world.tell(a, DIET, json!("vegetarian"), UntilWish::Week);
        world.tell(b, DIET, json!("vegan"), UntilWish::Week);
        if no {
            for c in [a, b] {
                // Refused, and then told again on the one record alone.
                world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
            }
            world.tell(a, DIET, json!("vegetarian"), UntilWish::Week);
        }
        world.run.block_on(world.engine().join(b, a, regie_domain::fact::Actor::Customer)).unwrap();
        let value = |world: &World| world.engine().information(b).unwrap().into_iter().next().map_or(Value::Null, |told| told.value);
        assert_eq!(value(&world), kept);
        world.restart();
        assert_eq!(value(&world), kept, "after a restart");
        world.upkeep();
        assert_eq!(world.values_on_disk(), usize::from(!no));
        world.restart();
        assert_eq!(value(&world), kept, "after the rows are gone");
    }
}

#[test]
fn it_is_in_the_export_and_erased_with_everything() {
    let world = grocer();
    let c = world.open(user("a"));
    world.tell(c, InformationItem::Sizes, json!({"shoes": "42.5"}), UntilWish::Withdrawn);
    let export = world.engine().export(c).unwrap();
    assert_eq!(export["information"][0]["value"], json!({"shoes": "42.5"}));
    assert_eq!(export["information"][0]["origin"], "provided");
    assert_eq!(export["information_history"][0]["value"], json!({"shoes": "42.5"}));
    assert_eq!(
        world.engine().overview(c).unwrap().kept.iter().map(|k| (k.category.as_str(), k.count)).collect::<Vec<_>>(),
        [("my-information", 1)]
    );
    world.erase(c);
    assert_eq!(world.values_on_disk(), 0);
    assert_eq!(world.engine().information(c).unwrap_err().code(), "customer_unknown");
}

/// What a customer told for a purpose that came to do something else was told to other words: nobody uses it any more.
#[test]
fn a_material_change_of_the_policy_ends_what_was_told_for_it() {
    for restarts in [0, 1] {
        let mut world = grocer();
        let c = world.open(user("a"));
        world.tell(c, DIET, json!("vegetarian"), UntilWish::Withdrawn);
        let (before, after) = changed("recommendations", "\nwhat.en = \"", "\nwhat.en = \"Something else. ");
        world.adopt(&policy("2027-01-01", &[(&before, &after)]));
        (0..restarts).for_each(|_| world.restart());
        assert!(world.engine().information(c).unwrap().is_empty());
        world.upkeep();
        assert_eq!(world.values_on_disk(), 0);
    }
}

/// What was told answers for a past moment too, and is what the decision rests on.
#[test]
fn what_was_told_is_answered_for_a_past_moment() {
    let world = grocer();
    let c = world.open(user("a"));
    let before = world.now();
    world.hands.pass(60);
    world.tell(c, DIET, json!("vegetarian"), UntilWish::Week);
    world.hands.pass(60);
    let told = world.now();
    world.hands.pass(60);
    world.run.block_on(world.engine().take_back(c, DIET, None)).unwrap();
    world.hands.pass(60);
    let at = |at: Time| {
        let then = world.engine().decide_at(c, &question("recommendations", "my-information"), at).unwrap();
        (then.answer.decision, then.rests_on.map_or(Value::Null, |fact| fact["information"].clone()))
    };
    assert_eq!(at(before), ("deny", Value::Null));
    assert_eq!(at(told), ("allow", json!("diet")));
    assert_eq!(at(world.now()), ("deny", Value::Null));
}

/// Taking back and hiding hold against what another record told, until the customer tells it again.
#[test]
fn a_join_brings_nothing_back_that_was_taken_back_or_hidden() {
    for hides in [false, true] {
        let mut world = grocer();
        let (a, b) = (world.open(user("a")), world.open(user("b")));
        world.tell(b, DIET, json!("vegetarian"), UntilWish::Week);
        world.tell(a, DIET, json!("vegan"), UntilWish::Week);
        if hides {
            world.run.block_on(world.engine().hide(a, DIET, None)).unwrap();
            world.tell(b, DIET, json!("vegetarian"), UntilWish::Week);
        } else {
            world.run.block_on(world.engine().take_back(a, DIET, None)).unwrap();
        }
        world.run.block_on(world.engine().join(a, b, regie_domain::fact::Actor::Customer)).unwrap();
        for again in [false, true] {
            if again {
                world.restart();
            }
            let asked = question("recommendations", "my-information");
            let used = world.engine().decide(Some(a), &asked).unwrap();
            assert_eq!(used.decision, "deny", "hides: {hides}, after a restart: {again}");
            assert_eq!(world.engine().decide_at(a, &asked, world.now()).unwrap().answer, used, "as the log tells it");
        }
    }
}

/// What only others may use is not in use by the shop, and steers nothing here.
#[test]
fn what_is_told_to_others_alone_is_not_in_use_here() {
    let world = grocer();
    let c = world.open(user("a"));
    let tell = Tell { recipients: Some(vec!["hosting".into()]), ..telling(DIET, json!("vegan"), UntilWish::Week) };
    assert_eq!(world.try_tell(c, tell).unwrap(), "shared");
    assert_eq!(world.verdict(c, "recommendations", "my-information"), "deny unknown");
    assert_eq!(world.told(c), [(DIET, "shared")], "and its customer still reads it");
}

/// A statement that ended by itself holds against nothing, whether or not its row was looked at already.
#[test]
fn a_join_does_not_depend_on_when_rows_were_looked_at() {
    for upkeep in [false, true] {
        let mut world = grocer();
        let (a, b) = (world.open(user("a")), world.open(user("b")));
        world.tell(a, DIET, json!("vegan"), UntilWish::Month);
        world.tell(b, DIET, json!("vegetarian"), UntilWish::Day);
        world.hands.pass(2 * DAY);
        if upkeep {
            world.upkeep();
        }
        world.run.block_on(world.engine().join(a, b, regie_domain::fact::Actor::Customer)).unwrap();
        for again in [false, true] {
            if again {
                world.restart();
                world.upkeep();
            }
            let told = world.engine().information(a).unwrap();
            assert_eq!(told[0].value, json!(["vegan"]), "upkeep before: {upkeep}, after a restart: {again}");
        }
    }
}

#[test]
fn what_is_told_for_a_visit_ends_with_it_also_after_a_join_during_the_visit() {
    let world = grocer();
    let (a, b) = (world.open(user("a")), world.open(device("d")));
    world
        .run
        .block_on(world.engine().tell(b, Tell { visit: Some("s".into()), ..telling(DIET, json!("vegan"), UntilWish::Visit) }))
        .unwrap();
    world.run.block_on(world.engine().join(a, b, regie_domain::fact::Actor::Customer)).unwrap();
    let asked = || {
        let mut asked = question("recommendations", "my-information");
        asked.visit = Some("s".into());
        let now = world.engine().decide(Some(a), &asked).unwrap();
        assert_eq!(world.engine().decide_at(a, &asked, world.now()).unwrap().answer, now, "as the log tells it");
        now.decision
    };
    assert_eq!(asked(), "allow");
    world.run.block_on(world.engine().end_visit(a, "s")).unwrap();
    assert_eq!(asked(), "deny");
    world.upkeep();
    assert_eq!(world.values_on_disk(), 0);
}

/// What leaves cannot be taken back, so one item that names a recipient does not open the door to the others.
#[test]
fn a_disclosure_of_what_was_told_needs_each_item_that_leaves() {
    use regie::engine::disclosures::Disclose;
    let world = grocer();
    let c = world.open(user("a"));
    let policy = world.engine().policy();
    let purpose = policy.purpose("recommendations").unwrap();
    let outside = policy
        .recipients
        .iter()
        .enumerate()
        .find(|(ix, _)| *ix > 0 && policy.at(purpose).recipients.has(regie_domain::policy::RecipientIx(u8::try_from(*ix).unwrap())));
    let recipient = outside.expect("the purpose has a recipient outside").1.id.clone();
    let sharing = Tell {
        recipients: Some(vec!["retailer".into(), recipient.clone()]),
        ..telling(InformationItem::Sizes, json!({"shoes": "42"}), UntilWish::Week)
    };
    world.try_tell(c, sharing).unwrap();
    let disclose = |items: &[InformationItem]| {
        let wish = Disclose {
            recipient: recipient.clone(),
            purpose: "recommendations".into(),
            categories: vec!["my-information".into()],
            items: items.to_vec(),
            channel: None,
            visit: None,
            reference: None,
        };
        world.run.block_on(world.engine().disclose(c, wish, None)).map(|d| d.disclosure.items).map_err(|e| e.code())
    };
    assert_eq!(disclose(&[]), Ok(vec![]), "all that is told names it");
    world.tell(c, DIET, json!("vegan"), UntilWish::Week);
    assert_eq!(disclose(&[]), Err("disclosure_refused"));
    assert_eq!(disclose(&[DIET]), Err("disclosure_refused"));
    assert_eq!(disclose(&[InformationItem::Birthday]), Err("disclosure_refused"), "it was never told");
    assert_eq!(disclose(&[InformationItem::Sizes]), Ok(vec![InformationItem::Sizes]));
    world.run.block_on(world.engine().hide(c, InformationItem::Sizes, None)).unwrap();
    assert_eq!(disclose(&[InformationItem::Sizes]), Err("disclosure_refused"));
}

/// Rule 8a: an interest in a department says what its items would, so it takes a permission in so many words, and no page offers it.
#[test]
fn an_interest_in_what_is_sensitive_takes_an_explicit_permission() {
    let mut world = grocer();
    let c = world.open(user("a"));
    world.put(json!([
        {"item": "test", "department": "pharmacy", "brand": "Acme", "sensitive": true},
        {"item": "plaster", "department": "pharmacy"},
    ]));
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let departments = world.engine().departments();
        assert!(!departments.contains(&"pharmacy".into()) && departments.contains(&"drinks".into()), "{departments:?}");
        let vouched = |name: &str| Tell { evidence: None, ..telling(InformationItem::Interests, json!([name]), UntilWish::Week) };
        assert_eq!(world.try_tell(c, vouched("Pharmacy")).unwrap_err().code(), "explicit_permission_needed");
        assert_eq!(world.try_tell(c, vouched("drinks")).unwrap(), "in_use");
        assert!(!world.engine().information(c).unwrap()[0].special);
        world.tell(c, InformationItem::Interests, json!(["pharmacy", "drinks"]), UntilWish::Week);
        assert!(world.engine().information(c).unwrap()[0].special);
    }
}

/// Rule 15: what was told once, hidden or taken back, tried out, and who was joined is data about the customer too.
#[test]
fn the_export_has_the_past_of_what_was_told_and_joined() {
    let world = grocer();
    let c = world.open(user("a"));
    let other = world.open(device("b"));
    world.tell(c, DIET, json!("vegetarian"), UntilWish::Week);
    world.run.block_on(world.engine().hide(c, DIET, Some(evidence()))).unwrap();
    world.run.block_on(world.engine().take_back(c, DIET, None)).unwrap();
    world.buy("a", &["tea"]);
    world.run.block_on(world.engine().difference(c, 6, Some(evidence()))).unwrap().unwrap();
    world.run.block_on(world.engine().join(c, other, regie_domain::fact::Actor::Customer)).unwrap();
    world.upkeep();
    let export = world.engine().export(c).unwrap();
    let history: Vec<_> = export["information_history"].as_array().unwrap().iter().map(|h| h["change"].as_str().unwrap()).collect();
    assert_eq!(history, ["stated", "hidden", "removed"]);
    let stated = &export["information_history"][0];
    assert_eq!(
        (&stated["value"], &stated["purpose"], &stated["evidence"]["actor"]),
        (&Value::Null, &json!("recommendations"), &json!("customer"))
    );
    assert_eq!(
        (&export["previews"][0]["purpose"], &export["previews"][0]["categories"]),
        (&json!("recommendations"), &json!(["purchases"]))
    );
    assert_eq!((&export["joins"][0]["by"], export["joins"].as_array().unwrap().len()), (&json!("customer"), 1));
    assert!(!export.to_string().contains("salt") && !export.to_string().contains("by_request"));
}

/// A retry of what used a permission for once up gets its answer again, without what was hidden since.
#[test]
fn a_retry_does_not_bring_back_what_was_hidden() {
    let world = grocer();
    let c = world.open(user("a"));
    world.buy("a", &["coffee"]);
    world.tell(c, DIET, json!("vegetarian"), UntilWish::Week);
    world.try_give(c, Give { categories: Some(vec!["purchases".into()]), ..giving("recommendations", UntilWish::Once) }).unwrap();
    let ask = || world.recommend(Wish { request: Some("r".into()), ..wish(Some(c)) });
    let first = ask();
    assert!(first.personal && !first.items.iter().any(|r| r.item == "steak"));
    assert_eq!(ask(), first);
    world.run.block_on(world.engine().hide(c, DIET, None)).unwrap();
    let again = ask();
    assert!(again.items.iter().any(|r| r.item == "steak"));
    assert!(again.items.iter().flat_map(|r| &r.because).all(|because| because.information.is_none()));
}

/// What is told ends with a no to what it was told for, and with who consents: no fact says so, and the customer reads it all the same.
#[test]
fn what_ended_with_something_else_is_told() {
    let by_guardian = || ClaimedEvidence { actor: Some("guardian".into()), ..evidence() };
    for (by, ends) in [(EndedBy::No, true), (EndedBy::No, false), (EndedBy::Consenter, true)] {
        let mut world = grocer();
        let c = world.open(user("a"));
        if by == EndedBy::Consenter {
            world.run.block_on(world.engine().state_consenter(c, Consenter::Guardian, Some(by_guardian()))).unwrap();
            let tell = Tell { evidence: Some(by_guardian()), ..telling(DIET, json!("vegan"), UntilWish::Week) };
            world.try_tell(c, tell).unwrap();
        } else {
            world.tell(c, DIET, json!("vegan"), UntilWish::Week);
        }
        world.hands.pass(DAY);
        let at = world.now();
        match (by, ends) {
            (EndedBy::No, true) => _ = world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap(),
            (EndedBy::No, false) => _ = world.run.block_on(world.engine().refuse(c, "demand-insight", Some(evidence()))).unwrap(),
            _ => world.run.block_on(world.engine().state_consenter(c, Consenter::Customer, Some(evidence()))).unwrap(),
        }
        world.upkeep();
        for _ in ["running", "restarted"] {
            let expected = ends.then(|| (at, Ended::Told(DIET, "recommendations".into(), by)));
            assert_eq!(world.engine().ended(c).unwrap(), Vec::from_iter(expected), "{by:?}");
            assert_eq!(world.engine().ended_by_policies(c).unwrap(), []);
            let asked = Asked { kinds: vec![Kind::Choices], limit: 50, before: None };
            let rows = world.engine().timeline(c, &asked).unwrap().rows;
            assert_eq!(rows.iter().filter(|row| matches!(row.what, Happened::ToldEnded { .. })).count(), usize::from(ends));
            world.restart();
        }
    }
}
