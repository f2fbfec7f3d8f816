//! A customer takes along what a device chose: its permissions where they say so, every no of it, and what it tells.

use regie::engine::Carries;
use regie::engine::api::{Give, Question, Tell};
use regie_domain::consent::{ClaimedEvidence, State, Stays, UntilWish};
use regie_domain::fact::{Actor, Consenter, Identifier, IdentifierKind};
use regie_domain::information::{Along, InformationItem};
use serde_json::json;

use super::policies::{changed, policy};
use super::support::*;

fn device() -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::Anonymous, value: "0123456789abcdef".into() }
}

fn purposes(purposes: Vec<String>) -> Carries {
    Carries { purposes, told: Vec::new() }
}

/// The standing after a restart, and what the log says of this moment, are what stood at once.
#[test]
fn what_was_not_carried_stays_off_also_after_a_restart_and_for_the_past() {
    for (carries, tips) in [(vec![], "deny withdrawn"), (vec!["recommendations".to_owned()], "allow consent")] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        world.give(phone, "recommendations", UntilWish::Week);
        world.give(phone, "personalised-advertising", UntilWish::Week);
        world.withdraw(phone, "personalised-advertising");
        world.give(customer, "personalised-advertising", UntilWish::Week);
        let tell = Tell {
            item: InformationItem::Household,
            value: json!({"people": "2", "children": []}),
            purpose: "recommendations".into(),
            until: UntilWish::Week,
            recipients: None,
            visit: None,
            evidence: Some(evidence()),
        };
        world.run.block_on(world.engine().tell(phone, tell)).unwrap();
        world.buy("a", &["tea"]);
        world.run.block_on(world.engine().take_along(customer, &device(), purposes(carries), Some(evidence()))).unwrap();
        let stands = |world: &World| {
            let told: Vec<_> = world.engine().information(customer).unwrap().into_iter().map(|told| told.state.code()).collect();
            let verdicts = [("recommendations", "purchases"), ("personalised-advertising", "browsing")];
            (verdicts.map(|(purpose, category)| world.verdict(customer, purpose, category)), told)
        };
        let expected = ([tips.to_owned(), "deny withdrawn".to_owned()], vec!["in_use"]);
        assert_eq!(stands(&world), expected);
        assert_eq!(world.recommend_to(customer).items.iter().any(|r| !r.because.is_empty()), tips == "allow consent");
        world.hands.pass(1);
        let now = world.now();
        let then = world.engine().decide_at(customer, &question("recommendations", "purchases"), now).unwrap();
        assert_eq!(format!("{} {}", then.answer.decision, then.answer.reason), tips);
        world.restart();
        assert_eq!(stands(&world), expected, "after a restart");
    }
}

/// What does not come along is ended by the customer, with evidence, and not in silence.
#[test]
fn what_is_left_behind_ends_with_a_receipt() {
    let mut world = world();
    let (customer, phone) = (world.open(user("a")), world.open(device()));
    world.give(phone, "sharing-with-partners", UntilWish::Week);
    world.give(phone, "device-storage", UntilWish::Month);
    let diet = telling(&["vegan"], "sharing-with-partners", Some(vec!["example-partner".to_owned()]));
    world.run.block_on(world.engine().tell(phone, diet)).unwrap();
    world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
    for _ in ["running", "restarted"] {
        assert!(world.engine().ledger_settled().unwrap());
        let receipts = world.engine().receipts(customer, None, 10, None).unwrap().receipts;
        let said = |r: &serde_json::Value| ["choice", "purpose", "item"].map(|key| r["regie:ledger"]["core"][key].clone());
        let ends: Vec<_> = receipts.iter().take(2).map(said).collect();
        assert_eq!(ends[0][..1], [json!("information_removed")]);
        assert_eq!(ends[1][..2], [json!("left_behind"), json!("sharing-with-partners")], "{ends:?}");
        assert_eq!(receipts[0]["regie:ledger"]["core"]["evidence"]["method"], "portal");
        assert_eq!(world.engine().information(customer).unwrap(), []);
        let history = world.engine().consents(customer).unwrap().history;
        assert_eq!(history.iter().filter(|h| h.choice == "left_behind").count(), 1, "nothing is said of the device itself");
        world.restart();
    }
}

fn telling(diets: &[&str], purpose: &str, recipients: Option<Vec<String>>) -> Tell {
    Tell {
        item: InformationItem::Diet,
        value: json!(diets),
        purpose: purpose.into(),
        until: UntilWish::Week,
        recipients,
        visit: None,
        evidence: Some(evidence()),
    }
}

/// What the page says of what both permitted is what becomes of it: a guardian's yes stands beside a child's, and a yes in a pause holds.
#[test]
fn what_stays_is_what_stays() {
    let guardian = || ClaimedEvidence { actor: Some("guardian".into()), ..evidence() };
    for (n, case) in ["guardian", "paused after", "yes in the pause", "yes in the device's pause"].into_iter().enumerate() {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        let pause = |of| world.run.block_on(world.engine().restrict(of, Default::default(), None, Some(evidence()))).unwrap();
        let evidence = if n == 0 { guardian() } else { evidence() };
        if n == 0 {
            world.run.block_on(world.engine().state_consenter(customer, Consenter::Guardian, Some(guardian()))).unwrap();
        }
        match n {
            2 => pause(customer),
            3 => pause(phone),
            _ => {}
        }
        let give = Give { evidence: Some(evidence), ..giving("recommendations", UntilWish::Month) };
        world.try_give(customer, give).unwrap();
        world.give(phone, "recommendations", UntilWish::Week);
        if n == 1 {
            pause(customer);
        }
        let (stays, expected) = (n != 1, if n == 1 { "deny restricted" } else { "allow consent" });
        let ix = world.engine().policy().purpose("recommendations").unwrap();
        assert_eq!(world.engine().stays_along(customer, phone).unwrap()[usize::from(ix.0)] == Stays::Yes, stays, "{case}");
        world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(self::evidence()))).unwrap();
        for _ in ["running", "restarted"] {
            assert_eq!(world.verdict(customer, "recommendations", "purchases"), expected, "{case}");
            world.restart();
        }
        world.hands.pass(8 * DAY);
        let later = if n == 0 || n == 1 { expected } else { "deny expired" };
        assert_eq!(world.verdict(customer, "recommendations", "purchases"), later, "{case}: the shorter time counts, a child's does not");
    }
}

/// Every no of either side to something told is one to what the other told; the page says of each what becomes of it.
#[test]
fn what_was_taken_back_or_hidden_holds_against_the_other_side() {
    let diet = InformationItem::Diet;
    let engine_tells = |world: &World, of, diets: &[&str]| {
        world.run.block_on(world.engine().tell(of, telling(diets, "recommendations", None))).unwrap();
        world.hands.pass(1);
    };
    let takes_back = |world: &World, of| {
        world.run.block_on(world.engine().take_back(of, diet, Some(evidence()))).unwrap();
    };
    for (case, told, older, ends, left) in [
        ("the customer took it back", Some(Along::TakenBack), false, false, None),
        ("the device took it back", None, false, true, None),
        ("the customer's is newer", Some(Along::Comes), true, false, Some((json!(["vegetarian"]), "in_use"))),
        ("the device's is newer", Some(Along::Comes), false, false, Some((json!(["vegan"]), "in_use"))),
        ("the device hid it", Some(Along::Comes), false, false, Some((json!(["vegan"]), "hidden"))),
    ] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        match case {
            "the customer took it back" => {
                engine_tells(&world, customer, &["vegetarian"]);
                takes_back(&world, customer);
                engine_tells(&world, phone, &["vegan"]);
            }
            "the device took it back" => {
                engine_tells(&world, phone, &["vegan"]);
                takes_back(&world, phone);
                engine_tells(&world, customer, &["vegetarian"]);
            }
            "the device's is newer" => {
                engine_tells(&world, customer, &["vegetarian"]);
                engine_tells(&world, phone, &["vegan"]);
            }
            _ => {
                engine_tells(&world, phone, &["vegan"]);
                if case == "the device hid it" {
                    world.run.block_on(world.engine().hide(phone, diet, Some(evidence()))).unwrap();
                }
                engine_tells(&world, customer, &["vegetarian"]);
            }
        }
        let beside = world.engine().told_beside(customer, phone).unwrap();
        let becomes: Option<Along> = beside.told.iter().map(|(_, becomes)| *becomes).next();
        assert_eq!((becomes, beside.older.contains(&diet), beside.ends.contains(&diet)), (told, older, ends), "{case}");
        world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
        for _ in ["running", "restarted"] {
            let stands = world.engine().information(customer).unwrap().into_iter().map(|i| (i.value, i.state.code())).next();
            assert_eq!(stands, left, "{case}");
            world.restart();
        }
    }
}

/// Two customers use one device, one after the other. Whoever answers last gets nothing of the one who took it along.
#[test]
fn a_device_that_somebody_took_along_joins_nobody_else() {
    let world = world();
    let [one, other] = ["a", "b"].map(|name| world.open(user(name)));
    let phone = world.open(device());
    world.give(phone, "recommendations", UntilWish::Week);
    let take = |customer| world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence())));
    take(one).unwrap();
    assert_eq!(take(other).unwrap_err().code(), "device_taken");
    assert_eq!((world.engine().lookup(&user("a")), world.engine().lookup(&user("b"))), (Some(one), Some(other)));
    // Nor what is gone, or was never there.
    world.run.block_on(world.engine().erase(one)).unwrap();
    assert_eq!(take(other).unwrap_err().code(), "device_taken");
}

/// Rule 6: what is taken along is a consent of the customer's own, with what shows it, in the same commit as the join.
#[test]
fn what_is_taken_along_is_proven_as_a_consent_of_the_customer() {
    let mut world = world();
    let (customer, phone) = (world.open(user("a")), world.open(device()));
    let narrow = Give { categories: Some(vec!["purchases".into()]), ..giving("recommendations", UntilWish::Week) };
    world.try_give(phone, narrow).unwrap();
    let ends = world.now().plus_seconds(7 * DAY);
    world.hands.pass(HOUR);
    let refused = world.run.block_on(world.engine().take_along(customer, &device(), purposes(vec!["recommendations".into()]), None));
    assert_eq!(refused.unwrap_err().code(), "evidence_missing");
    assert_eq!(world.verdict(customer, "recommendations", "purchases"), "deny unknown", "nothing was joined");
    let carries = vec!["recommendations".to_owned(), "model-improvement".to_owned()];
    world.run.block_on(world.engine().take_along(customer, &device(), purposes(carries), Some(evidence()))).unwrap();
    let at = world.now();
    for _ in ["running", "restarted"] {
        assert!(world.engine().ledger_settled().unwrap());
        let receipts = world.engine().receipts(customer, None, 10, None).unwrap().receipts;
        let cores: Vec<_> = receipts.iter().map(|r| &r["regie:ledger"]["core"]).collect();
        assert_eq!(cores.len(), 2, "the device's own yes, and the customer's");
        let version = world.engine().policy().version.clone();
        assert_eq!(
            *cores[0],
            json!({
                "format": "regie/receipt/1",
                "customer": customer.to_string(),
                "purpose": "recommendations",
                "choice": "given",
                "categories": ["purchases"],
                "recipients": cores[1]["recipients"],
                "channels": cores[1]["channels"],
                "until": ends.to_string(),
                "at": at.to_string(),
                "evidence": {"policy_version": version, "language": "nl", "method": "portal", "actor": "customer"},
            })
        );
        assert_eq!(cores[1]["customer"], json!(phone.to_string()));
        assert_eq!(world.verdict(customer, "recommendations", "purchases"), "allow consent");
        assert_eq!(world.verdict(customer, "recommendations", "browsing"), "deny category_not_covered", "no wider than it was");
        world.restart();
    }
    let why = world.engine().decide_at(customer, &question("recommendations", "purchases"), at).unwrap();
    assert_eq!(why.rests_on.unwrap()["at"], json!(at), "it rests on the customer's own");
    let erased = world.erase(customer);
    assert_eq!(erased.kept[0].purpose, "legal-claims");
    let proofs = world.run.block_on(world.engine().open_proofs(&user("a"), "1", "key")).unwrap();
    let ended: Vec<_> = proofs[0].consents.iter().map(|c| c["ended"].as_str().unwrap()).collect();
    assert_eq!(ended, ["joined", "erased"]);
}

/// A no of either side, and a pause, go before a tick; what both permit is what both permitted.
#[test]
fn a_tick_goes_before_no_no() {
    let world = world();
    let ours = |n: usize| world.open(user(&format!("customer-{n}")));
    let phone = |n: usize| Identifier { value: format!("0123456789abcde{n}"), ..device() };
    let theirs = |n: usize| world.open(phone(n));
    let along = |a, n| {
        let offered = world.engine().can_take_along(a, world.open(phone(n))).unwrap();
        world.run.block_on(world.engine().take_along(a, &phone(n), purposes(vec!["recommendations".into()]), Some(evidence()))).unwrap();
        (offered.contains(&"recommendations".to_owned()), world.verdict(a, "recommendations", "purchases"))
    };
    let refuses = |c| world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
    let pauses = |c| world.run.block_on(world.engine().restrict(c, Default::default(), None, Some(evidence()))).unwrap();
    for (n, no) in [(1, "deny refused"), (2, "deny restricted"), (3, "deny restricted")] {
        let (a, b) = (ours(n), theirs(n));
        world.give(b, "recommendations", UntilWish::Week);
        match n {
            1 => _ = refuses(a),
            2 => pauses(a),
            _ => pauses(b),
        }
        assert_eq!(along(a, n), (false, no.to_owned()), "{n}");
    }
    let (a, b) = (ours(4), theirs(4));
    world.give(a, "recommendations", UntilWish::Month);
    world.give(b, "recommendations", UntilWish::Day);
    assert_eq!(along(a, 4), (false, "allow consent".to_owned()));
    world.hands.pass(2 * DAY);
    assert_eq!(world.verdict(a, "recommendations", "purchases"), "deny expired", "the shorter time counts");
}

/// Rules 3 and 5: what others than the retailer would get needs a permission of its own, and every no of the customer goes before it; at once,
/// after a restart, and in what the log says of this moment.
#[test]
fn what_a_device_told_for_others_comes_along_only_where_that_is_permitted() {
    let partner = || Some(vec!["example-partner".to_owned()]);
    let tell = |item, purpose: &str, recipients| Tell {
        item,
        value: if item == InformationItem::Diet { json!(["vegan"]) } else { json!({"people": "2", "children": []}) },
        purpose: purpose.into(),
        until: UntilWish::Week,
        recipients,
        visit: None,
        evidence: Some(evidence()),
    };
    let (diet, household) = (InformationItem::Diet, InformationItem::Household);
    for (no, told, offered, expected) in [
        ("", vec![], Along::IfPermitted, "deny unknown"),
        ("", vec![household], Along::IfPermitted, "deny unknown"),
        ("", vec![diet], Along::IfPermitted, "allow consent"),
        ("signal", vec![], Along::IfPermitted, "deny objected"),
        ("signal", vec![diet], Along::IfPermitted, "allow consent"),
        ("refused", vec![diet], Along::Refused, "deny refused"),
        ("paused", vec![diet], Along::Held, "deny restricted"),
    ] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        let engine = world.engine();
        match no {
            "signal" => {
                let shared = engine.policy().shared_with_third_parties();
                _ = world.run.block_on(engine.heed_signal(customer, "gpc", shared)).unwrap();
            }
            "refused" => _ = world.run.block_on(engine.refuse(customer, "sharing-with-partners", Some(evidence()))).unwrap(),
            "paused" => world.run.block_on(engine.restrict(customer, Default::default(), None, Some(evidence()))).unwrap(),
            _ => {}
        }
        world.run.block_on(engine.tell(customer, tell(diet, "recommendations", None))).unwrap();
        world.run.block_on(engine.tell(phone, tell(diet, "sharing-with-partners", partner()))).unwrap();
        world.run.block_on(engine.tell(phone, tell(household, "recommendations", None))).unwrap();
        let becomes = |item| {
            let all = engine.told_beside(customer, phone).unwrap();
            all.told.into_iter().find(|(told, _)| told.item == item).unwrap().1
        };
        assert_eq!((becomes(diet), becomes(household)), (offered, Along::Comes), "{no}");
        let carries = Carries { purposes: Vec::new(), told: told.clone() };
        world.run.block_on(world.engine().take_along(customer, &device(), carries, Some(evidence()))).unwrap();
        let asked = Question { recipient: Some("example-partner".into()), ..question("sharing-with-partners", "my-information") };
        let at = world.now();
        let stands = |world: &World| {
            let now = world.engine().decide(Some(customer), &asked).unwrap();
            let then = world.engine().decide_at(customer, &asked, at).unwrap().answer;
            assert_eq!(now, then);
            let told: Vec<_> = world.engine().information(customer).unwrap().into_iter().map(|i| (i.item, i.purpose)).collect();
            (format!("{} {}", now.decision, now.reason), told)
        };
        let purpose = if expected == "allow consent" { "sharing-with-partners" } else { "recommendations" };
        let all = vec![(diet, purpose.to_owned()), (household, "recommendations".to_owned())];
        for _ in ["running", "restarted"] {
            assert_eq!(stands(&world), (expected.to_owned(), all.clone()), "{no} {told:?}");
            world.restart();
        }
    }
}

/// Rule 10: a yes to something told that was said despite one record's pause was none despite what the other paused, whichever came later.
#[test]
fn what_was_told_in_a_narrow_pause_is_under_a_wider_one_of_the_other_record() {
    let narrow = || regie_domain::fact::RestrictedPart { purpose: Some("sharing-with-partners".into()), category: None };
    let item = || telling(&["vegan"], "sharing-with-partners", Some(vec!["example-partner".to_owned()]));
    let asked = || Question { recipient: Some("example-partner".into()), ..question("sharing-with-partners", "my-information") };
    for (is_device, along, wide) in [(false, true, true), (false, false, true), (true, false, true), (false, true, false)] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        let (tells, pauses) = if is_device { (phone, customer) } else { (customer, phone) };
        let restrict = |of, part| world.run.block_on(world.engine().restrict(of, part, None, Some(evidence()))).unwrap();
        restrict(tells, narrow());
        world.run.block_on(world.engine().tell(tells, item())).unwrap();
        assert_eq!(world.engine().decide(Some(tells), &asked()).unwrap().decision, "allow");
        let other =
            if wide { Default::default() } else { regie_domain::fact::RestrictedPart { category: Some("purchases".into()), ..narrow() } };
        restrict(pauses, other);
        if along {
            world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
        } else {
            world.run.block_on(world.engine().join(customer, phone, regie_domain::fact::Actor::Customer)).unwrap();
        }
        let expected = if wide { "restricted" } else { "consent" };
        for _ in ["running", "restarted"] {
            assert_eq!(world.engine().decide(Some(customer), &asked()).unwrap().reason, expected, "{is_device} {along} {wide}");
            world.restart();
        }
    }
}

/// Rule 21: a browser's general no ends no specific yes, on whichever record it was heard. Rule 2: what the retailer ended because its policy
/// changed is no word of the customer's, so a yes under the new wording stands, and a device's may be taken along.
#[test]
fn a_signal_and_what_the_retailer_ended_are_no_noes_of_the_customer() {
    let purpose = "sharing-with-partners";
    let shared = || Question { recipient: Some("example-partner".into()), ..question(purpose, "purchases") };
    for along in [true, false] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        let third = world.engine().policy().shared_with_third_parties();
        let give = || Give { recipients: Some(vec!["example-partner".into()]), ..giving(purpose, UntilWish::Week) };
        world.try_give(customer, give()).unwrap();
        world.run.block_on(world.engine().heed_signal(phone, "gpc", third)).unwrap();
        world.give(phone, "recommendations", UntilWish::Week);
        if along {
            world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
        } else {
            world.run.block_on(world.engine().join(customer, phone, regie_domain::fact::Actor::Customer)).unwrap();
        }
        for _ in ["running", "restarted"] {
            assert_eq!(world.engine().decide(Some(customer), &shared()).unwrap().reason, "consent");
            world.restart();
        }
        // Once it is over, the signal is what stands.
        world.hands.pass(8 * DAY);
        assert_eq!(world.engine().decide(Some(customer), &shared()).unwrap().reason, "objected");
    }
    for device_is_newer in [false, true] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        let (old, new) = if device_is_newer { (customer, phone) } else { (phone, customer) };
        world.give(old, "recommendations", UntilWish::Month);
        let (before, after) = changed("recommendations", "\nwhat.en = \"", "\nwhat.en = \"Something else. ");
        world.adopt(&policy("2027-01-01", &[(&before, &after)]));
        world.give(new, "recommendations", UntilWish::Week);
        let offered = world.engine().can_take_along(customer, phone).unwrap();
        assert_eq!(offered, if device_is_newer { vec!["recommendations".to_owned()] } else { Vec::new() });
        world.run.block_on(world.engine().take_along(customer, &device(), purposes(offered), Some(evidence()))).unwrap();
        for _ in ["running", "restarted"] {
            assert_eq!(world.verdict(customer, "recommendations", "purchases"), "allow consent", "device newer: {device_is_newer}");
            world.restart();
        }
    }
}

/// What both permitted, and had nothing in common, is gone, and not paused. What is not ticked is left behind in so many words, also where the
/// customer's own yes had been ended by the retailer.
#[test]
fn what_is_left_of_both_is_said_as_it_is() {
    let mut world = world();
    let (customer, phone) = (world.open(user("a")), world.open(device()));
    let ix = usize::from(world.engine().policy().purpose("recommendations").unwrap().0);
    let covering = |category: &str| Give { categories: Some(vec![category.into()]), ..giving("recommendations", UntilWish::Week) };
    world.try_give(customer, covering("purchases")).unwrap();
    world.try_give(phone, covering("browsing")).unwrap();
    assert_eq!(world.engine().stays_along(customer, phone).unwrap()[ix], Stays::No);
    world.try_give(phone, covering("purchases")).unwrap();
    assert_eq!(world.engine().stays_along(customer, phone).unwrap()[ix], Stays::Yes);
    world.restrict(customer, "all", "purchases");
    assert_eq!(world.engine().stays_along(customer, phone).unwrap()[ix], Stays::Restricted);
    world.restrict(phone, "all", "browsing");
    let (before, after) = changed("recommendations", "\nwhat.en = \"", "\nwhat.en = \"Something else. ");
    world.adopt(&policy("2027-01-01", &[(&before, &after)]));
    world.give(phone, "recommendations", UntilWish::Week);
    world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
    let history = world.engine().consents(customer).unwrap().history;
    assert_eq!(history.iter().filter(|h| h.choice == "left_behind").count(), 1);
    for _ in ["running", "restarted"] {
        assert_eq!(world.engine().states(customer).unwrap()[ix].state, Some(State::Withdrawn));
        world.restart();
    }
}

/// A pause that reaches nothing of what the device permits holds none of it back.
#[test]
fn a_pause_of_something_else_holds_back_no_permission() {
    let world = world();
    let (customer, phone) = (world.open(user("a")), world.open(device()));
    let part = regie_domain::fact::RestrictedPart { purpose: None, category: Some("my-information".into()) };
    world.run.block_on(world.engine().restrict(customer, part, None, Some(evidence()))).unwrap();
    let give = Give { categories: Some(vec!["purchases".into(), "browsing".into()]), ..giving("recommendations", UntilWish::Week) };
    world.try_give(phone, give).unwrap();
    let offered = world.engine().can_take_along(customer, phone).unwrap();
    assert_eq!(offered, ["recommendations"]);
    world.run.block_on(world.engine().take_along(customer, &device(), purposes(offered), Some(evidence()))).unwrap();
    assert_eq!(world.verdict(customer, "recommendations", "purchases"), "allow consent");
    assert_eq!(world.verdict(customer, "recommendations", "my-information"), "deny category_not_covered");
}

/// Rule 10: a pause of another purpose on the other record holds back no yes that was given despite a pause of its own.
#[test]
fn a_pause_of_another_purpose_holds_back_no_yes_despite_a_pause() {
    for (part, expected) in [(("demand-insight", "all"), "allow consent"), (("all", "purchases"), "deny restricted")] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        world.restrict(customer, "recommendations", "all");
        world.give(customer, "recommendations", UntilWish::Week);
        world.restrict(phone, part.0, part.1);
        world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
        for _ in ["running", "restarted"] {
            assert_eq!(world.verdict(customer, "recommendations", "purchases"), expected, "{part:?}");
            world.restart();
        }
    }
}

/// A yes that ends because the other record said no ends with a receipt too, whichever of the two had said it, in a join as in a take-along.
#[test]
fn a_yes_that_the_others_no_ends_says_so() {
    for (devices_yes, asked) in [(true, true), (false, true), (true, false), (false, false)] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        let (yes, no) = if devices_yes { (phone, customer) } else { (customer, phone) };
        world.run.block_on(world.engine().refuse(no, "recommendations", Some(evidence()))).unwrap();
        world.give(yes, "recommendations", UntilWish::Week);
        if asked {
            world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
        } else {
            world.run.block_on(world.engine().join(customer, phone, Actor::Source)).unwrap();
        }
        for _ in ["running", "restarted"] {
            assert_eq!(world.verdict(customer, "recommendations", "purchases"), "deny refused");
            let history = world.engine().consents(customer).unwrap().history;
            let of_it: Vec<&str> = history.iter().filter(|h| h.purpose == "recommendations").map(|h| h.choice.as_str()).collect();
            assert_eq!(of_it, ["left_behind", "given", "refused"]);
            assert_eq!(history[0].evidence.as_ref().unwrap().method, "join");
            assert!(world.engine().ledger_settled().unwrap());
            let receipts = world.engine().receipts(customer, None, 10, None).unwrap().receipts;
            assert_eq!(receipts[0]["regie:ledger"]["core"]["choice"], "left_behind");
            world.restart();
        }
        assert_eq!(world.crashed_copy().audit(), world.audit());
    }
}

/// Two yeses with nothing in common permit nothing together: that is said, and is no yes any more.
#[test]
fn two_yeses_with_nothing_in_common_end() {
    let one = |id: &str| Some(vec![id.to_owned()]);
    for (asked, by_channel) in [(true, false), (false, false), (false, true)] {
        let mut world = world();
        let (customer, phone) = (world.open(user("a")), world.open(device()));
        for (of, category, channel) in [(customer, "purchases", "web"), (phone, "browsing", "app")] {
            let whole = giving("recommendations", UntilWish::Week);
            let give = if by_channel { Give { channels: one(channel), ..whole } } else { Give { categories: one(category), ..whole } };
            world.try_give(of, give).unwrap();
        }
        if asked {
            world.run.block_on(world.engine().take_along(customer, &device(), Carries::default(), Some(evidence()))).unwrap();
        } else {
            world.run.block_on(world.engine().join(customer, phone, Actor::Source)).unwrap();
        }
        for _ in ["running", "restarted"] {
            let verdicts = ["purchases", "browsing"].map(|category| world.verdict(customer, "recommendations", category));
            assert_eq!(verdicts, ["deny withdrawn", "deny withdrawn"]);
            assert_eq!(world.engine().consents(customer).unwrap().history[0].choice, "left_behind");
            world.restart();
        }
        assert_eq!(world.crashed_copy().audit(), world.audit());
    }
}

/// A guardian consents for one of the two: what the customer permitted alone ends, and that is said.
#[test]
fn what_the_customer_permitted_ends_where_a_guardian_consents() {
    let mut world = world();
    let (customer, child) = (world.open(user("a")), world.open(user("b")));
    world.run.block_on(world.engine().state_consenter(child, Consenter::Guardian, Some(evidence()))).unwrap();
    world.give(customer, "recommendations", UntilWish::Week);
    world.run.block_on(world.engine().join(customer, child, Actor::Source)).unwrap();
    for _ in ["running", "restarted"] {
        assert_eq!(world.verdict(customer, "recommendations", "purchases"), "deny withdrawn");
        let history = world.engine().consents(customer).unwrap().history;
        assert_eq!(history.iter().map(|h| h.choice.as_str()).collect::<Vec<_>>(), ["left_behind", "given"]);
        world.restart();
    }
}
