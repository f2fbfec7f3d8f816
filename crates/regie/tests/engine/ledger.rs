//! The ledger of a running engine: every choice has a receipt that holds, erasures leave the tree whole, and what was touched while
//! the engine was down refuses its start. And `regie verify`, as a customer or a witness runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use regie::engine::disclosures::Disclose;
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Consenter, Fact, RestrictedPart, RestrictionGround};
use regie_domain::ids::Handle;
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_domain::ledger::proof::verify_consistency;
use regie_domain::ledger::{Trust, verify_receipt};
use regie_store::ledger::{audit, verify_signature};
use serde_json::{Value, json};

use crate::support::{World, device, evidence, try_start, user, world};

fn key(world: &World) -> VerifierKey {
    VerifierKey::parse(&world.engine().ledger_key()).unwrap()
}

pub(super) fn receipts(world: &World, customer: Handle) -> Vec<Value> {
    world.engine().receipts(customer, None, 100, Some("https://winkel.example/mijn")).unwrap().receipts
}

#[track_caller]
pub(super) fn holds(world: &World, receipt: &Value) {
    let report = verify_receipt(receipt.to_string().as_bytes(), &Trust { key: Some(&key(world)), verify: &verify_signature });
    assert_eq!(report.refused, None);
}

fn choices(world: &World, customer: Handle) -> Vec<String> {
    let all = receipts(world, customer);
    all.iter().for_each(|receipt| holds(world, receipt));
    all.iter()
        .map(|r| {
            format!("{} {}", r["regie:ledger"]["core"]["choice"].as_str().unwrap(), r["regie:ledger"]["core"]["purpose"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn every_choice_has_a_receipt_that_holds_newest_first() {
    let world = world();
    let (ann, bob) = (world.open(user("1")), world.open(user("2")));
    assert_eq!(choices(&world, ann), Vec::<String>::new());
    world.give(ann, "recommendations", UntilWish::Day);
    world.give(bob, "recommendations", UntilWish::Withdrawn);
    world.give(ann, "model-improvement", UntilWish::Withdrawn);
    world.withdraw(ann, "recommendations");
    assert_eq!(choices(&world, ann), ["withdrawn recommendations", "given model-improvement", "given recommendations"]);
    assert_eq!(choices(&world, bob), ["given recommendations"]);
    let all = receipts(&world, ann);
    let index = |r: &Value| r["regie:ledger"]["index"].as_u64().unwrap();
    assert_eq!(all.iter().map(index).collect::<Vec<_>>(), [3, 2, 0]);
    // In pages.
    let first = world.engine().receipts(ann, None, 2, None).unwrap();
    assert_eq!((first.receipts.len(), first.before), (2, Some(2)));
    let rest = world.engine().receipts(ann, first.before, 2, None).unwrap();
    assert_eq!((rest.receipts.len(), rest.before), (1, None));
    // One customer's receipt says nothing of another.
    assert!(!all.iter().any(|r| r.to_string().contains(&bob.to_string())));
}

/// Page by page it is the same list, also where facts without a leaf and other customers' leaves stand in between.
#[test]
fn pages_of_receipts_are_the_whole_list() {
    let mut world = world();
    let (ann, bob) = (world.open(user("1")), world.open(user("2")));
    for _ in 0..20 {
        world.give(ann, "recommendations", UntilWish::Withdrawn);
        world.give(bob, "recommendations", UntilWish::Withdrawn);
        world.run.block_on(world.engine().restrict(ann, regie_domain::fact::RestrictedPart::default(), None, None)).unwrap();
        world.run.block_on(world.engine().lift(ann, regie_domain::fact::RestrictedPart::default(), Some(evidence()))).unwrap();
        let _ = world.run.block_on(world.engine().difference(ann, 1, Some(evidence()))).unwrap();
        world.withdraw(ann, "recommendations");
    }
    let index = |r: &Value| r["regie:ledger"]["index"].as_u64().unwrap();
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let whole: Vec<u64> = receipts(&world, ann).iter().map(index).collect();
        assert!(whole.len() == 80 && whole.is_sorted_by(|a, b| a > b), "{whole:?}");
        for most in [1, 7, 79, 80] {
            let (mut paged, mut before) = (Vec::new(), None);
            loop {
                let page = world.engine().receipts(ann, before, most, None).unwrap();
                assert!(page.receipts.len() == most || page.before.is_none());
                paged.extend(page.receipts.iter().map(index));
                before = page.before;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(paged, whole, "by {most}");
        }
        // Before a leaf that is another customer's, and before one that there is not yet.
        let other = receipts(&world, bob).iter().map(index).nth(10).unwrap();
        let older = world.engine().receipts(ann, Some(other), 100, None).unwrap();
        assert_eq!(older.receipts.iter().map(index).collect::<Vec<_>>(), whole.iter().copied().filter(|i| *i < other).collect::<Vec<_>>());
        assert_eq!(index(&world.engine().receipts(ann, Some(1 << 40), 1, None).unwrap().receipts[0]), whole[0]);
    }
}

#[test]
fn receipts_outlive_restarts_and_joins() {
    let mut world = world();
    let (known, anonymous) = (world.open(user("1")), world.open(device("d")));
    world.give(anonymous, "recommendations", UntilWish::Withdrawn);
    let before = receipts(&world, anonymous);
    world.run.block_on(world.engine().join(known, anonymous, regie_domain::fact::Actor::Customer)).unwrap();
    world.give(known, "model-improvement", UntilWish::Withdrawn);
    world.restart();
    assert_eq!(choices(&world, known), ["given model-improvement", "given recommendations"]);
    assert_eq!(receipts(&world, known)[1]["regie:ledger"]["core"], before[0]["regie:ledger"]["core"], "under the name it was made by");
    holds(&world, &before[0]);
}

#[test]
fn an_erasure_leaves_the_tree_and_takes_the_salts() {
    let mut world = world();
    let (ann, bob) = (world.open(user("1")), world.open(user("2")));
    world.give(ann, "recommendations", UntilWish::Withdrawn);
    world.give(bob, "recommendations", UntilWish::Withdrawn);
    let kept = receipts(&world, ann).remove(0);
    assert!(world.engine().ledger_settled().unwrap());
    let older = world.engine().ledger_head();
    let salt = kept["regie:ledger"]["salt"].as_str().unwrap().to_owned();
    world.erase(ann);
    assert_eq!(world.engine().receipts(ann, None, 10, None).unwrap_err().code(), "customer_unknown");
    assert!(!world.facts().iter().any(|(_, fact)| matches!(fact, Fact::Chosen(choice) if choice.salt == salt)));
    // The erasure itself is in the log, without a name; the customer's own copy still holds, and bob's receipt too.
    assert!(world.engine().ledger_settled().unwrap());
    let head = world.engine().ledger_head();
    assert_eq!((older.checkpoint.size, head.checkpoint.size), (2, 3));
    let (head, proof) = world.engine().ledger_extension(older.checkpoint.size).unwrap();
    verify_consistency((2, &older.checkpoint.root), (head.checkpoint.size, &head.checkpoint.root), &proof).unwrap();
    holds(&world, &kept);
    assert_eq!(choices(&world, bob), ["given recommendations"]);
    world.restart();
    assert_eq!(choices(&world, bob), ["given recommendations"]);
    world.stop();
    assert_eq!(audit(world.dir.path(), None, &|_, _| {}).unwrap().leaves, Some(3));
}

/// Restrictions, who consents, and what left the house: each with a receipt that holds, whatever it is about.
#[test]
fn restrictions_consenters_and_disclosures_have_receipts_that_hold() {
    let mut world = world();
    let c = world.open(user("1"));
    let part = RestrictedPart { purpose: Some("recommendations".into()), category: Some("purchases".into()) };
    let staff = ClaimedEvidence { actor: Some("staff".into()), method: Some("desk".into()), ..evidence() };
    let run = |world: &World| {
        let engine = world.engine();
        world.run.block_on(async {
            engine.restrict(c, RestrictedPart::default(), Some(RestrictionGround::Accuracy), None).await.unwrap();
            engine.restrict(c, part.clone(), None, Some(evidence())).await.unwrap();
            engine.lift(c, RestrictedPart::default(), Some(evidence())).await.unwrap();
            engine.lift(c, part.clone(), Some(evidence())).await.unwrap();
            engine.state_consenter(c, Consenter::Guardian, Some(staff.clone())).await.unwrap();
            let carrier = Disclose {
                recipient: "carrier".into(),
                purpose: "delivery".into(),
                categories: vec!["contact".into()],
                items: Vec::new(),
                channel: Some("post".into()),
                visit: None,
                reference: Some("order 17".into()),
            };
            engine.disclose(c, carrier, None).await.unwrap()
        })
    };
    let disclosed = run(&world);
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let all = receipts(&world, c);
        all.iter().for_each(|receipt| holds(&world, receipt));
        let said: Vec<String> = all
            .iter()
            .map(|r| {
                let core = &r["regie:ledger"]["core"];
                ["choice", "disclosure", "purpose", "restriction_ground", "consenter", "recipient"]
                    .iter()
                    .filter_map(|key| core[key].as_str())
                    .chain(core["categories"][0].as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(
            said,
            [
                format!("{} delivery carrier contact", disclosed.disclosure.id).as_str(),
                "consenter_stated guardian",
                "restriction_lifted recommendations purchases",
                "restriction_lifted",
                "restricted recommendations purchases",
                "restricted accuracy",
            ]
        );
        let record = |at: usize| &all[at]["dpv:hasRecordOfActivity"];
        assert_eq!(all[0]["@type"], "dpv:DataProcessingRecord");
        assert_eq!(record(0)["dpv:hasProcess"]["dpv:hasLegalBasis"], "eu-gdpr:A6-1-b");
        assert_eq!(record(0)["dpv:hasProcess"]["dpv:hasRecipient"][0]["dct:identifier"], "carrier");
        assert_eq!(record(1)["dpv:hasStatus"]["regie:consenter"], "guardian");
        assert_eq!(record(5)["dpv:hasRight"]["@type"][1], "eu-gdpr:A18");
        assert!(!all[0].to_string().contains("order 17"), "the retailer's own reference");
        // What it says of itself is not to be changed, not even by whoever has the key to sign.
        for (pointer, value) in
            [("/dpv:hasProcess/dpv:hasLegalBasis", "eu-gdpr:A6-1-a"), ("/dpv:hasProcess/dpv:hasProcessing/@type", "dpv:Store")]
        {
            let mut forged = all[0].clone();
            *forged["dpv:hasRecordOfActivity"].pointer_mut(pointer).unwrap() = json!(value);
            let report = verify_receipt(forged.to_string().as_bytes(), &Trust { key: None, verify: &|_, _, _| true });
            assert_eq!(report.refused.unwrap().1.code(), "receipt_disagrees", "{pointer}");
        }
    }
    let files = tempfile::tempdir().unwrap();
    let list = put(files.path(), "list.json", &json!({"receipts": receipts(&world, c)}).to_string());
    world.stop();
    let data = world.dir.path().display().to_string();
    says(
        &verify(&[&list, "--ledger", &data, "--facts"]),
        true,
        &["list.json #6", "6 are what their leaves commit to", "`disclosed` to carrier for delivery"],
    );
}

/// A stopped folder with four published leaves.
fn folder() -> (World, Vec<Value>) {
    let mut world = world();
    let ann = world.open(user("1"));
    for purpose in ["recommendations", "model-improvement"] {
        world.give(ann, purpose, UntilWish::Withdrawn);
        world.withdraw(ann, purpose);
    }
    let receipts = receipts(&world, ann);
    world.stop();
    (world, receipts)
}

#[test]
fn a_start_refuses_a_log_that_was_touched_and_changes_nothing() {
    let (world, _) = folder();
    let altered = "UPDATE leaves SET commitment = zeroblob(32) WHERE idx = 1";
    let cut = "DELETE FROM leaves WHERE idx = 3; UPDATE head SET leaves = 3";
    for (sql, code) in [(altered, "ledger_leaf_altered"), (cut, "ledger_truncated")] {
        let dir = world.copied();
        rusqlite::Connection::open(dir.path().join("facts.db")).unwrap().execute_batch(sql).unwrap();
        assert_eq!(try_start(dir.path(), &world.master, &world.hands, true).unwrap_err().code(), code);
        assert_eq!(audit(dir.path(), None, &|_, _| {}).unwrap_err().code(), code);
    }
    let flip = |name: &str, code: &str| {
        let dir = world.copied();
        let file = dir.path().join("ledger").join(name);
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 9;
        // Another letter, so that a text stays readable whatever stood there.
        bytes[last] = if bytes[last] == b'B' { b'C' } else { b'B' };
        fs::write(&file, &bytes).unwrap();
        assert_eq!(try_start(dir.path(), &world.master, &world.hands, true).unwrap_err().code(), code, "{name}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "nothing was put right in silence");
    };
    flip("tile/0/000.p/4", "ledger_tile_altered");
    flip("checkpoint", "ledger_checkpoint_forged");
    flip("key", "ledger_key_differs");
    try_start(world.dir.path(), &world.master, &world.hands, true).unwrap().stop();
}

pub(crate) fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_regie")).arg("verify").args(arguments).env_remove("REGIE_MASTER_KEY_FILE").output().unwrap()
}

#[track_caller]
pub(crate) fn says(output: &Output, good: bool, words: &[&str]) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.success(), good, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
}

fn put(dir: &Path, name: &str, content: &str) -> String {
    let file = dir.join(name);
    fs::write(&file, content).unwrap();
    file.display().to_string()
}

#[test]
fn regie_verify_says_what_it_checked_and_succeeds_only_when_all_of_it_holds() {
    let (world, receipts) = folder();
    let data = world.dir.path().display().to_string();
    let key = fs::read_to_string(world.dir.path().join("ledger/key")).unwrap();
    let files = tempfile::tempdir().unwrap();
    let good = put(files.path(), "good.json", &receipts[0].to_string());
    let other = put(files.path(), "other.json", &serde_json::to_string_pretty(&receipts[1]).unwrap());
    let list = put(files.path(), "list.json", &json!({"customer": "c", "receipts": receipts}).to_string());
    let mut forged = receipts[0].clone();
    forged["regie:ledger"]["core"]["purpose"] = json!("personalised-advertising");
    let forged = put(files.path(), "forged.json", &forged.to_string());
    let cut = put(files.path(), "cut.json", &receipts[0].to_string()[..900]);
    let note = put(files.path(), "checkpoint", receipts[3]["regie:ledger"]["checkpoint"].as_str().unwrap());

    says(&verify(&[&good]), true, &["✓ signature", "✓ inclusion", "✓ agreement", "taken from the receipt itself", "proved: c_"]);
    says(&verify(&[&good, "--key", key.trim()]), true, &["the key is the one that you gave"]);
    says(&verify(&[&list, "--ledger", &data]), true, &["list.json #4", "✓ leaves", "✓ tiles", "✓ log: the log of 4 leaves extends its 4"]);
    says(&verify(&["--ledger", &data]), true, &["a head of 4 leaves", "✓ tiles"]);
    says(&verify(&[&note, "--ledger", &data]), true, &["✓ checkpoint"]);
    says(&verify(&[&good, &good]), true, &["the same choice"]);
    says(&verify(&[&forged]), false, &["✗ signature", "receipt_signature_wrong"]);
    says(&verify(&[&cut]), false, &["receipt_unreadable"]);
    says(&verify(&[&good, &forged, &other]), false, &["one thing does not hold"]);
    says(&verify(&[&note]), false, &["key_missing"]);
    says(&verify(&["nowhere.json"]), false, &["file_unreadable"]);
    says(&verify(&[]), false, &["required"]);
    says(&verify(&[&good, "--key", "nonsense+1+2"]), false, &["not usable"]);
    says(&verify(&[&good, "--customer", "c_00000000000000000000000001"]), false, &["receipt_of_another_customer"]);
    let as_json: Value = serde_json::from_slice(&verify(&[&good, "--json"]).stdout).unwrap();
    assert_eq!((as_json["holds"].clone(), as_json["checked"][0]["checks"][2]["check"].clone()), (json!(true), json!("signature")));

    // A list that was put into another order, or has a receipt twice.
    let reordered = put(files.path(), "reordered.json", &json!([receipts[1], receipts[0]]).to_string());
    let doubled = put(files.path(), "doubled.json", &json!({"receipts": [receipts[0], receipts[0]]}).to_string());
    says(&verify(&[&reordered]), false, &["receipts_reordered"]);
    says(&verify(&[&doubled]), false, &["receipt_repeated"]);
    let twice = format!("[{}]", receipts[0].to_string().replacen('{', "{\"@id\":\"urn:other\",", 1));
    says(&verify(&[&put(files.path(), "twice.json", &twice)]), false, &["receipt_unreadable"]);
    // A forged receipt does not hide behind one that holds.
    let mut cover: Value = serde_json::from_slice(&fs::read(&forged).unwrap()).unwrap();
    cover["receipts"] = json!([receipts[0]]);
    says(&verify(&[&put(files.path(), "cover.json", &cover.to_string())]), false, &["receipt_signature_wrong"]);
    let about = receipts[0]["regie:ledger"]["core"]["customer"].as_str().unwrap();
    says(&verify(&[&good, "--customer", "c_00000000000000000000000001", "--customer", about]), true, &["✓ customer"]);

    // With the master key: every fact against its leaf.
    says(&verify(&["--ledger", &data]), true, &["✓ rows: 4 leaves have their rows"]);
    says(&verify(&["--ledger", &data, "--facts"]), true, &["4 are what their leaves commit to"]);
    says(&verify(&[&good, "--facts"]), false, &["required"]);

    // Another retailer's key, another retailer's log.
    let (stranger, _) = folder();
    let their_key = fs::read_to_string(stranger.dir.path().join("ledger/key")).unwrap();
    says(&verify(&[&good, "--key", their_key.trim()]), false, &["receipt_other_key"]);
    says(&verify(&[&good, "--ledger", &stranger.dir.path().display().to_string()]), false, &["receipt_other_key"]);
}

#[test]
fn a_witness_who_kept_an_older_head_finds_a_log_that_tells_another_story() {
    let (world, _) = folder();
    let files = tempfile::tempdir().unwrap();
    let older = fs::read_to_string(world.dir.path().join("ledger/checkpoint")).unwrap();
    let older_file = put(files.path(), "older", &older);
    // The log goes on honestly: the older head is extended.
    let honest = World::on(world.copied(), world.master.clone(), world.hands.same());
    let ann = honest.user("1");
    honest.give(ann, "recommendations", UntilWish::Withdrawn);
    assert!(honest.engine().ledger_settled().unwrap());
    let honest_dir = honest.dir.path().display().to_string();
    says(&verify(&[&older_file, "--ledger", &honest_dir]), true, &["✓ log: the log of 5 leaves extends its 4"]);
    let key = key(&honest);
    let newer = honest.engine().ledger_head();
    let (_, proof) = honest.engine().ledger_extension(4).unwrap();
    let old = Checkpoint::open(&older, &key, &verify_signature).unwrap();
    verify_consistency((old.size, &old.root), (newer.checkpoint.size, &newer.checkpoint.root), &proof).unwrap();
    assert_eq!(honest.engine().ledger_extension(6).unwrap_err().code(), "ledger_shrunk");
    drop(honest);

    // The same retailer, with the same key, began again from an older backup: every check of its own passes, the witness's does not.
    let forked = World::on(world.copied(), world.master.clone(), world.hands.same());
    let ann = forked.user("1");
    forked.give(ann, "demand-insight", UntilWish::Withdrawn);
    assert!(forked.engine().ledger_settled().unwrap());
    let theirs = put(files.path(), "theirs", &forked.engine().ledger_head().note);
    let ours = put(files.path(), "ours", &newer.note);
    says(&verify(&[&ours, &theirs, "--key", &key.to_string()]), false, &["ledger_forked", "told two stories"]);
    says(&verify(&[&ours, "--ledger", &forked.dir.path().display().to_string()]), false, &["ledger_forked"]);
}

/// A yes and the withdrawal after it change places: the yes would be the last word. Each row still opens, so their numbers must tell.
#[test]
fn a_start_refuses_rows_that_were_moved() {
    let mut world = world();
    let c = world.open(user("a"));
    world.give(c, "recommendations", UntilWish::Withdrawn);
    world.withdraw(c, "recommendations");
    world.stop();
    let dir = world.copied();
    let facts = rusqlite::Connection::open(dir.path().join("facts.db")).unwrap();
    let last: Vec<i64> = {
        let mut rows = facts.prepare("SELECT position FROM facts WHERE choice = 1 ORDER BY position DESC LIMIT 2").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let (withdrawn, given) = (last[0], last[1]);
    facts.execute("UPDATE facts SET position = -1 WHERE position = ?1", [withdrawn]).unwrap();
    facts.execute("UPDATE facts SET position = ?1 WHERE position = ?2", [withdrawn, given]).unwrap();
    facts.execute("UPDATE facts SET position = ?1 WHERE position = -1", [given]).unwrap();
    drop(facts);
    assert_eq!(try_start(dir.path(), &world.master, &world.hands, true).unwrap_err().code(), "fact_unreadable");
    assert!(try_start(world.dir.path(), &world.master, &world.hands, true).is_ok());
}

/// Somebody empties the row of a withdrawal as an erasure would: the yes before it would be the last word.
#[test]
fn a_start_refuses_a_row_that_was_emptied_and_so_does_verify() {
    let (world, _) = folder();
    let alter = |sql: &str| {
        let dir = world.copied();
        rusqlite::Connection::open(dir.path().join("facts.db")).unwrap().execute_batch(sql).unwrap();
        let verified = verify(&["--ledger", &dir.path().display().to_string(), "--facts"]);
        (try_start(dir.path(), &world.master, &world.hands, true).map(|_| ()).map_err(|e| e.code()), verified)
    };
    let last = "position = (SELECT max(position) FROM facts WHERE choice = 1)";
    let empty =
        format!("UPDATE facts SET record = NULL, n = NULL, revision = NULL, format = NULL, choice = NULL, sealed = NULL WHERE {last}");
    let (start, verified) = alter(&empty);
    assert_eq!(start, Err("rows_emptied"));
    says(&verified, false, &["rows_emptied"]);
    let (start, verified) = alter(&format!("UPDATE facts SET sealed = zeroblob(60) WHERE {last}"));
    assert_eq!(start, Err("sealed_row_unreadable"));
    says(&verified, false, &["sealed_row_unreadable"]);
    // Leaves that name each other's rows: no key is needed to see that.
    let (_, verified) = alter("UPDATE leaves SET position = (SELECT max(position) FROM leaves) - position + 1");
    says(&verified, false, &["ledger_row_out_of_order"]);
    let (start, verified) = alter("SELECT 1");
    assert_eq!(start, Ok(()));
    says(&verified, true, &["✓ rows", "✓ facts"]);
}

/// An older checkpoint is put back, and a leaf that it does not vouch for is forged: the start must not sign it.
#[test]
fn a_leaf_that_is_not_published_is_held_against_its_fact_before_it_is_signed() {
    let mut world = world();
    let ann = world.open(user("1"));
    world.give(ann, "recommendations", UntilWish::Withdrawn);
    assert!(world.engine().ledger_settled().unwrap());
    let file = |dir: &Path| dir.join("ledger/checkpoint");
    let older = fs::read(file(world.dir.path())).unwrap();
    world.withdraw(ann, "recommendations");
    world.give(ann, "model-improvement", UntilWish::Withdrawn);
    world.erase(world.open(user("2")));
    world.stop();
    for (sql, code) in [("UPDATE leaves SET commitment = randomblob(32) WHERE idx = 1", Err("ledger_fact_differs")), ("SELECT 1", Ok(()))] {
        let dir = world.copied();
        fs::write(file(dir.path()), &older).unwrap();
        rusqlite::Connection::open(dir.path().join("facts.db")).unwrap().execute_batch(sql).unwrap();
        let start = try_start(dir.path(), &world.master, &world.hands, true).map(|engine| engine.stop()).map_err(|e| e.code());
        assert_eq!(start, code, "{sql}");
        assert_eq!(fs::read(file(dir.path())).unwrap() == older, code.is_err(), "{sql}");
    }
}

/// Something that is done to a folder.
type Harm<'a> = &'a dyn Fn(&Path);

/// What lies beside rows and ledger: a check from outside tells what a start would refuse.
#[test]
fn verify_finds_what_a_start_refuses_beside_the_ledger() {
    type Damage = fn(&Path);
    let (mut world, _) = folder();
    world.restart();
    let ann = world.user("1");
    let asked = super::support::question("recommendations", "purchases");
    world.run.block_on(world.engine().use_now(Some(ann), &asked, None)).unwrap();
    world.erase(world.open(user("2")));
    world.stop();
    let alter = |dir: &Path, database: &str, sql: &str| {
        rusqlite::Connection::open(dir.join(database)).unwrap().execute_batch(sql).unwrap();
    };
    let segment = |dir: &Path| fs::read_dir(dir.join("journal")).unwrap().next().unwrap().unwrap().path();
    let emptied: Damage = |dir| fs::write(dir.join("tombstones.log"), "").unwrap();
    let gone: Damage = |dir| fs::remove_dir_all(dir.join("journal")).unwrap();
    let cases: [(&str, Harm<'_>); 6] = [
        ("tombstones_missing", &emptied),
        ("journal_missing", &gone),
        ("journal_segment_unreadable", &|dir| fs::write(segment(dir), [7; 5000]).unwrap()),
        ("facts_corrupt", &|dir| alter(dir, "facts.db", "UPDATE head SET position = position - 1")),
        ("service_key_missing", &|dir| alter(dir, "keys.db", "DELETE FROM service_keys WHERE name IN ('suppression', 'claims')")),
        ("facts_corrupt", &|dir| alter(dir, "keys.db", "UPDATE notes SET note = zeroblob(length(note))")),
    ];
    for (code, damage) in cases {
        let dir = world.copied();
        damage(dir.path());
        says(&verify(&["--ledger", &dir.path().display().to_string(), "--facts"]), false, &[code]);
        assert_eq!(try_start(dir.path(), &world.master, &world.hands, true).unwrap_err().code(), code);
    }
    // Not every page is read by a start.
    let dir = world.copied();
    let file = dir.path().join("keys.db");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_chunk_mut().unwrap() = [0xff; 4096];
    fs::write(file, bytes).unwrap();
    says(&verify(&["--ledger", &dir.path().display().to_string(), "--facts"]), false, &["facts_corrupt", "keys.db"]);
    // Uses are no facts: that they are gone is counted, once.
    let dir = world.copied();
    fs::remove_file(segment(dir.path())).unwrap();
    for lost in [true, false] {
        let engine = try_start(dir.path(), &world.master, &world.hands, true).unwrap();
        assert_eq!(engine.uses_lost() > 0, lost);
        engine.stop();
    }
    world.restart();
    assert_eq!(world.engine().uses_lost(), 0);
}
