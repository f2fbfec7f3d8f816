//! The rules of privacy as tables, at the level of the engine: what is decided, what is kept on disk, what is recommended.

use regie::engine::api::{Give, Question, Wish};
use regie_domain::collection::Incoming;
use regie_domain::consent::{ClaimedEvidence, Ends, UntilWish};
use regie_domain::fact::{Choice, Chosen, EventName, Fact};
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use super::support::*;

/// Rule 1: a consent holds from when it was given until just before its end, judged at each use.
#[test]
fn a_permission_ends_at_its_second_and_not_before() {
    // In Amsterdam, from Monday noon: the same local time later; a date ends at its midnight.
    let cases = [
        (UntilWish::Day, START + DAY),
        (UntilWish::Week, START + 7 * DAY),
        (UntilWish::Month, START + 30 * DAY),
        (UntilWish::Date("2026-06-01".parse().unwrap()), START + 12 * HOUR),
        (UntilWish::Moment(Time::from_seconds(START + 90)), START + 90),
        (UntilWish::Moment(Time::from_millis((START + 90) * 1000 + 999)), START + 90),
    ];
    for (until, end) in cases {
        let world = world();
        let c = world.open(user("a"));
        world.give(c, "recommendations", until);
        let asked = || world.verdict(c, "recommendations", "purchases");
        assert_eq!(asked(), "allow consent", "{until:?}");
        world.hands.pass_millis((end - START) * 1000 - 1);
        assert_eq!(asked(), "allow consent", "{until:?}: a millisecond before its end");
        assert_eq!(world.ask(c, "recommendations", "purchases").until.as_deref(), Some(Time::from_seconds(end).to_string().as_str()));
        world.hands.pass_millis(1);
        assert_eq!(asked(), "deny expired", "{until:?}: at its end");
    }
}

/// Rule 2: six states that are never mixed up; silence renews nothing.
#[test]
fn every_state_has_its_own_answer() {
    type Act = fn(&World, Handle);
    let cases: [(&str, &str, Act); 6] = [
        ("unknown", "deny unknown", |_, _| {}),
        ("refused", "deny refused", |w, c| {
            drop(w.run.block_on(w.engine().refuse(c, "recommendations", Some(evidence()))).map(|s| s.purpose))
        }),
        ("given", "allow consent", |w, c| w.give(c, "recommendations", UntilWish::Withdrawn)),
        ("expired", "deny expired", |w, c| {
            w.give(c, "recommendations", UntilWish::Day);
            w.hands.pass(DAY);
        }),
        ("withdrawn", "deny withdrawn", |w, c| {
            w.give(c, "recommendations", UntilWish::Week);
            w.withdraw(c, "recommendations");
        }),
        ("given again", "allow consent", |w, c| {
            w.give(c, "recommendations", UntilWish::Week);
            w.withdraw(c, "recommendations");
            w.give(c, "recommendations", UntilWish::Day);
        }),
    ];
    for (state, answer, act) in cases {
        let mut world = world();
        let c = world.open(user("a"));
        act(&world, c);
        assert_eq!(world.verdict(c, "recommendations", "purchases"), answer, "{state}");
        // What a page or a banner sends says nothing about a consent.
        let mut message = order(user_message("a"), "", &["bread"], world.now());
        message.consent_preferences = vec![("Functional".into(), true)];
        world.send(message);
        assert_eq!(world.verdict(c, "recommendations", "purchases"), answer, "{state}: an event changes nothing");
        world.restart();
        assert_eq!(world.verdict(c, "recommendations", "purchases"), answer, "{state}: nor does a restart");
    }
}

/// Rules 4 and 11: a withdrawal shows in the very next answer; what rested only on it is gone from the disk, what another basis
/// carries stays.
#[test]
fn a_withdrawal_shows_at_once_and_takes_what_rested_on_it_alone() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.buy("a", &["bread"]);
    world.buy("a", &["bread"]);
    world.look("a", "cheese");
    world.send(search(user_message("a"), "brie de Meaux", world.now()));
    assert!(world.recommend_to(c).personal);
    assert_eq!(world.facts_of(&user("a")).len(), 1 + 1 + 4, "opened, given, four events");
    world.withdraw(c, "recommendations");
    let after = world.recommend_to(c);
    assert_eq!((after.personal, after.reason), (false, "withdrawn"));
    assert!(after.items.iter().all(|i| i.because.is_empty()));
    assert_eq!(world.verdict(c, "recommendations", "browsing"), "deny withdrawn");
    // Rule 7: no other basis takes its place.
    assert_eq!(world.verdict(c, "model-improvement", "purchases"), "deny unknown");
    assert_eq!(world.verdict(c, "order-handling", "purchases"), "allow contract");
    assert_eq!(world.events_of("a"), [EventName::OrderCompleted, EventName::OrderCompleted]);
    // The history stays: what was lawful before stays recorded as lawful.
    let history: Vec<String> = world.engine().consents(c).unwrap().history.into_iter().map(|h| h.choice).collect();
    assert_eq!(history, ["withdrawn", "given"]);
}

/// What a stronger purpose outlived is deleted too: two consents kept a look, the longer one is withdrawn, the shorter's term is over.
#[test]
fn a_withdrawal_leaves_each_purpose_its_own_term() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(c, "personalised-advertising", UntilWish::Withdrawn);
    world.send(view(user_message("a"), "tea", world.now().plus_seconds(-400 * DAY)));
    world.look("a", "cheese");
    assert_eq!(world.events_of("a").len(), 2, "recommendations keep looks for two years");
    world.withdraw(c, "recommendations");
    assert_eq!(world.events_of("a").len(), 1, "advertising keeps them for one");
}

/// A law keeps an order for years; what a customer permitted reaches no further back than its own term, however the order came.
#[test]
fn a_permission_reaches_no_further_back_than_its_purposes_term() {
    for imported in [false, true] {
        let mut world = world();
        let c = world.open(user("a"));
        let give =
            |world: &World| ["recommendations", "model-improvement"].into_iter().for_each(|p| world.give(c, p, UntilWish::Withdrawn));
        let teaches = |world: &World| world.to_a_stranger(&["tea"]).items.iter().any(|i| i.item == "lemons");
        give(&world);
        if imported {
            world.send(order(user_message("a"), "", &["tea", "lemons"], world.now().plus_seconds(-3 * 366 * DAY)));
        } else {
            world.buy("a", &["tea", "lemons"]);
            // 2028 is a leap year.
            world.hands.pass(731 * DAY - 1);
            world.upkeep();
            assert!(world.recommend_to(c).personal && teaches(&world), "a second before the term");
            world.hands.pass(1);
        }
        for how in ["upkeep", "restarted", "given again"] {
            world.upkeep();
            assert!(!world.recommend_to(c).personal && !teaches(&world), "{how}, imported: {imported}");
            assert_eq!(world.events_of("a"), [EventName::OrderCompleted], "the law still keeps it");
            world.restart();
            if how == "restarted" {
                give(&world);
            }
        }
    }
}

/// An event that its source ruled out for a purpose is not carried by that purpose.
#[test]
fn an_event_ruled_out_for_a_purpose_does_not_outlive_the_others() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(c, "model-improvement", UntilWish::Withdrawn);
    let mut message = view(user_message("a"), "tea", world.now());
    message.consent_preferences = vec![("Functional".into(), false)];
    world.send(message);
    assert_eq!(world.events_of("a").len(), 1, "the model may learn from it");
    assert!(!world.recommend_to(c).personal, "and recommendations may not use it");
    world.withdraw(c, "model-improvement");
    assert!(world.events_of("a").is_empty());
}

/// Orders are kept for contract and law whatever anybody chooses; nothing else is without a permission.
#[test]
fn what_is_kept_without_any_permission() {
    type Act = fn(&World, Handle);
    let cases: [(&str, Act); 4] = [
        ("never asked", |_, _| {}),
        ("refused", |w, c| {
            for p in w.engine().policy().purposes.iter().filter(|p| p.basis == regie_domain::policy::Basis::Consent) {
                w.run.block_on(w.engine().refuse(c, &p.id, Some(evidence()))).unwrap();
            }
        }),
        ("objected", |w, c| {
            for p in ["fraud-prevention", "security", "visit-service", "own-customer-email", "marketing-post"] {
                w.run.block_on(w.engine().object(c, p, true, Some(evidence()))).unwrap();
            }
        }),
        ("withdrawn", |w, c| {
            w.give(c, "recommendations", UntilWish::Withdrawn);
            w.run.block_on(w.engine().withdraw_all(c, None)).unwrap();
        }),
    ];
    for (how, act) in cases {
        let world = world();
        let c = world.open(user("a"));
        act(&world, c);
        world.buy("a", &["bread"]);
        world.look("a", "cheese");
        world.send(search(user_message("a"), "brie", world.now()));
        assert_eq!(world.events_of("a"), [EventName::OrderCompleted], "{how}");
        let Some(Fact::EventKept(order)) = world.facts_of(&user("a")).into_iter().find(|f| matches!(f, Fact::EventKept(_))) else {
            panic!("{how}")
        };
        assert!(
            order.order.is_some() && order.lines.len() == 1 && order.store.is_none(),
            "{how}: the shop is coarse location, for which nobody was asked"
        );
    }
}

/// Rule 5: narrowed by the customer, never widened by default. Rule 6: evidence is required.
#[test]
fn a_permission_covers_what_was_chosen_and_needs_evidence() {
    let world = world();
    let c = world.open(user("a"));
    let narrow = Give {
        categories: Some(vec!["purchases".into()]),
        channels: Some(vec!["app".into()]),
        ..giving("recommendations", UntilWish::Week)
    };
    world.try_give(c, narrow).unwrap();
    let asked = |category: &str, channel: &str, recipient: Option<&str>| {
        let question =
            Question { channel: Some(channel.into()), recipient: recipient.map(String::from), ..question("recommendations", category) };
        world.engine().decide(Some(c), &question).unwrap().reason
    };
    assert_eq!(asked("purchases", "app", None), "consent");
    assert_eq!(asked("browsing", "app", None), "category_not_covered");
    assert_eq!(asked("sensitive-purchases", "app", None), "sensitive");
    assert_eq!(asked("purchases", "web", None), "channel_not_covered");
    assert_eq!(asked("purchases", "app", Some("hosting")), "recipient_not_covered");
    for (give, code) in [
        (Give { evidence: None, ..giving("recommendations", UntilWish::Week) }, "evidence_missing"),
        (
            Give { evidence: Some(ClaimedEvidence { method: None, ..evidence() }), ..giving("recommendations", UntilWish::Week) },
            "evidence_missing",
        ),
        (giving("no-such-purpose", UntilWish::Week), "purpose_unknown"),
        (giving("recommendations", UntilWish::Moment(Time::from_seconds(START))), "until_in_the_past"),
    ] {
        assert_eq!(world.try_give(c, give).unwrap_err().code(), code);
    }
    assert_eq!(asked("purchases", "app", None), "consent", "what was refused changed nothing");
}

/// Rule 8a: a sensitive item is neither recommended nor named as a reason, whenever it got its flag.
#[test]
fn sensitive_items_are_neither_recommended_nor_reasons() {
    for flagged in ["before", "after", "after, restarted"] {
        let mut world = world();
        let put = |world: &World, sensitive: bool| {
            let items = ["bread", "butter", "tea"].map(|i| item(i, false)).into_iter().chain([item("pills", sensitive)]);
            world.run.block_on(world.engine().put_catalogue(items.collect())).unwrap();
        };
        put(&world, flagged == "before");
        let customers = ["a", "b", "c"].map(|id| world.open(user(id)));
        for c in customers {
            world.give(c, "recommendations", UntilWish::Withdrawn);
            world.give(c, "model-improvement", UntilWish::Withdrawn);
        }
        for id in ["a", "b", "c"] {
            world.buy(id, &["bread", "pills"]);
            world.buy(id, &["butter", "pills"]);
            world.buy(id, &["pills"]);
        }
        if flagged != "before" {
            assert!(names(&world.to_a_stranger(&["bread"])).contains(&"pills"));
            put(&world, true);
        }
        if flagged.ends_with("restarted") {
            world.restart();
        }
        for wish in customers.map(|c| wish(Some(c))).into_iter().chain([Wish { visit: vec!["bread".into(), "pills".into()], ..wish(None) }])
        {
            let answer = world.recommend(wish);
            assert!(
                answer.items.iter().all(|i| i.item != "pills" && i.because.iter().all(|b| &*b.item != "pills")),
                "{flagged}: {answer:?}"
            );
        }
        assert_eq!(
            world.to_a_stranger(&["pills"]).items.iter().filter(|i| !i.because.is_empty()).count(),
            0,
            "{flagged}: nothing was learned of it"
        );
        let explicit = Give {
            categories: Some(["purchases", "browsing", "sensitive-purchases"].map(String::from).to_vec()),
            ..giving("recommendations", UntilWish::Week)
        };
        world.try_give(customers[0], explicit).unwrap();
        assert!(names(&world.recommend_to(customers[0])).contains(&"pills"), "{flagged}: unless the customer explicitly allows it");
        put(&world, false);
        assert!(names(&world.to_a_stranger(&["bread"])).contains(&"pills"), "{flagged}: no longer sensitive");
    }
}

/// The catalogue outlives the process, whether or not anything in it is sensitive.
#[test]
fn the_catalogue_is_durable() {
    let mut world = world();
    world.run.block_on(world.engine().put_catalogue(vec![item("bread", false)])).unwrap();
    world.restart();
    assert!(world.engine().catalogue_item("bread").is_some());
}

/// What may be recommended to nobody: sold out and blocked items.
#[test]
fn stock_and_blocks_are_respected() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.buy("a", &["bread", "butter", "tea"]);
    let mut items = ["bread", "butter", "tea"].map(|i| item(i, false));
    items[0].stock = Some(0);
    items[1].blocked = true;
    world.run.block_on(world.engine().put_catalogue(items.to_vec())).unwrap();
    assert_eq!(names(&world.recommend_to(c)), ["tea"]);
}

/// The service from the visit alone: rests on what the call carries, keeps nothing, and ends with an objection.
#[test]
fn the_visit_service_stores_nothing_and_is_objectable() {
    let world = world();
    for id in ["x", "y"] {
        let c = world.open(user(id));
        world.give(c, "model-improvement", UntilWish::Withdrawn);
        world.buy(id, &["tea", "lemons"]);
    }
    let c = world.open(user("a"));
    let rows = world.facts().len();
    let ask = || world.recommend(Wish { visit: vec!["tea".into()], ..wish(Some(c)) });
    let answer = ask();
    assert_eq!((answer.personal, answer.reason), (true, "legitimate_interest"));
    assert_eq!(answer.items[0].because[0].event, None);
    assert_eq!(world.facts().len(), rows);
    world.run.block_on(world.engine().object(c, "visit-service", true, None)).unwrap();
    assert!(!ask().personal);
}

/// Rule 13: after an erasure nothing comes back by itself; an order opens a new record for contract and law; a consent lifts it.
#[test]
fn an_erased_customer_comes_back_only_by_their_own_word() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    let mut first = order(user_message("a"), "1001", &["bread"], world.now());
    first.message_id = Some("m1".into());
    world.send(first.clone());
    world.hands.pass(HOUR);
    world.erase(c);
    assert!(!world.engine().knows(c));
    assert!(world.engine().lookup(&user("a")).is_none());
    let erased_at = world.now();
    world.hands.pass(HOUR);
    for _ in ["running", "restarted"] {
        // A late retry, an import of older orders under new ids, looks, attributes, a claim on a device.
        let older = Time::from_seconds(START - 30 * DAY);
        let mut unbelievable = order(user_message("a"), "1003", &["bread"], world.now());
        unbelievable.time_doubted = true;
        for message in [
            first.clone(),
            order(user_message("a"), "1002", &["tea"], older),
            view(user_message("a"), "tea", world.now()),
            identify("a", None, "a@example.org", world.now()),
            unbelievable,
        ] {
            world.send(message);
            assert!(world.engine().lookup(&user("a")).is_none());
        }
        world.restart();
    }
    world.send(order(user_message("a"), "1004", &["milk"], erased_at));
    let new = world.user("a");
    assert_ne!(new, c);
    assert_eq!(world.verdict(new, "recommendations", "purchases"), "deny unknown");
    world.look("a", "tea");
    world.send(identify("a", None, "a@example.org", world.now()));
    assert_eq!(world.facts_of(&user("a")).len(), 4, "opened, no to two kinds of advertising, and the order");
    // A consent by the staff on hearsay lifts nothing; one by the customer does, from then on.
    let by_staff = Give {
        evidence: Some(ClaimedEvidence { actor: Some("staff".into()), ..evidence() }),
        ..giving("recommendations", UntilWish::Week)
    };
    world.try_give(new, by_staff).unwrap();
    world.look("a", "tea");
    assert_eq!(world.events_of("a"), [EventName::OrderCompleted]);
    world.give(new, "recommendations", UntilWish::Week);
    world.send(view(user_message("a"), "tea", world.now().plus_seconds(-1)));
    assert_eq!(world.events_of("a"), [EventName::OrderCompleted], "what happened before stays refused");
    world.look("a", "tea");
    assert_eq!(world.events_of("a"), [EventName::OrderCompleted, EventName::ProductViewed]);
    world.restart();
    world.look("a", "coffee");
    assert_eq!(world.events_of("a").len(), 3);
}

/// A device that nobody identified and nothing carries goes after its term, and whoever comes back with it is welcome.
#[test]
fn a_device_without_a_permission_goes_after_its_term() {
    let mut world = world();
    world.collect(WEB, vec![view(device_message("d"), "tea", world.now())]);
    let before = world.engine().lookup(&device("d")).unwrap();
    world.hands.pass(89 * DAY);
    world.restart();
    world.upkeep();
    assert!(world.engine().knows(before));
    world.hands.pass(2 * DAY);
    world.restart();
    world.upkeep();
    assert!(!world.engine().knows(before));
    let again = world.open(device("d"));
    world.give(again, "recommendations", UntilWish::Week);
    world.collect(WEB, vec![view(device_message("d"), "tea", world.now())]);
    assert_eq!(world.facts_of(&device("d")).len(), 3);
}

/// A browser writes under its own anonymous id only, and its `identify` links nothing.
#[test]
fn a_browser_does_not_say_who_somebody_is() {
    let world = world();
    world.open(user("a"));
    let collected =
        world.collect(WEB, vec![view(user_message("a"), "tea", world.now()), identify("a", Some("d"), "x@example.org", world.now())]);
    assert_eq!(collected.refused.iter().map(|(i, r)| (*i, r.code())).collect::<Vec<_>>(), [(0, "browser_may_not_write_for_user")]);
    assert_ne!(world.engine().lookup(&device("d")), world.engine().lookup(&user("a")));
    assert!(world.engine().lookup(&device("d")).is_some());
    // A trusted source links, from then on.
    world.send(identify("a", Some("d"), "x@example.org", world.now()));
    assert_eq!(world.engine().lookup(&device("d")), world.engine().lookup(&user("a")));
    // Seen with two users it links nobody; a batch that says so loses nothing.
    let collected = world
        .collect(SHOP, vec![identify("b", Some("d"), "b@example.org", world.now()), order(user_message("b"), "", &["tea"], world.now())]);
    assert_eq!(collected.accepted, 2);
    assert_ne!(world.engine().lookup(&device("d")), world.engine().lookup(&user("a")));
    assert_ne!(world.engine().lookup(&device("d")), world.engine().lookup(&user("b")));
    assert_eq!(world.events_of("b"), [EventName::OrderCompleted]);
}

/// On a join any no wins until the customer decides; looks that only one of the two permitted go.
#[test]
fn on_a_join_the_no_wins() {
    let mut world = world();
    let (a, b) = (world.open(user("a")), world.open(user("b")));
    world.give(a, "recommendations", UntilWish::Withdrawn);
    world.give(a, "model-improvement", UntilWish::Week);
    world.give(b, "model-improvement", UntilWish::Day);
    world.look("a", "tea");
    world.run.block_on(world.engine().refuse(b, "recommendations", Some(evidence()))).unwrap();
    world.run.block_on(world.engine().join(b, a, regie_domain::fact::Actor::Customer)).unwrap();
    for c in [a, b] {
        assert_eq!(world.verdict(c, "recommendations", "browsing"), "deny refused");
        assert_eq!(world.verdict(c, "model-improvement", "browsing"), "allow consent");
    }
    assert_eq!(world.events_of("a"), [EventName::ProductViewed], "the model may still learn from it");
    assert_eq!(world.audit().learned.len(), 1);
    world.hands.pass(DAY);
    assert_eq!(world.verdict(a, "model-improvement", "browsing"), "deny expired", "the earlier end counts");
    assert!(world.audit().learned.is_empty());
    assert!(world.events_of("a").is_empty());
    world.give(b, "recommendations", UntilWish::Day);
    assert_eq!(world.verdict(a, "recommendations", "browsing"), "allow consent", "the customer decides");
    world.restart();
    assert_eq!(world.verdict(a, "recommendations", "browsing"), "allow consent");
    assert_eq!(world.run.block_on(world.engine().join(a, a, regie_domain::fact::Actor::Customer)).unwrap_err().code(), "same_customer");
}

/// Choices and events that arrive at once go through one commit without losing or mixing anything.
#[test]
fn choices_and_events_may_arrive_at_once() {
    let world = world();
    let c = world.open(user("a"));
    let engine = world.engine().clone();
    let now = world.now();
    world.run.block_on(async move {
        let mut tasks = Vec::new();
        for i in 0..200u32 {
            let engine = engine.clone();
            tasks.push(tokio::spawn(async move {
                match i % 4 {
                    0 => drop(engine.give(c, giving("recommendations", UntilWish::Withdrawn)).await.unwrap().purpose),
                    1 => drop(engine.withdraw(c, "recommendations", None).await.unwrap().purpose),
                    2 => drop(engine.collect(SHOP, vec![order(user_message("a"), &i.to_string(), &["tea"], now)]).await.unwrap()),
                    _ => drop(engine.collect(SHOP, vec![view(user_message("a"), "milk", now)]).await.unwrap()),
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        engine.withdraw(c, "recommendations", None).await.unwrap();
    });
    assert_eq!(world.events_of("a"), [EventName::OrderCompleted; 50], "every order, and no look");
    assert_eq!(world.crashed_copy().audit(), world.audit());
}

/// An item that several events spoke for names the strongest three of them.
#[test]
fn the_strongest_three_events_are_the_reasons() {
    let world = world();
    for id in ["ann", "bob", "cem", "dot"] {
        let c = world.open(user(id));
        world.give(c, "model-improvement", UntilWish::Week);
        world.buy(id, &["bread", "butter", "jam", "honey", "tea"]);
    }
    let answer = world.to_a_stranger(&["bread", "butter", "jam", "honey"]);
    let tea = answer.items.iter().find(|i| i.item == "tea").unwrap();
    let named: Vec<_> = tea.because.iter().map(|b| &*b.item).collect();
    assert_eq!(named.len(), 3, "{named:?}");
    assert_eq!(named[0], "honey", "what was looked at last, and stands next to it, speaks loudest: {named:?}");
    assert!(!named.contains(&"bread"), "what is furthest away is left out: {named:?}");
    let one = world.to_a_stranger(&["butter"]);
    assert_eq!(one.items.iter().find(|i| i.item == "tea").unwrap().because.len(), 1);
}

/// Anybody can send what a page sends: no contract, law or interest keeps an address that only a page claims.
#[test]
fn what_a_page_says_of_a_person_is_kept_by_consent_alone() {
    let world = world();
    let says =
        |id: &str| Incoming { user_id: None, anonymous_id: Some(id.to_owned()), ..identify("nobody", None, "a@example.org", world.now()) };
    let attributes = |id: &str| {
        let facts = world.facts_of(&device(id));
        facts.iter().filter(|fact| matches!(fact, Fact::AttributesProvided(_))).count()
    };
    assert_eq!(world.collect(WEB, vec![says("d1")]).accepted, 1, "the answer is the same");
    assert_eq!(attributes("d1"), 0);
    let c = world.engine().lookup(&device("d1")).unwrap();
    world.give(c, "marketing-email", UntilWish::Week);
    let again = Incoming { message_id: Some("again".into()), ..says("d1") };
    assert_eq!(world.collect(WEB, vec![again]).accepted, 1);
    assert_eq!(attributes("d1"), 1);
    world.withdraw(c, "marketing-email");
    world.upkeep();
    assert_eq!(attributes("d1"), 0, "what it rested on has gone");
}

/// "A week longer", pressed twice at once: both ask for the same end, and one new consent is recorded.
#[test]
fn a_consent_that_ends_then_already_is_not_given_again() {
    let world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Week);
    let longer = UntilWish::Moment(Time::from_seconds(START + 14 * DAY));
    for _ in 0..2 {
        let state = world.run.block_on(world.engine().give_again(c, "recommendations", longer, Some(evidence()))).unwrap();
        assert_eq!(state.until, Ends::Moment(Time::from_seconds(START + 14 * DAY)));
    }
    let given = world.facts().iter().filter(|(_, fact)| matches!(fact, Fact::Chosen(Choice { what: Chosen::Given { .. }, .. }))).count();
    assert_eq!(given, 2);
}
