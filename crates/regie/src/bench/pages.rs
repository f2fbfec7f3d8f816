//! `regie bench pages`: how long a customer of many events waits for a page, and how many bytes a first visit takes on the wire.
//!
//! The customer is made as a shop would make one: two years of days, on each some events, recommendations that use them, now and then
//! a disclosure, and upkeep in the evening. Time is the benchmark's own while the folder fills. Then the engine starts anew, as after
//! a night, and real pages are asked of the real server. Left out: the browser's part (drawing, and a network's distance).

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use parking_lot::Mutex;
use regie_domain::collection::{Body, Dropped, EventBody, Incoming, Kind};
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Consenter, EventName, Identifier, IdentifierKind, Line, Order};
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use super::seeded::Seeded;
use super::server::Server;
use super::{Figure, Folder, Times, Watch, precise, runtime};
use crate::engine::api::{Give, Question};
use crate::engine::clock::{MachineTime, TimeSource};
use crate::engine::disclosures::Disclose;
use crate::engine::{Engine, Options};
use crate::http::pages::Site;
use crate::http::pages::words::Language;

const BENCH: &str = "pages";
/// What is promised.
const ANSWER_MS_MAX: f64 = 30.0;
const FIRST_VISIT_BYTES_MAX: f64 = 60_000.0;
/// Days of history, ending today.
const DAYS: i64 = 700;
/// How often each page is asked after the first time.
const ASKED: usize = 50;
/// Uses a day.
const USES: usize = 12;
/// A disclosure every so many days.
const DISCLOSED_EVERY: i64 = 10;

/// Clocks that the benchmark moves.
#[derive(Debug)]
struct Hands(Mutex<(Time, Duration)>);

impl Hands {
    fn pass(&self, seconds: u64) {
        let mut now = self.0.lock();
        now.0 = now.0.plus_seconds(i64::try_from(seconds).unwrap_or(0));
        now.1 += Duration::from_secs(seconds);
    }
}

impl TimeSource for Hands {
    fn wall(&self) -> Time {
        self.0.lock().0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().1
    }
}

/// Fills a folder with one customer of so many events and measures that customer's pages.
///
/// # Errors
/// Those of the disk and the server; a page that is not one.
pub fn run(events: u32, data: Option<&Path>, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let folder = Folder::named_or_temporary(data, BENCH);
    fill(&folder, events, watch)?;
    let engine = Engine::start(folder.options()?, &mut |done, of| watch.progress("Reading the log", done, of))?;
    let customer = engine.lookup(&identifier()).context("the customer is not there")?;
    let kept: usize = engine.overview(customer)?.kept.iter().map(|k| k.count).sum();
    ensure!(kept as u64 >= u64::from(events), "only {kept} events are kept");
    let site = Site::new(engine.clone(), false, None)?;
    let server = Server::with_pages(&engine, site.clone())?;
    let measured = measure(server.address(), &site, customer, events, watch);
    server.stop();
    engine.stop();
    measured
}

fn identifier() -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::User, value: "bench".into() }
}

fn fill(folder: &Folder, events: u32, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let now = MachineTime::default().wall();
    let hands = Arc::new(Hands(Mutex::new((now.plus_seconds(-DAYS * 86_400), Duration::from_secs(1)))));
    let options = Options { time: hands.clone(), ..folder.options()? };
    let engine = Engine::start(options, &mut |_, _| {})?;
    let runtime = runtime(1)?;
    runtime.block_on(async {
        let customer = engine.open_record(identifier(), "shop").await?;
        let evidence = ClaimedEvidence {
            policy_version: None,
            language: Some("nl".into()),
            method: Some("portal".into()),
            actor: Some("customer".into()),
        };
        engine.state_consenter(customer, Consenter::Customer, Some(evidence.clone())).await?;
        for purpose in ["recommendations", "model-improvement"] {
            let give = Give {
                purpose: purpose.into(),
                until: UntilWish::Withdrawn,
                categories: None,
                recipients: None,
                channels: None,
                visit: None,
                evidence: Some(evidence.clone()),
            };
            engine.give(customer, give).await?;
        }
        let mut seeded = Seeded(17);
        let mut sent = 0;
        for day in 0..DAYS {
            hands.pass(86_400);
            let until = u32::try_from(i64::from(events) * (day + 1) / DAYS).unwrap_or(events);
            let today: Vec<Incoming> = (sent..until).map(|i| event(i, hands.wall(), &mut seeded)).collect();
            sent = until;
            if !today.is_empty() {
                engine.collect("shop", today).await?;
            }
            for i in 0..USES {
                let question = Question {
                    purpose: "recommendations".into(),
                    category: if i % 2 == 0 { "purchases" } else { "browsing" }.into(),
                    recipient: None,
                    channel: Some("web".into()),
                    visit: None,
                };
                engine.use_now(Some(customer), &question, None).await?;
            }
            if day % DISCLOSED_EVERY == 0 {
                let wish = Disclose {
                    recipient: "carrier".into(),
                    purpose: "delivery".into(),
                    categories: vec!["contact".into()],
                    items: Vec::new(),
                    channel: None,
                    visit: None,
                    reference: Some(format!("P{day}")),
                };
                engine.disclose(customer, wish, None).await?;
            }
            hands.pass(3600);
            engine.upkeep().await?;
            // The day stays a day long.
            hands.0.lock().0 = hands.wall().plus_seconds(-3600);
            watch.progress("Two years of one customer", u64::from(sent), u64::from(events));
        }
        anyhow::Ok(())
    })?;
    engine.stop();
    Ok(())
}

fn event(i: u32, at: Time, seeded: &mut Seeded) -> Incoming {
    let name = match i % 10 {
        0 => EventName::OrderCompleted,
        1 | 2 => EventName::ProductAdded,
        3 => EventName::ProductsSearched,
        _ => EventName::ProductViewed,
    };
    let item = format!("art-{:05}", seeded.zipf(5000));
    let lines = vec![Line { item, quantity: 1, cents: Some(250) }];
    let searched = name == EventName::ProductsSearched;
    let order = (name == EventName::OrderCompleted).then(|| Order {
        id: format!("o-{i}"),
        currency: Some("EUR".into()),
        total_cents: Some(250),
        ..Order::default()
    });
    Incoming {
        message_id: Some(format!("m-{i}")),
        kind: Kind::Track,
        user_id: Some("bench".into()),
        anonymous_id: None,
        previous_id: None,
        session: Some(format!("s-{}", i / 20)),
        happened_at: at.plus_seconds(-i64::from(i % 1000)),
        time_doubted: false,
        body: Body::Event(EventBody {
            name,
            lines: if searched { Vec::new() } else { lines },
            order,
            query: searched.then(|| "thee".to_owned()),
            page: None,
            store: None,
        }),
        consent_preferences: Vec::new(),
        dropped: Dropped::default(),
    }
}

fn measure(at: SocketAddr, site: &Site, customer: Handle, events: u32, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let link = site.portal_link(customer, Language::Dutch, 3600)?.path;
    let way_in = ask(at, "GET", &link, "", "", false)?;
    let csrf = way_in.text().split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    let entered = ask(at, "POST", &link, &way_in.cookies, &format!("csrf={csrf}"), false)?;
    ensure!(entered.status == 303, "the way in answered {}", entered.status);
    let cookies = entered.cookies;
    let first = ask(at, "GET", "/mijn/tijdlijn", &cookies, "", false)?;
    let more = first
        .text()
        .split("hx-get=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .context("there is no second page")?
        .replace("&amp;", "&");
    for (name, path) in [
        ("home", "/mijn"),
        ("timeline", "/mijn/tijdlijn"),
        ("timeline_more", more.as_str()),
        ("timeline_uses", "/mijn/tijdlijn?kind=uses"),
        ("timeline_choices", "/mijn/tijdlijn?kind=choices"),
        ("flow", "/mijn/waarheen"),
        ("erase", "/mijn/wissen"),
    ] {
        let began = Instant::now();
        let page = ask(at, "GET", path, &cookies, "", true)?;
        let first = began.elapsed();
        ensure!(page.status == 200, "{path} answered {}", page.status);
        let mut times = Times::default();
        for i in 0..ASKED {
            watch.progress("Asking for pages", i as u64, ASKED as u64);
            let began = Instant::now();
            ask(at, "GET", path, &cookies, "", true)?;
            times.push(began.elapsed());
        }
        let with = |figure: Figure| figure.with("events", events).with("page", path.split('?').next());
        watch.figure(with(Figure::millis(BENCH, format!("{name}_first"), first)));
        watch.figure(with(Figure::millis(BENCH, format!("{name}_p50"), times.quantile(50))));
        watch.figure(with(Figure::millis(BENCH, format!("{name}_p95"), times.quantile(95)).at_most(ANSWER_MS_MAX)));
        let plain = ask(at, "GET", path, &cookies, "", false)?;
        let mut files = BTreeSet::new();
        for rest in plain.text().split("\"/assets/").skip(1) {
            files.extend(rest.split(['"', '#']).next().map(|name| format!("/assets/{name}")));
        }
        let mut bytes = page.wire_bytes;
        for file in &files {
            bytes += ask(at, "GET", file, &cookies, "", true)?.wire_bytes;
        }
        let figure = Figure::new(BENCH, format!("{name}_first_visit"), precise(bytes as u64), "bytes").with("page_bytes", page.wire_bytes);
        watch.figure(figure.with("files", files.len()).at_most(FIRST_VISIT_BYTES_MAX));
    }
    Ok(())
}

/// An answer, whole.
struct Answer {
    status: u16,
    /// Head and body as they came.
    wire_bytes: usize,
    cookies: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Asks once, on a connection of its own, as a browser that sees the site for the first time.
fn ask(at: SocketAddr, method: &str, path: &str, cookies: &str, form: &str, packed: bool) -> anyhow::Result<Answer> {
    let mut stream = TcpStream::connect(at)?;
    stream.set_nodelay(true)?;
    let packed = if packed { "accept-encoding: gzip, deflate, br, zstd\r\n" } else { "" };
    let content = if form.is_empty() {
        String::new()
    } else {
        format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", form.len())
    };
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: {at}\r\ncookie: {cookies}\r\nconnection: close\r\n{packed}{content}\r\n{form}");
    stream.write_all(request.as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let head = all.windows(4).position(|four| four == b"\r\n\r\n").context("an answer without an end of its head")?;
    let text = String::from_utf8_lossy(all.get(..head).unwrap_or_default()).into_owned();
    let status = text.get(9..12).and_then(|s| s.parse().ok()).context("an answer without a status")?;
    let cookies: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next()).filter(|c| !c.ends_with('=')).collect();
    let cookies = cookies.join("; ");
    let wire_bytes = all.len();
    let body = all.split_off(head + 4);
    Ok(Answer { status, wire_bytes, cookies, body })
}
