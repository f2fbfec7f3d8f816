//! Rule 6, Article 17(3)(e): what is left to prove past consents after an erasure, for legal claims alone.

use regie_domain::consent::UntilWish;
use regie_domain::fact::{Actor, Fact};
use regie_domain::time::Time;
use regie_store::Meta;

use super::policies::{changed, policy};
use super::support::*;

const NUMBER: &str = "customer-4711-jansen";
const DEVICE: &str = "device-of-jansen";

fn left(world: &World) -> Vec<(Meta, Fact)> {
    world.facts().into_iter().filter(|(_, f)| matches!(f, Fact::ConsentsProven(_) | Fact::ProofOpened(_))).collect()
}

/// A customer of two records who permitted this and that, and ended some of it.
fn permitted(world: &World) {
    let c = world.open(user(NUMBER));
    let d = world.open(device(DEVICE));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.give(d, "device-storage", UntilWish::Week);
    world.run.block_on(world.engine().join(c, d, Actor::Customer)).unwrap();
    world.hands.pass(DAY);
    world.withdraw(c, "recommendations");
    world.run.block_on(world.engine().refuse(c, "demand-insight", Some(evidence()))).unwrap();
    world.give(c, "model-improvement", UntilWish::Withdrawn);
    world.buy(NUMBER, &["bread"]);
    world.hands.pass(20 * DAY);
    world.upkeep();
}

fn open(world: &World, identifier: &regie_domain::fact::Identifier, reference: &str) -> Vec<regie::engine::proof::Proof> {
    world.run.block_on(world.engine().open_proofs(identifier, reference, "the lawyers' key")).unwrap()
}

#[test]
fn a_proof_holds_what_was_permitted_and_nobody() {
    let mut world = world();
    permitted(&world);
    assert!(left(&world).is_empty(), "nothing of it before an erasure");
    assert!(open(&world, &user(NUMBER), "2026/1").is_empty());
    let erased = world.erase(world.user(NUMBER));
    let until = Time::parse("2031-06-22T10:00:00Z").unwrap();
    let told: Vec<_> = erased.kept.iter().map(|k| (k.purpose.as_str(), k.until)).collect();
    assert_eq!(told[0], ("legal-claims", until), "the customer is told");
    assert_eq!(told.len(), 2);
    // One record of its own, apart from what tax law keeps, with a key of its own; nothing in it names anybody.
    let rows = left(&world);
    assert_eq!(rows.len(), 1);
    let tax = world.facts().into_iter().find(|(_, f)| matches!(f, Fact::OrderKeptByLaw(_))).unwrap().0.record;
    assert_ne!(rows[0].0.record, tax);
    let keys = [tax, rows[0].0.record].map(|record| wrapped_key(world.dir.path(), &world.master, record).unwrap());
    assert_ne!(keys[0], keys[1]);
    let Fact::ConsentsProven(proven) = &rows[0].1 else { panic!() };
    let text = serde_json::to_string(proven).unwrap();
    for name in [NUMBER, DEVICE, "bread", "demand-insight", "salt", "c_"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    assert_eq!((proven.of.len(), proven.until), (2, until));
    for needle in [NUMBER, DEVICE] {
        assert_eq!(files_with(world.dir.path(), needle.as_bytes()), Vec::<std::path::PathBuf>::new());
    }
    for _ in ["running", "restarted"] {
        for identifier in [user(NUMBER), device(DEVICE)] {
            let proofs = open(&world, &identifier, "2026/117");
            assert_eq!(proofs.len(), 1);
            let said: Vec<String> = proofs[0]
                .consents
                .iter()
                .map(|c| {
                    format!(
                        "{} {} {}",
                        c["given"]["purpose"].as_str().unwrap(),
                        c["ended"].as_str().unwrap(),
                        c["ended_at"].as_str().unwrap()
                    )
                })
                .collect();
            assert_eq!(
                said,
                [
                    "recommendations withdrawn 2026-06-02T10:00:00Z",
                    "device-storage expired 2026-06-08T10:00:00Z",
                    "model-improvement erased 2026-06-22T10:00:00Z",
                ]
            );
            let given = &proofs[0].consents[0]["given"];
            let version = world.engine().policy().version.clone();
            assert_eq!(
                given["evidence"],
                serde_json::json!({"policy_version": version, "language": "nl", "method": "portal", "actor": "customer"})
            );
            assert_eq!((given["choice"].as_str(), given["until"].as_str()), (Some("given"), Some("withdrawn")));
            assert_eq!(proofs[0].request, erased.request.to_string());
        }
        world.restart();
    }
    // It is used by no decision, and the customer is not known by it.
    assert!(world.engine().lookup(&user(NUMBER)).is_none());
    // Each look-up stands beside it, and the next one shows them.
    let opened = open(&world, &user(NUMBER), "2026/118")[0].opened.clone();
    assert_eq!(opened.len(), 4);
    assert_eq!((opened[0]["reference"].as_str(), opened[0]["by"].as_str()), (Some("2026/117"), Some("the lawyers' key")));
    for other in [user("somebody-else"), device(NUMBER), regie_domain::fact::Identifier { space: "till".into(), ..user(NUMBER) }] {
        assert!(open(&world, &other, "2026/117").is_empty());
    }
    for reference in ["", "the claim of Mr Jansen", &"1".repeat(65)] {
        let refused = world.run.block_on(world.engine().open_proofs(&user(NUMBER), reference, "key"));
        assert_eq!(refused.unwrap_err().code(), "size_wrong", "{reference}");
    }
}

/// Each consent's proof goes at its own end, the last with the record, its key, and the look-ups.
#[test]
fn a_proof_goes_at_its_end() {
    let mut world = world();
    permitted(&world);
    world.erase(world.user(NUMBER));
    let record = left(&world)[0].0.record;
    open(&world, &user(NUMBER), "2026/117");
    let ends = ["2031-06-02T10:00:00Z", "2031-06-08T10:00:00Z", "2031-06-22T10:00:00Z"].map(|end| Time::parse(end).unwrap());
    for (gone, end) in ends.into_iter().enumerate() {
        world.hands.pass(end.seconds() - world.now().seconds() - 1);
        // A leap in time is what a wall clock in doubt would look like.
        world.restart();
        world.upkeep();
        assert_eq!(open(&world, &user(NUMBER), "2031/1")[0].consents.len(), 3 - gone, "a second before");
        world.hands.pass(1);
        // By its end, whatever upkeep has come to.
        let there = open(&world, &user(NUMBER), "2031/2");
        assert_eq!(there.iter().map(|p| p.consents.len()).sum::<usize>(), 2 - gone, "at its end");
        world.upkeep();
        let on_disk: usize = left(&world).iter().map(|(_, f)| if let Fact::ConsentsProven(p) = f { p.consents.len() } else { 0 }).sum();
        assert_eq!(on_disk, 2 - gone);
    }
    assert!(left(&world).is_empty(), "and who looked it up");
    world.stop();
    assert_eq!(files_with(world.dir.path(), &record.0), Vec::<std::path::PathBuf>::new());
    world.restart();
    assert!(open(&world, &user(NUMBER), "2031/3").is_empty());
}

/// No term in the policy, no proof; nothing permitted, no proof; a device that goes by its term, no proof.
#[test]
fn without_a_term_or_a_consent_nothing_is_kept() {
    let (before, after) = changed("legal-claims", "choices = \"P5Y\"", "choices = \"none\"");
    for (text, permits) in [
        (policy("2027-01-01", &[(&before, &after)]), true),
        (policy("2027-01-01", &[(&before, "")]), true),
        (policy("2027-01-01", &[]), false),
    ] {
        let mut world = world();
        world.adopt(&text);
        if permits {
            permitted(&world);
        } else {
            let c = world.open(user(NUMBER));
            world.run.block_on(world.engine().refuse(c, "recommendations", Some(evidence()))).unwrap();
            world.buy(NUMBER, &["bread"]);
        }
        let erased = world.erase(world.user(NUMBER));
        assert_eq!(erased.kept.iter().map(|k| k.purpose.as_str()).collect::<Vec<_>>(), ["tax-records"]);
        assert!(left(&world).is_empty());
        assert!(open(&world, &user(NUMBER), "2026/117").is_empty());
    }
    let world = world();
    world.collect(WEB, vec![view(device_message("d"), "tea", world.now())]);
    world.hands.pass(100 * DAY);
    world.upkeep();
    assert!(world.engine().lookup(&device("d")).is_none() && left(&world).is_empty());
}

/// A consent that a policy ended is proven with that, many fit, and a second erasure of the same number adds to the first.
#[test]
fn what_a_policy_ended_is_proven_and_many_consents_are() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    let (before, after) = changed("recommendations", "\nwhat.en = \"", "\nwhat.en = \"Something else. ");
    world.adopt(&policy("2027-01-01", &[(&before, &after)]));
    for _ in 0..300 {
        world.give(c, "model-improvement", UntilWish::Day);
    }
    world.erase(c);
    assert_eq!(left(&world).len(), 3, "301 consents in rows of 128");
    let proofs = open(&world, &user("a"), "1");
    let ended = |p: &regie::engine::proof::Proof, how: &str| p.consents.iter().filter(|c| c["ended"] == how).count();
    assert_eq!((proofs[0].consents.len(), ended(&proofs[0], "invalidated"), ended(&proofs[0], "given_anew")), (301, 1, 299));
    world.hands.pass(HOUR);
    let again = world.open(user("a"));
    world.give(again, "recommendations", UntilWish::Day);
    world.erase(again);
    let mut counts: Vec<usize> = open(&world, &user("a"), "2").iter().map(|p| p.consents.len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 301], "one for each erasure");
}
