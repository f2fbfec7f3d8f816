//! `regie evaluate`, as a retailer runs it: on small files of its own, on wrong ones, and on a real folder. Failure is a figure that
//! is not what the files say, a key of the answer that is not agreed, a refusal without file, line and code, or a crash.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regie::engine::clock::{MachineTime, TimeSource};
use regie_domain::consent::UntilWish;
use regie_store::MasterKey;
use serde_json::Value;
use tempfile::TempDir;

use super::support::*;

const TRAIN: &str = "SessionId\tItemId\tTime\n1\t1\t10\n1\t2\t11\n2\t1\t20\n2\t2\t21\n3\tthree\t30\n3\tfour\t31\n";
/// After 1 comes 2, which training knows; then 9, which it does not; and a session that cannot be asked.
const TEST: &str = "SessionId\tItemId\tTime\r\n4\t2\t41\r\n4\t9\t42\r\n4\t1\t40\r\n5\t1\t50\r\n";

fn regie(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_regie");
    Command::new(program).arg("evaluate").args(arguments).env_remove("REGIE_MASTER_KEY_FILE").output().unwrap()
}

fn answer(arguments: &[&str]) -> String {
    let output = regie(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no bar where nobody looks");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&answer(&[arguments, &["--json"]].concat())).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Files in a folder of their own.
struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let file = self.0.path().join(name);
        std::fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

/// Visits that go round a shop of 40 items, now and then skipping one.
fn walks(sessions: u32) -> String {
    let lines = (0..sessions).flat_map(|session| {
        let item = move |step: u32| (session * 7 + step * (1 + session % 3)) % 40;
        (0..3 + session % 4).map(move |step| format!("{session}\t{}\t{}\n", item(step), 1_000_000 + session * 60 + step))
    });
    std::iter::once("SessionId\tItemId\tTime\n".to_owned()).chain(lines).collect()
}

#[test]
fn the_answer_is_the_agreed_object() {
    let files = Files::new();
    let (train, test) = (files.put("train.tsv", TRAIN), files.put("test.tsv", TEST));
    let found = json(&["--train", &train, "--test", &test, "--format", "tsv", "--algorithm", "vmis", "--k", "20"]);
    let all = ["algorithm", "parameters", "train", "predictions", "predictions_per_second", "latency_us", "memory_bytes", "metrics"];
    assert_eq!(keys(&found), BTreeSet::from(all));
    assert_eq!(keys(&found["train"]), BTreeSet::from(["sessions", "events", "items", "build_seconds"]));
    assert_eq!(keys(&found["latency_us"]), BTreeSet::from(["p50", "p90", "p99"]));
    let metrics = ["HR@20", "MRR@20", "Precision@20", "Recall@20", "NDCG@20", "Coverage@20", "Popularity@20", "repeat_rate"];
    assert_eq!(keys(&found["metrics"]), BTreeSet::from(metrics));
    assert_eq!((&found["algorithm"], &found["parameters"]["m"], &found["parameters"]["k"]), (&"vmis".into(), &500.into(), &100.into()));
    assert_eq!((&found["train"]["sessions"], &found["train"]["events"], &found["train"]["items"]), (&3.into(), &6.into(), &4.into()));
    assert_eq!((&found["predictions"], &found["metrics"]["HR@20"], &found["metrics"]["MRR@20"]), (&2.into(), &0.5.into(), &0.5.into()));

    let found = json(&["--train", &train, "--test", &test, "--k", "5", "--m", "7", "--neighbours", "3", "--spw", "linear", "--ipw", "0.5"]);
    assert!(keys(&found["metrics"]).contains("HR@5"), "--k is the length of the lists");
    let parameters = &found["parameters"];
    assert_eq!(
        (&found["algorithm"], &parameters["m"], &parameters["k"], &parameters["ipw"]),
        (&"vstan".into(), &7.into(), &3.into(), &0.5.into())
    );

    let table = answer(&["--train", &train, "--test", &test]);
    assert!(table.contains("HR@20") && table.contains("0.5000") && table.contains("3 sessions"), "{table}");
}

#[test]
fn searching_prints_parameters_or_evaluates_with_them() {
    let files = Files::new();
    let (train, test) = (files.put("train.tsv", walks(600)), files.put("test.tsv", walks(40)));
    let only = ["--train", &train, "--tune", "--seed", "4"];
    let found = json(&only);
    assert_eq!(keys(&found), BTreeSet::from(["algorithm", "parameters", "train", "validation"]));
    assert_eq!(json(&only), found, "the same seed, the same parameters");
    let lines = answer(&only);
    assert!(
        lines.contains("[recommend]\nalgorithm = \"vstan\"") && lines.contains(&format!("m = {}", found["parameters"]["m"])),
        "{lines}"
    );
    let evaluated = json(&[&only[..], &["--test", &test]].concat());
    assert_eq!(evaluated["parameters"], found["parameters"]);
    assert!(keys(&evaluated).contains("latency_us") && !keys(&evaluated).contains("validation"));
}

#[test]
fn baskets_in_both_forms() {
    let files = Files::new();
    let history = files.put("history.json", r#"{"1": [[-1], [1, 2], [1], [-1]], "2": [[-1], [1, 3], [-1]]}"#);
    let future = files.put("future.json", r#"{"1": [[-1], [1], [-1]], "2": [[3, 9]], "3": [[1]]}"#);
    let found = json(&["baskets", "--history", &history, "--future", &future]);
    let metrics = ["Recall@10", "NDCG@10", "PHR@10", "Recall@20", "NDCG@20", "PHR@20"];
    assert_eq!(keys(&found["metrics"]), BTreeSet::from(metrics));
    assert_eq!((&found["predictions"], found["metrics"]["PHR@10"].as_f64()), (&3.into(), Some(1.0)));
    assert_eq!(found["metrics"]["Recall@10"].as_f64(), Some(2.5 / 3.0));

    let header = "customer,basket,time,item\n";
    let past = files.put("past.CSV", format!("{header}1,0,0,1\n1,0,0,2\n1,1,86400,1\n2,0,0,1\n2,0,0,3\n"));
    let next = files.put("next", format!("{header}1,2,172800,1\n2,1,86400,3\n2,1,86400,9\n3,0,0,1\n"));
    let csv = json(&["baskets", "--history", &past, "--future", &next, "--format", "csv"]);
    assert_eq!(csv["metrics"], found["metrics"]);
    let same = ["baskets", "--history", &past, "--future", &past];
    let table = answer(&same);
    assert!(table.contains("PHR@20") && table.contains("2 customers"), "{table}");
    let keyed =
        Command::new(env!("CARGO_BIN_EXE_regie")).arg("evaluate").args(same).env("REGIE_MASTER_KEY_FILE", "elsewhere").output().unwrap();
    assert!(keyed.status.success(), "a server's environment does not matter here: {}", String::from_utf8_lossy(&keyed.stderr));
}

#[test]
fn whatever_is_wrong_is_named_with_file_line_and_code() {
    let files = Files::new();
    let (train, test) = (files.put("train.tsv", TRAIN), files.put("test.tsv", TEST));
    let header = "SessionId\tItemId\tTime\n";
    let wrong: [(&str, &[u8], &str, &str); 12] = [
        ("empty", b"", "", "file_empty"),
        ("header-missing", b"1\t2\t3\n", "line 1", "header_unknown"),
        ("comma", b"SessionId,ItemId,Time\n1,2,3\n", "line 1", "header_unknown"),
        ("binary", b"\x7fELF\0\xff\xfe\x01\n\0\0", "line 1", "not_utf8"),
        ("cut-gzip", b"\x1f\x8b\x08\x00\x00\x00", "", "file_unreadable"),
        ("short", b"SessionId\tItemId\tTime\n1\t2\t3\n1\t2\n", "line 3", "fields_missing"),
        ("no-item", b"SessionId\tItemId\tTime\r\n1\t\t3\r\n", "line 2", "field_empty"),
        ("no-time", b"SessionId\tItemId\tTime\n1\t2\tmonday\n", "line 2", "time_unreadable"),
        ("milliseconds", b"SessionId\tItemId\tTime\n1\t2\t1396860669277\n", "line 2", "time_in_milliseconds"),
        ("no-text", b"SessionId\tItemId\tTime\n1\t\xff\t3\n", "line 2", "not_utf8"),
        ("huge", &[b'1'; 200_000], "line 1", "line_too_long"),
        ("only-header", b"SessionId\tItemId\tTime\n", "", "nothing_to_learn"),
    ];
    let mut cases: Vec<(Vec<String>, String, &str)> = Vec::new();
    let mut case =
        |arguments: &[&str], says: &str, code| cases.push((arguments.iter().map(|&a| a.to_owned()).collect(), says.to_owned(), code));
    for (name, content, line, code) in wrong {
        let file = files.put(name, content);
        case(&["--train", &file, "--test", &test], &format!("{name}: {line}"), code);
        if code != "nothing_to_learn" {
            case(&["--train", &train, "--test", &file], &format!("{name}: {line}"), code);
        }
    }
    let lonely = files.put("lonely.tsv", format!("{header}1\t2\t3\n2\t2\t3\n"));
    let folder = files.0.path().to_str().unwrap();
    let (missing, json_wrong) = (files.0.path().join("missing"), files.put("wrong.json", "{\"1\": [[1]],\n\"2\": 3}"));
    let missing = missing.to_str().unwrap();
    let good = files.put("good.json", r#"{"1": [[1]]}"#);
    let negative = files.put("negative.json", "{\"1\": [[1, -2]]}");
    let csv = files.put("short.csv", "customer,basket,time,item\n1,2,3\n");
    let none = files.put("none.json", "{}");
    let clicks = ["--train", &train, "--test", &test];
    let with = |more: &[&'static str]| [&clicks[..], more].concat();
    case(&["--train", missing, "--test", &test], "missing: ", "file_unreadable");
    case(&["--train", folder, "--test", &test], "", "file_unreadable");
    case(&["--train", &train, "--test", &lonely], "lonely.tsv: ", "nothing_to_predict");
    case(&["--train", &lonely, "--tune"], "lonely.tsv: ", "too_few_sessions");
    case(&with(&["--neighbours", "0"]), "--neighbours", "parameter_out_of_range");
    case(&with(&["--m", "4001"]), "m is 4001", "parameter_out_of_range");
    case(&with(&["--spw", "NaN"]), "NaN", "decay_out_of_range");
    case(&with(&["--next", "7"]), "next is 7", "factor_out_of_range");
    case(&with(&["--algorithm", "vmis", "--next", "1"]), "--next", "parameter_unused");
    case(&["baskets", "--history", &json_wrong, "--future", &good], "wrong.json: line 2", "json_unreadable");
    case(&["baskets", "--history", &good, "--future", &negative], "negative.json: line 1", "json_unreadable");
    case(&["baskets", "--history", &csv, "--future", &good], "short.csv: line 2", "fields_missing");
    case(&["baskets", "--history", &test, "--future", &good], "test.tsv: ", "format_unknown");
    case(&["baskets", "--history", &none, "--future", &good], "none.json: ", "nothing_to_learn");
    case(&["baskets", "--history", &good, "--future", &none], "none.json: ", "nothing_to_predict");
    case(&["baskets", "--history", &good, "--future", &good, "--group-decay", "2"], "group_decay is 2", "basket_parameter_out_of_range");
    for (arguments, says, code) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = regie(&arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains(&says) && error.trim_end().ends_with(&format!("({code})")), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty() && !error.contains("panicked"), "{arguments:?}: {error}");
    }
    for arguments in
        [&["--train", &train][..], &["--k", "0", "--train", &train, "--test", &test], &["--audit-forgetting"], &["baskets"], &[]]
    {
        assert_eq!(regie(arguments).status.code(), Some(2), "{arguments:?}: said by the arguments' own reader");
    }
}

/// A folder of today: the command judges by the machine's clock.
fn shop() -> World {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    World::on(dir, master, Hands::new(MachineTime::default().wall().seconds()))
}

/// Twelve customers who let recommendations use what they buy; every third of them teaches nobody.
fn customers_of(world: &World) {
    let item_of = |i: usize| format!("item-{}", i % 9);
    let catalogue = (0..9).map(|i| item(&item_of(i), false)).collect();
    world.run.block_on(world.engine().put_catalogue(catalogue)).unwrap();
    for who in 0..12usize {
        let id = format!("customer-{who}");
        let customer = world.open(user(&id));
        world.give(customer, "recommendations", UntilWish::Withdrawn);
        if who % 3 > 0 {
            world.give(customer, "model-improvement", UntilWish::Withdrawn);
        }
        for visit in 0..1 + who % 4 {
            world.hands.pass(3600);
            let items = [item_of(who), item_of(who * 2 + visit), item_of(visit + 5)];
            world.buy(&id, &items.each_ref().map(String::as_str));
        }
    }
}

#[test]
fn every_group_is_asked_and_nobody_gets_a_broken_list() {
    let mut world = shop();
    customers_of(&world);
    world.stop();
    let data = world.dir.path().to_str().unwrap().to_owned();
    let found = json(&["groups", "--data", &data]);
    let groups = found["groups"].as_array().unwrap();
    let named: Vec<_> = groups.iter().map(|group| group["group"].as_str().unwrap()).collect();
    assert_eq!(named, ["everything allowed", "own data only", "visit only", "nothing", "new customers", "rare taste"]);
    let asked: Vec<_> = groups.iter().map(|group| group["asked"].as_u64().unwrap()).collect();
    // Nine have a visit before their last; who of them is made new is drawn by their random ids.
    assert_eq!((asked[0] + asked[4], &asked[1..4]), (9, &[asked[0]; 3][..]), "{found}");
    for group in groups {
        assert_eq!(group["broken"], 0, "{found}");
        assert!(group["asked"] == 0 || group["shortest"].as_u64() > Some(0), "{found}");
    }
    assert_eq!((&groups[0]["personal"], &groups[3]["personal"]), (&1.0.into(), &0.0.into()), "{found}");
    assert!(answer(&["groups", "--data", &data]).contains("rare taste"));
}

#[test]
fn forgetting_is_audited_on_a_folder_also_beside_a_running_engine() {
    let mut world = shop();
    customers_of(&world);
    let data = world.dir.path().to_str().unwrap().to_owned();
    let some = ["--audit-forgetting", "--data", &data, "--customers", "5", "--checks", "3"];
    let found = json(&some);
    assert_eq!((&found["customers"], &found["forgotten"], &found["exact"]), (&8.into(), &5.into(), &true.into()), "{found}");
    let forgotten: Vec<_> = found["checks"].as_array().unwrap().iter().map(|c| c["forgotten"].as_u64().unwrap()).collect();
    assert_eq!(forgotten, [2, 4, 5]);
    for check in found["checks"].as_array().unwrap() {
        assert_eq!((&check["digest"], &check["differing"]), (&check["rebuilt_digest"], &0.into()));
        assert!(check["predictions"].as_u64() > Some(0) && check["sessions"].as_u64() > Some(0));
    }
    world.stop();
    let all = json(&["--audit-forgetting", "--data", &data, "--all", "--checks", "2"]);
    assert_eq!((&all["forgotten"], &all["exact"], &all["checks"][1]["sessions"]), (&8.into(), &true.into(), &0.into()));
    let table = answer(&some);
    assert!(table.contains("8 customers teach others") && !table.contains("DIFFERS"), "{table}");
}

#[test]
fn a_folder_that_proves_nothing_is_no_success() {
    let mut world = shop();
    world.buy("a", &["tea"]);
    world.stop();
    let data = world.dir.path().to_str().unwrap().to_owned();
    let output = regie(&["--audit-forgetting", "--data", &data]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("(nothing_to_forget)"), "{error}");
    let output = regie(&["groups", "--data", &data]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("(nobody_to_ask)"), "{error}");
    let nowhere = Files::new();
    let output = regie(&["--audit-forgetting", "--data", nowhere.0.path().to_str().unwrap()]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("(master_key_unreadable)"), "{error}");
}

/// Public sets, in the folder that `REGIE_TEST_DATA` names.
fn real(names: [&str; 2]) -> Option<[String; 2]> {
    let folder = PathBuf::from(std::env::var_os("REGIE_TEST_DATA")?);
    let files = names.map(|name| folder.join(name));
    files.iter().all(|file| Path::is_file(file)).then(|| files.map(|file| file.to_str().unwrap().to_owned()))
}

fn near(found: &Value, name: &str, expected: f64) {
    let value = found["metrics"][name].as_f64().unwrap();
    assert!((value - expected).abs() <= 0.002, "{name} is {value}, published {expected}");
}

#[test]
fn real_visits_come_out_as_published() {
    let Some([train, test]) = real(["sessions/rsc15_100k-train.tsv.gz", "sessions/rsc15_100k-test.tsv.gz"]) else {
        eprintln!("real_visits_come_out_as_published: skipped, REGIE_TEST_DATA has no sessions/rsc15_100k");
        return;
    };
    let found = json(&["--train", &train, "--test", &test, "--algorithm", "vmis"]);
    for (name, expected) in [("MRR@20", 0.1834), ("HR@20", 0.4275), ("Precision@20", 0.0524), ("Recall@20", 0.3296)] {
        near(&found, name, expected);
    }
    let better = json(&["--train", &train, "--test", &test]);
    assert!(better["metrics"]["HR@20"].as_f64() > found["metrics"]["HR@20"].as_f64(), "the default is the better one");
}

#[test]
fn real_baskets_are_foretold_better_than_by_own_frequency() {
    let Some([history, future]) = real(["baskets/tafeng_history.json.gz", "baskets/tafeng_future.json.gz"]) else {
        eprintln!("real_baskets_are_foretold_better_than_by_own_frequency: skipped, REGIE_TEST_DATA has no baskets/tafeng");
        return;
    };
    let found = json(&["baskets", "--history", &history, "--future", &future]);
    assert!(found["metrics"]["Recall@10"].as_f64() > Some(0.1350) && found["metrics"]["NDCG@10"].as_f64() > Some(0.1236), "{found}");
}
