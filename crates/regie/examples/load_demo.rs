//! Scratch: times loading and replaying the demo.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "scratch")]
use regie::engine::{Engine, Options, api::Wish};
use std::time::Instant;
fn main() {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let fresh = !dir.join("FORMAT").exists();
    std::fs::create_dir_all(&dir).unwrap();
    let master = if fresh { regie_store::MasterKey::generate_in(&dir).unwrap() } else { regie_store::MasterKey::load(&dir).unwrap() };
    let mut o = Options::new(&dir, master, regie::BUILT_IN_POLICY.to_owned());
    o.time_confirmed = true;
    let t = Instant::now();
    let engine = Engine::start(o, &mut |_, _| {}).unwrap();
    println!("start {:?} sizes {:?}", t.elapsed(), engine.sizes());
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    rt.block_on(async {
        if fresh {
            let t = Instant::now();
            regie::demo::load::load(&engine, &mut |_, _| {}).await.unwrap();
            println!("load {:?} sizes {:?}", t.elapsed(), engine.sizes());
        }
        for h in [1000, 1935, 2124] {
            let c = engine.lookup(&regie::demo::load::identifier(h)).unwrap();
            let t = Instant::now();
            let r = engine.recommend(Wish { customer: Some(c), channel: "web".into(), limit: 8, ..Wish::default() }).await.unwrap();
            println!("{h} {:?} personal {} reason {}", t.elapsed(), r.personal, r.reason);
            for i in &r.items { println!("   {} {:.3} {:?} {:?}", i.item, i.score, engine.catalogue_item(&i.item).map(|i| i.names["en"].clone()), i.because.first().map(|b| (&b.item, &b.category, &b.until))); }
        }
        if std::env::args().nth(2).is_some() {
            let c = engine.lookup(&regie::demo::load::identifier(1000)).unwrap();
            let t = Instant::now();
            let e = engine.erase(c).await.unwrap();
            println!("erased {:?} {:?}", t.elapsed(), e);
        }
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    println!("{}", status.lines().find(|l| l.starts_with("VmRSS")).unwrap());
    engine.stop();
}
