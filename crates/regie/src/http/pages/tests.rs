//! The portal as a browser meets it: a real engine behind the routes, requests in front.

mod beside;
mod contest;
mod device;
mod older;
mod permitting;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use regie_domain::collection::{Body as Said, Dropped, Incoming, Kind};
use regie_domain::consent::ClaimedEvidence;
use regie_domain::consent::State;
use regie_domain::fact::{Consenter, Identifier, IdentifierKind};
use regie_domain::ids::Handle;
use regie_domain::time::Time;
use regie_store::MasterKey;
use tower::ServiceExt as _;

use super::words::Language;
use super::{Site, portal};
use crate::engine::clock::{MachineTime, TimeSource};
use crate::engine::{Engine, Options};

/// A portal on an empty engine with one customer.
pub(crate) struct World {
    pub(crate) site: Arc<Site>,
    pub(crate) app: Router,
    pub(crate) customer: Handle,
    _folder: tempfile::TempDir,
}

/// A world whose customer said before: 16 or older.
pub(crate) async fn world() -> World {
    let world = world_of_any_age().await;
    let word = |text: &str| Some(text.to_owned());
    let evidence = ClaimedEvidence { policy_version: None, language: word("nl"), method: word("portal"), actor: word("customer") };
    world.site.engine.state_consenter(world.customer, Consenter::Customer, Some(evidence)).await.unwrap();
    world
}

async fn world_of_any_age() -> World {
    world_under(include_str!("../../../../../policy/retail.toml").to_owned()).await
}

/// A world under this policy.
async fn world_under(policy: String) -> World {
    world_at(policy, Arc::new(MachineTime::default())).await
}

/// Clocks that pass only when told to.
#[derive(Debug, Default)]
pub(crate) struct Hands(AtomicI64);

impl Hands {
    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl TimeSource for Hands {
    fn wall(&self) -> Time {
        // 2026-06-01, a Monday.
        Time::from_seconds(1_780_308_000 + self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// A world under this policy and these clocks.
async fn world_at(policy: String, time: Arc<dyn TimeSource>) -> World {
    let folder = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(folder.path()).unwrap();
    let options = Options { time, ..Options::new(folder.path(), master, policy) };
    let engine = Engine::start(options, &mut |_, _| {}).unwrap();
    let identifier = Identifier { space: "shop".into(), kind: IdentifierKind::User, value: "2375".into() };
    let customer = engine.open_record(identifier, "shop").await.unwrap();
    let site = Site::new(engine, true, None).unwrap();
    World { app: portal(Arc::clone(&site)), site, customer, _folder: folder }
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) to: Option<String>,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

/// A browser: it keeps cookies and nothing else.
pub(crate) struct Browser<'a> {
    world: &'a World,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Browser<'a> {
        Browser { world, cookies: Vec::new() }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Page {
        let cookies = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let request = request.header(header::COOKIE, cookies).header(header::ACCEPT_LANGUAGE, "nl").body(Body::from(body)).unwrap();
        let answer = self.world.app.clone().oneshot(request).await.unwrap();
        let headers = answer.headers().clone();
        for cookie in headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = answer.status();
        let to = headers.get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned());
        let bytes = axum::body::to_bytes(answer.into_body(), 1_000_000).await.unwrap();
        Page { status, to, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path), String::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Page {
        self.send(Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), body.to_owned()).await
    }

    /// Sends a form with the token of the page that it stands on.
    pub(crate) async fn submit(&mut self, on: &Page, path: &str, fields: &str) -> Page {
        let token = on.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        self.post(path, &format!("csrf={token}&{fields}")).await
    }

    /// Presses a button of the form that posts to `path`, which sends along what its page showed.
    pub(crate) async fn press(&mut self, on: &Page, path: &str, fields: &str) -> Page {
        let form = on.text.split(&format!("action=\"{path}\"")).nth(1).unwrap();
        let shown = form.split("name=\"shown\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        self.submit(on, path, &format!("shown={shown}&{fields}")).await
    }

    /// In by a link, as a customer comes.
    pub(crate) async fn enter(&mut self) -> Page {
        let link = self.world.site.portal_link(self.world.customer, Language::Dutch, 60).unwrap();
        let landing = self.get(&link.path).await;
        let entered = self.submit(&landing, &link.path, "").await;
        assert_eq!((entered.status, entered.to.as_deref()), (StatusCode::SEE_OTHER, Some("/mijn")));
        self.get("/mijn").await
    }
}

/// The shop says what address the customer has.
pub(crate) async fn is_known_by(world: &World, email: &str) {
    let said = Incoming {
        message_id: None,
        kind: Kind::Identify,
        user_id: Some("2375".into()),
        anonymous_id: None,
        previous_id: None,
        session: None,
        happened_at: world.site.engine.now(),
        time_doubted: false,
        body: Said::Attributes(vec![("email".into(), email.into())]),
        consent_preferences: Vec::new(),
        dropped: Dropped::default(),
    };
    world.site.engine.collect("shop", vec![said]).await.unwrap();
}

/// *Mijn gegevens* of somebody who logged in nowhere and chose nothing.
pub(crate) fn is_nobodys(page: &Page) -> bool {
    page.status == StatusCode::OK && page.text.contains("We weten niet wie je bent") && page.text.contains("<strong>geen gegevens</strong>")
}

fn state(world: &World, purpose: &str) -> Option<State> {
    let policy = world.site.engine.policy();
    let ix = policy.purpose(purpose).unwrap();
    world.site.engine.consents(world.customer).unwrap().states.iter().find(|s| s.purpose == ix).unwrap().state
}

#[tokio::test]
async fn nothing_is_refused_without_a_word() {
    let world = world().await;
    let mut browser = Browser::new(&world);
    browser.enter().await;
    for path in [
        "/assets/%00",
        "/assets/%FF",
        "/assets/nothing",
        "/mijn/nothing",
        "/mijn/waarom/%FF",
        "/mijn/toestemming/%FF",
        "/mijn/toestemming/%00",
        "/mijn/toestemming/x/einde?until=a&until=b",
        "/mijn/keuze/%FF",
        "/mijn/link/%FF",
    ] {
        let page = browser.get(path).await;
        // Why an item is shown that nobody has: no reason is known, as for any other.
        let is_why = path.starts_with("/mijn/waarom") && page.status == StatusCode::OK;
        assert!(is_why || page.status == StatusCode::NOT_FOUND || page.status == StatusCode::GONE, "{path}: {}", page.status);
        let kind = page.headers[header::CONTENT_TYPE].to_str().unwrap();
        let is_problem = kind == "application/problem+json" && page.text.contains("\"code\":\"route_unknown\"");
        assert!(is_problem || (kind.starts_with("text/html") && page.text.contains("<h1")), "{path}: {kind} {}", page.text);
    }
    // A query that cannot be read is none.
    let page = browser.get("/mijn/toestemming/recommendations/einde?until=P1D&until=P1W").await;
    assert_eq!((page.status, page.text.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up_and_using_it_does() {
    let world = world().await;
    let link = world.site.portal_link(world.customer, Language::Dutch, 60).unwrap();
    let mut scanner = Browser::new(&world);
    for _ in 0..3 {
        assert_eq!(scanner.get(&link.path).await.status, StatusCode::OK);
    }
    let mut customer = Browser::new(&world);
    let landing = customer.get(&link.path).await;
    assert_eq!(customer.submit(&landing, &link.path, "").await.to.as_deref(), Some("/mijn"));
    assert!(customer.get("/mijn").await.text.contains("2375"));

    let mut thief = Browser::new(&world);
    assert_eq!(thief.get(&link.path).await.status, StatusCode::GONE);
    let landing = scanner.get("/mijn/uitgelogd").await;
    assert!(landing.text.contains("html"));
    assert!(is_nobodys(&thief.get("/mijn").await));
}

#[tokio::test]
async fn a_link_that_is_altered_or_late_opens_nothing() {
    let world = world().await;
    let path = world.site.portal_link(world.customer, Language::Dutch, 60).unwrap().path;
    let late = world.site.portal_link(world.customer, Language::Dutch, -1).unwrap().path;
    let mut browser = Browser::new(&world);
    for end in 0..98 {
        let mut altered: Vec<char> = path.chars().collect();
        let at = "/mijn/link/".len() + end;
        altered[at] = if altered[at] == '0' { '1' } else { '0' };
        assert_eq!(browser.get(&altered.iter().collect::<String>()).await.status, StatusCode::GONE, "digit {end}");
    }
    for wrong in [late.as_str(), "/mijn/link/0", "/mijn/link/zz", &path[..path.len() - 2]] {
        assert_eq!(browser.get(wrong).await.status, StatusCode::GONE, "{wrong}");
    }
    let other = Site::new(world.site.engine.clone(), true, None).unwrap();
    let path = other.portal_link(world.customer, Language::Dutch, 60).unwrap().path;
    assert_eq!(browser.get(&path).await.status, StatusCode::GONE, "a link dies with the process that signed it");
}

#[tokio::test]
async fn a_form_without_this_sessions_token_changes_nothing() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    let mut stranger = Browser::new(&world);
    let foreign = stranger.enter().await;
    let token = foreign.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for body in ["answer=no".to_owned(), "csrf=&answer=no".into(), "csrf=00&answer=no".into(), format!("csrf={token}&answer=no")] {
        assert_eq!(customer.post("/mijn/toestemming/recommendations", &body).await.status, StatusCode::FORBIDDEN, "{body}");
    }
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));
    let own = home.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cross = Request::post("/mijn/toestemming/recommendations")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(customer.send(cross, format!("csrf={own}&answer=no")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));
    // The token alone would do, and so would what the browser says: each of them, whatever the other says.
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site")] {
        for path in ["/mijn/toestemming/recommendations", "/mijn/stop-alles", "/mijn/bezwaar/marketing-post", "/mijn/wissen"] {
            let foreign = Request::post(path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::HOST, "mijn.winkel.example")
                .header(name, value);
            let refused = customer.send(foreign, format!("csrf={own}&answer=no&confirm=yes")).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {name}: {value}");
        }
    }
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));
    let own_page = Request::post("/mijn/toestemming/recommendations")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::HOST, "mijn.winkel.example")
        .header("origin", "https://mijn.winkel.example");
    assert_eq!(customer.send(own_page, format!("csrf={own}&answer=no")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(state(&world, "recommendations"), Some(State::Refused));
}

/// A card asks. Whoever said no, stopped, or objected is not asked again, and finds it by themselves.
#[tokio::test]
async fn whoever_said_no_is_not_asked_again() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let asks = |home: &Page, purpose: &str| {
        let could = home.text.split("id=\"could\"").nth(1).unwrap_or_default().split("</section>").next().unwrap().to_owned();
        let refused = home.text.split("id=\"refused\"").nth(1).unwrap_or_default().split("</section>").next().unwrap().to_owned();
        let link = format!("/mijn/toestemming/{purpose}\"");
        (could.contains(&link), refused.contains(&link))
    };
    let home = customer.enter().await;
    assert_eq!(asks(&home, "recommendations"), (true, false), "never asked");
    let form = customer.get("/mijn/toestemming/recommendations").await;
    customer.submit(&form, "/mijn/toestemming/recommendations", "answer=yes&until=withdrawn").await;
    assert_eq!(state(&world, "recommendations"), Some(State::Given));
    let home = customer.get("/mijn").await;
    customer.submit(&home, "/mijn/stop/recommendations", "").await;
    assert_eq!(state(&world, "recommendations"), Some(State::Withdrawn));
    let home = customer.get("/mijn").await;
    assert_eq!(asks(&home, "recommendations"), (false, true), "stopped: quiet, and there to be found");
    customer.submit(&home, "/mijn/bezwaar/marketing-email", "objects=yes").await;
    let home = customer.get("/mijn").await;
    assert_eq!(asks(&home, "marketing-email"), (false, true), "objected");
    assert_eq!(asks(&home, "marketing-sms"), (true, false));
    assert_eq!(customer.get("/mijn/toestemming/recommendations").await.status, StatusCode::OK, "who comes by themselves may choose");
}

/// An objection says what happens with it: stopped and weighed, weighed while it goes on, or stopped for good.
#[tokio::test]
async fn an_objection_says_what_happens_with_it() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let mut home = customer.enter().await;
    for (purpose, told, tag) in [
        ("fraud-prevention", "tot dan gaat het door", "wordt afgewogen"),
        ("visit-service", "We stoppen hiermee en wegen je bezwaar af", "wordt afgewogen"),
        ("marketing-post", "We doen dit niet meer", "staat uit"),
    ] {
        customer.submit(&home, &format!("/mijn/bezwaar/{purpose}"), "objects=yes").await;
        home = customer.get("/mijn").await;
        assert!(home.text.contains(told), "{purpose}");
        let row = home.text.split(&format!("/mijn/bezwaar/{purpose}\"")).next().unwrap().rsplit("<h3>").next().unwrap().to_owned();
        assert!(row.contains(tag), "{purpose}: {row}");
    }
    customer.submit(&home, "/mijn/bezwaar/fraud-prevention", "objects=no").await;
    let home = customer.get("/mijn").await;
    let row = home.text.split("/mijn/bezwaar/fraud-prevention\"").next().unwrap().rsplit("<h3>").next().unwrap().to_owned();
    assert!(!row.contains("class=\"tag\""), "taken back");
}

/// Rule 21: what a browser says counts on every page, and a yes that is given here goes before it.
#[tokio::test]
async fn a_browsers_signals_are_heeded_on_the_pages() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let policy = world.site.engine.policy();
    let of = |purpose: &str| {
        let ix = policy.purpose(purpose).unwrap();
        *world.site.engine.consents(world.customer).unwrap().states.iter().find(|s| s.purpose == ix).unwrap()
    };
    customer.send(Request::get("/mijn").header("sec-gpc", "0").header("sec-gpc", "true"), String::new()).await;
    assert!(!of("personalised-advertising").signalled);
    customer.send(Request::get("/mijn").header("sec-gpc", "0").header("sec-gpc", "1"), String::new()).await;
    assert!(of("personalised-advertising").signalled && of("sharing-with-partners").signalled && !of("recommendations").signalled);
    let recorded = world.site.engine.consents(world.customer).unwrap().history.len();
    customer.send(Request::get("/mijn").header("sec-gpc", "1"), String::new()).await;
    assert_eq!(world.site.engine.consents(world.customer).unwrap().history.len(), recorded, "said once, recorded once");
    let form = customer.get("/mijn/toestemming/recommendations").await;
    customer.submit(&form, "/mijn/toestemming/recommendations", "answer=yes&until=withdrawn").await;
    // ADPC: the consent of the same browser goes before its `*`, but gives nothing.
    let keeps = "withdraw=*, consent=\"recommendations demand-insight\"";
    customer.send(Request::get("/mijn").header("adpc", keeps), String::new()).await;
    assert_eq!((of("recommendations").state, of("demand-insight").state), (Some(State::Given), Some(State::Unknown)));
    customer.send(Request::get("/mijn").header("adpc", "withdraw=\"recommendations\", object=direct-marketing"), String::new()).await;
    assert_eq!(of("recommendations").state, Some(State::Withdrawn));
    assert!(of("marketing-post").objected && of("own-customer-email").objected && !of("security").objected);
}

/// Rule 9: an objection to direct marketing is absolute and at once, whatever was permitted before; a general no leaves a specific yes.
#[tokio::test]
async fn an_explicit_objection_of_a_browser_ends_a_permission_for_direct_marketing() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let marketing = "/mijn/toestemming/marketing-email";
    let form = customer.get(marketing).await;
    customer.submit(&form, marketing, "answer=yes&until=P1M").await;
    let question = crate::engine::api::Question {
        purpose: "marketing-email".into(),
        category: "contact".into(),
        recipient: Some("mailer".into()),
        channel: Some("email".into()),
        visit: None,
    };
    let reason = || world.site.engine.decide(Some(world.customer), &question).unwrap().reason;
    let recorded = || world.site.engine.consents(world.customer).unwrap().history.len();
    customer.send(Request::get("/mijn").header("sec-gpc", "1"), String::new()).await;
    assert_eq!(reason(), "consent");
    let objects = || Request::get("/mijn").header("adpc", "object=direct-marketing");
    customer.send(objects(), String::new()).await;
    assert_eq!(reason(), "objected");
    let before = recorded();
    customer.send(objects(), String::new()).await;
    assert_eq!(recorded(), before, "said once, recorded once");
}

#[tokio::test]
async fn erasing_asks_first_tells_what_it_did_and_leaves_nobody() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let download = customer.get("/mijn/download").await;
    assert!(download.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert!(serde_json::from_str::<serde_json::Value>(&download.text).is_ok());

    let proof = "Bewijs van wat je toestond";
    assert!(!customer.get("/mijn/wissen").await.text.contains(proof), "nothing was permitted");
    let form = customer.get("/mijn/toestemming/recommendations").await;
    customer.submit(&form, "/mijn/toestemming/recommendations", "answer=yes&until=P1D").await;
    let ask = customer.get("/mijn/wissen").await;
    assert!(ask.text.contains(proof) && ask.text.contains("5 jaar"), "what stays is told before");
    assert_eq!(customer.submit(&ask, "/mijn/wissen", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.site.engine.knows(world.customer));
    assert_eq!(customer.submit(&ask, "/mijn/wissen", "confirm=yes").await.to.as_deref(), Some("/mijn/gewist"));
    assert!(!world.site.engine.knows(world.customer));
    let erased = customer.get("/mijn/gewist").await;
    assert!(erased.text.contains("r_") && erased.text.contains(proof), "and after");
    assert!(is_nobodys(&customer.get("/mijn").await));
}

#[tokio::test]
async fn a_session_of_somebody_who_was_erased_elsewhere_opens_nothing() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    world.site.engine.erase(world.customer).await.unwrap();
    assert!(is_nobodys(&customer.get("/mijn").await));
}

#[tokio::test]
async fn every_page_is_guarded_and_names_nobody_in_an_address() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let session = customer.cookies.iter().find(|(n, _)| n == "regie_session").unwrap().1.clone();
    let pages = [
        "/mijn",
        "/mijn/toestemming/recommendations",
        "/mijn/keuze/zelf",
        "/mijn/stop-alles",
        "/mijn/wissen",
        "/mijn/waarom/1",
        "/mijn/geen",
    ];
    for path in pages {
        let page = customer.get(path).await;
        assert!(page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
        for inline in ["<style", "style=\"", "onclick=", "javascript:"] {
            assert!(!page.text.contains(inline), "{inline} on {path}");
        }
        let scripts = page.text.matches("<script").count();
        assert_eq!(scripts, page.text.matches("<script src=\"/assets/").count(), "{path}");
        assert!(!page.text.contains("c_"), "no handle on {path}");
        for address in page.text.split("href=\"").skip(1).chain(page.text.split("action=\"").skip(1)) {
            let address = address.split('"').next().unwrap();
            assert!(!address.contains("2375") && !address.contains(&session), "{address} on {path}");
        }
        assert!(page.text.contains("<html lang=\"nl\">"), "{path}");
    }
    let mut fresh = Browser::new(&world);
    let page = fresh.get("/mijn?lang=en").await;
    assert!(page.text.contains("<html lang=\"en\">"));
    for cookie in page.headers.get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    }
    assert!(fresh.get("/mijn").await.text.contains("<html lang=\"en\">"), "the language is remembered");
}

#[tokio::test]
async fn the_result_line_says_the_end_and_saves_nothing() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/recommendations/einde";
    assert!(customer.get(&format!("{path}?until=P1W")).await.text.starts_with("Tot "));
    assert_eq!(customer.get(&format!("{path}?until=visit")).await.text, "Dit bezoek. Als je weggaat, stopt het vanzelf.");
    assert_eq!(customer.get(&format!("{path}?until=date&date=")).await.text, "");
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));
    assert_eq!(
        customer.get("/mijn/toestemming/tax-records").await.status,
        StatusCode::NOT_FOUND,
        "the law is not the customer's to permit"
    );
}

#[tokio::test]
async fn a_link_in_no_language_speaks_the_browsers() {
    let world = world().await;
    for (language, tag) in [(None, "nl"), (Some(Language::English), "en"), (Some(Language::Dutch), "nl")] {
        let link = world.site.portal_link(world.customer, language, 60).unwrap();
        let page = Browser::new(&world).get(&link.path).await;
        assert!(page.text.contains(&format!("<html lang=\"{tag}\">")), "{language:?}");
    }
}
