//! Somebody who logs in nowhere: the same pages, for this device.

use axum::http::{StatusCode, header};
use regie_domain::consent::{PurposeState, State};
use regie_domain::fact::Actor;
use regie_domain::ids::Handle;

use super::{Browser, World, is_nobodys, state, world};
use crate::http::pages::session::anonymous_id;
use crate::http::pages::words::Language;

pub(super) const DEVICE: &str = "regie_device";
const SESSION: &str = "regie_session";
pub(super) const TIPS: &str = "/mijn/toestemming/recommendations";

pub(super) fn cookie(browser: &Browser<'_>, name: &str) -> Option<String> {
    browser.cookies.iter().find(|(n, value)| n == name && !value.is_empty()).map(|(_, value)| value.clone())
}

/// The customer whom this device's secret names.
pub(super) fn customer_of(world: &World, secret: &str) -> Option<Handle> {
    let space = world.site.engine.policy().source("shop")?.id_space.clone();
    let kind = regie_domain::fact::IdentifierKind::Anonymous;
    world.site.engine.lookup(&regie_domain::fact::Identifier { space, kind, value: anonymous_id(secret) })
}

pub(super) fn standing(world: &World, customer: Handle, purpose: &str) -> PurposeState {
    let ix = world.site.engine.policy().purpose(purpose).unwrap();
    world.site.engine.states(customer).unwrap().into_iter().find(|s| s.purpose == ix).unwrap()
}

fn records(world: &World) -> usize {
    world.site.engine.sizes().0
}

/// Allows tips for a week on a device that is remembered as long, and answers whose record that made.
pub(super) async fn allow_tips(world: &World, browser: &mut Browser<'_>) -> Handle {
    let form = browser.get(TIPS).await;
    let given = browser.submit(&form, TIPS, "answer=yes&until=P1W&device=yes&of-age=yes").await;
    assert_eq!(given.to.as_deref(), Some("/mijn"), "{}", given.text);
    customer_of(world, &cookie(browser, DEVICE).unwrap()).unwrap()
}

#[tokio::test]
async fn every_page_serves_nobody_and_looking_opens_no_record() {
    let world = world().await;
    let before = records(&world);
    let mut nobody = Browser::new(&world);
    for path in [
        "/mijn",
        "/mijn/informatie",
        "/mijn/informatie/diet",
        TIPS,
        "/mijn/toestemming/device-storage",
        "/mijn/keuze/niets",
        "/mijn/keuze/bezoek",
        "/mijn/keuze/zelf",
        "/mijn/stop-alles",
        "/mijn/stilzetten",
        "/mijn/waarheen",
        "/mijn/tijdlijn",
        "/mijn/verschil",
        "/mijn/bewijs",
        "/mijn/controle",
        "/mijn/waarom/1",
        "/mijn/wissen",
        "/mijn/download",
    ] {
        let page = nobody.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.headers.get_all(header::SET_COOKIE).iter().all(|c| c.to_str().unwrap().starts_with(SESSION)), "{path}");
    }
    // Nor does what there is nothing to record for.
    let home = nobody.get("/mijn").await;
    for (path, fields) in [
        ("/mijn/keuze/niets", ""),
        ("/mijn/stop-alles", ""),
        ("/mijn/stop/recommendations", ""),
        ("/mijn/verschil", ""),
        ("/mijn/informatie/diet/verberg", ""),
        ("/mijn/stilzetten", "part=nothing/at-all"),
        ("/mijn/stilzetten", "part=recommendations/contact"),
        ("/mijn/bezwaar/nothing", ""),
        ("/mijn/bezwaar/order-handling", "objects=yes"),
        ("/mijn/bezwaar/recommendations", "objects=yes"),
        ("/mijn/bezwaar/visit-service", "objects=no"),
        (TIPS, "answer=yes"),
        (TIPS, "answer=yes&until=P1W&of-age=yes"),
        (TIPS, "answer=yes&until=visit"),
        (TIPS, "answer=yes&until=visit&of-age=yes&category=contact"),
        (TIPS, "answer=yes&until=visit&of-age=yes&category=nothing"),
        (TIPS, "answer=yes&until=visit&of-age=yes&recipient=carrier"),
        (TIPS, "answer=yes&until=visit&of-age=yes&channel=post"),
        // From here on a guardian would choose, for this visit.
        (TIPS, "answer=yes&until=visit&of-age=no"),
        ("/mijn/keuze/bezoek", "of-age=no"),
    ] {
        let done = nobody.submit(&home, path, fields).await;
        assert!(done.status.is_redirection() || done.status.is_client_error() || path == "/mijn/verschil", "{path}: {}", done.status);
    }
    assert_eq!((records(&world), cookie(&nobody, DEVICE)), (before, None));
    assert!(nobody.get("/mijn").await.text.contains("<strong>geen gegevens</strong>"));
}

#[tokio::test]
async fn only_this_visit_needs_nothing_on_the_device_and_is_over_with_it() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let preset = visitor.get("/mijn/keuze/bezoek").await;
    assert_eq!(visitor.submit(&preset, "/mijn/keuze/bezoek", "of-age=yes").await.to.as_deref(), Some("/mijn"));
    assert_eq!(cookie(&visitor, DEVICE), None);
    let home = visitor.get("/mijn").await;
    assert!(home.text.contains("action=\"/mijn/stop/recommendations\"") && home.text.contains("dit bezoek"));
    assert!(visitor.get("/mijn/tijdlijn").await.text.contains("told-day"));
    // A browser that is closed keeps no session cookie: nothing leads back to what was chosen.
    let mut later = Browser::new(&world);
    later.cookies = visitor.cookies.iter().filter(|(name, _)| name != SESSION).cloned().collect();
    assert!(is_nobodys(&later.get("/mijn").await));
}

#[tokio::test]
async fn a_no_and_an_objection_are_choices_too_with_proof() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let home = visitor.get("/mijn").await;
    assert_eq!(visitor.submit(&home, TIPS, "answer=no").await.to.as_deref(), Some("/mijn"));
    let home = visitor.get("/mijn").await;
    visitor.submit(&home, "/mijn/bezwaar/visit-service", "objects=yes").await;
    let home = visitor.get("/mijn").await;
    assert!(home.text.contains("Daar zei je nee tegen") && home.text.contains("wordt afgewogen"), "{}", home.text);
    visitor.submit(&home, "/mijn/stilzetten", "part=all/all").await;
    assert!(visitor.get("/mijn/stilzetten").await.text.contains("Staat nu stil"));
    let proofs = visitor.get("/mijn/bewijs").await;
    assert!(proofs.text.contains("/mijn/bewijs/0/bestand") || proofs.text.contains("/bestand\""), "{}", proofs.text);
    assert_eq!(cookie(&visitor, DEVICE), None, "a no needs no cookie");
    let export: serde_json::Value = serde_json::from_str(&visitor.get("/mijn/download").await.text).unwrap();
    assert_eq!(export["choices"][0]["choice"], "refused");
}

#[tokio::test]
async fn a_device_is_recognised_by_its_secret_alone_and_sees_no_other() {
    let world = world().await;
    let mut one = Browser::new(&world);
    let mut two = Browser::new(&world);
    let (first, second) = (allow_tips(&world, &mut one).await, allow_tips(&world, &mut two).await);
    assert_ne!(first, second);
    let (secret, session) = (cookie(&one, DEVICE).unwrap(), cookie(&one, SESSION).unwrap());
    // The id that events and downloads carry opens nothing, and the download does not hold the secret.
    let download = one.get("/mijn/download").await.text;
    assert!(download.contains(&anonymous_id(&secret)) && !download.contains(&secret) && !download.contains(&session));
    for stolen in [anonymous_id(&secret), secret.to_uppercase(), secret[..31].to_owned(), format!("{secret}0"), "0".repeat(32)] {
        let mut stranger = Browser::new(&world);
        stranger.cookies.push((DEVICE.into(), stolen.clone()));
        assert!(is_nobodys(&stranger.get("/mijn").await), "{stolen}");
    }
    // Receipts are found by whose they are, not by their number.
    let number = one.get("/mijn/bewijs").await.text.split("/mijn/bewijs/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(one.get(&format!("/mijn/bewijs/{number}")).await.status, StatusCode::OK);
    assert_eq!(two.get(&format!("/mijn/bewijs/{number}")).await.status, StatusCode::NOT_FOUND);
    // Another session with the cookie is the same customer, and its own cookie lives no longer than was permitted.
    let mut later = Browser::new(&world);
    later.cookies.push((DEVICE.into(), secret));
    let page = later.get("/mijn").await;
    assert!(page.text.contains("action=\"/mijn/stop/recommendations\""));
    let set = page.headers.get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap()).find(|c| c.starts_with(DEVICE)).unwrap();
    let age: i64 = set.split("Max-Age=").nth(1).unwrap().parse().unwrap();
    assert!(set.contains("HttpOnly; SameSite=Lax; Secure") && age <= 7 * 86_400 && age > 6 * 86_400, "{set}");
}

#[tokio::test]
async fn the_device_is_forgotten_where_that_is_asked_and_everything_on_it_stops() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let customer = allow_tips(&world, &mut visitor).await;
    let secret = cookie(&visitor, DEVICE).unwrap();
    let home = visitor.get("/mijn").await;
    assert_eq!(visitor.submit(&home, "/mijn/stop/device-storage", "").await.to.as_deref(), Some("/mijn"));
    assert_eq!(cookie(&visitor, DEVICE), None);
    assert_eq!(standing(&world, customer, "recommendations").state, Some(State::Withdrawn));
    // A copy of the cookie opens nothing, and is taken off.
    let mut copy = Browser::new(&world);
    copy.cookies.push((DEVICE.into(), secret));
    assert!(is_nobodys(&copy.get("/mijn").await));
    assert_eq!(cookie(&copy, DEVICE), None);
}

#[tokio::test]
async fn nothing_stays_permitted_for_longer_than_the_device_is_recognised() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let customer = allow_tips(&world, &mut visitor).await;
    // A month is longer than the week: it is asked again.
    let form = visitor.get("/mijn/toestemming/model-improvement").await;
    assert!(form.text.contains("name=\"device\""));
    let path = "/mijn/toestemming/model-improvement";
    assert_eq!(visitor.submit(&form, path, "answer=yes&until=P1M").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.submit(&form, path, "answer=yes&until=P1D").await.to.as_deref(), Some("/mijn"));
    assert_eq!(visitor.submit(&form, path, "answer=yes&until=P1M&device=yes").await.to.as_deref(), Some("/mijn"));
    // The other way round: a shorter memory shortens what was permitted.
    let form = visitor.get("/mijn/toestemming/device-storage").await;
    assert!(!form.text.contains("value=\"visit\"") && !form.text.contains("value=\"once\""), "that is no remembering");
    assert_eq!(visitor.submit(&form, "/mijn/toestemming/device-storage", "answer=yes&until=P1D").await.to.as_deref(), Some("/mijn"));
    let device = standing(&world, customer, "device-storage").until;
    for purpose in ["recommendations", "model-improvement"] {
        assert_eq!(standing(&world, customer, purpose).until, device, "{purpose}");
    }
}

/// Shortening gives nothing anew that the customer had put on hold.
#[tokio::test]
async fn a_shorter_memory_lifts_no_pause() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let customer = allow_tips(&world, &mut visitor).await;
    let all = regie_domain::fact::RestrictedPart { purpose: None, category: None };
    world.site.engine.restrict(customer, all, None, None).await.unwrap();
    let form = visitor.get("/mijn/toestemming/device-storage").await;
    assert_eq!(visitor.submit(&form, "/mijn/toestemming/device-storage", "answer=yes&until=P1D").await.to.as_deref(), Some("/mijn"));
    assert_eq!(standing(&world, customer, "recommendations").state, Some(State::Withdrawn));
}

#[tokio::test]
async fn what_is_told_keeps_the_device_known_and_takes_it_along_when_it_is_prolonged() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let path = "/mijn/informatie/household";
    let form = visitor.get(path).await;
    let told = visitor.submit(&form, path, "people=2&purpose=recommendations&until=P1W&device=yes&of-age=yes").await;
    assert_eq!(told.to.as_deref(), Some("/mijn/informatie"), "{}", told.text);
    let customer = customer_of(&world, &cookie(&visitor, DEVICE).unwrap()).unwrap();
    let page = visitor.get("/mijn/informatie").await;
    // The button says that the device is then remembered for longer; without its word the form asks.
    assert!(page.text.contains("onthoud dit apparaat") && page.text.contains("name=\"device\" value=\"yes\""));
    let before = standing(&world, customer, "device-storage").until;
    let asked = visitor.press(&page, "/mijn/informatie/household/langer", "").await;
    assert_eq!((asked.to.as_deref(), standing(&world, customer, "device-storage").until), (Some(path), before));
    visitor.press(&page, "/mijn/informatie/household/langer", "device=yes").await;
    assert_ne!(standing(&world, customer, "device-storage").until, before);
    let ends = world.site.engine.information(customer).unwrap()[0].ends;
    let regie_domain::consent::Ends::Moment(known) = standing(&world, customer, "device-storage").until else { panic!("no moment") };
    assert_eq!(ends, regie_domain::fact::Until::Moment(known));
    // With the last of it the device is forgotten.
    visitor.submit(&page, "/mijn/informatie/household/weg", "").await;
    assert_eq!(cookie(&visitor, DEVICE), None);
    assert_eq!(standing(&world, customer, "device-storage").state, Some(State::Withdrawn));
}

/// How often a device was recognised, and how often not.
fn recognised(world: &World, customer: Handle) -> (u32, u32) {
    let uses = world.site.engine.uses(customer).unwrap();
    let of = |allowed| {
        let counted = uses.iter().flat_map(|day| &day.uses);
        counted
            .filter(|u| (u.purpose.as_str(), u.category.as_str(), u.allowed) == ("device-storage", "device", allowed))
            .map(|u| u.count)
            .sum()
    };
    (of(true), of(false))
}

/// Being recognised is a use: asked, recorded once a visit, and where the answer is no the cookie goes.
#[tokio::test]
async fn recognising_a_device_is_a_use_that_is_asked_and_recorded() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let customer = allow_tips(&world, &mut visitor).await;
    assert_eq!(recognised(&world, customer), (0, 0), "it was there all the while");
    let later = |cookies: &[(String, String)]| {
        let mut browser = Browser::new(&world);
        browser.cookies = cookies.iter().filter(|(name, _)| name == DEVICE).cloned().collect();
        browser
    };
    let mut again = later(&visitor.cookies);
    for _ in 0..3 {
        assert!(again.get("/mijn").await.text.contains("/mijn/stop/recommendations"));
    }
    assert_eq!(recognised(&world, customer), (1, 0), "once a visit");
    // Paused: stored, and not used. The page says it before.
    assert!(visitor.get("/mijn/stilzetten").await.text.contains("na dit bezoek vind je hier niet meer terug"));
    let part = regie_domain::fact::RestrictedPart { purpose: Some("device-storage".into()), category: None };
    world.site.engine.restrict(customer, part, None, None).await.unwrap();
    let mut stranger = later(&visitor.cookies);
    let home = stranger.get("/mijn").await;
    assert!(is_nobodys(&home) && !home.text.contains("/mijn/stop/recommendations"));
    assert_eq!((recognised(&world, customer), cookie(&stranger, DEVICE)), ((1, 1), None));
}

#[tokio::test]
async fn erasing_leaves_nothing_of_a_device_and_needs_no_record() {
    let world = world().await;
    let mut nobody = Browser::new(&world);
    let ask = nobody.get("/mijn/wissen").await;
    let session = cookie(&nobody, SESSION);
    assert_eq!(nobody.submit(&ask, "/mijn/wissen", "confirm=yes").await.to.as_deref(), Some("/mijn"));
    assert_ne!(cookie(&nobody, SESSION), session);
    assert!(nobody.get("/mijn").await.text.contains("niets bewaard"));
    assert_eq!(nobody.get("/mijn/gewist").await.to.as_deref(), Some("/mijn"), "nothing was erased");
    let mut visitor = Browser::new(&world);
    let customer = allow_tips(&world, &mut visitor).await;
    let ask = visitor.get("/mijn/wissen").await;
    visitor.submit(&ask, "/mijn/wissen", "confirm=yes").await;
    assert!(visitor.get("/mijn/gewist").await.text.contains("r_"));
    assert!(!world.site.engine.knows(customer));
    assert_eq!(cookie(&visitor, DEVICE), None);
}

/// Signs in, and answers with the page that asks what comes along.
pub(super) async fn sign_in(world: &World, browser: &mut Browser<'_>) -> super::Page {
    let link = world.site.portal_link(world.customer, Language::Dutch, 60).unwrap();
    let landing = browser.get(&link.path).await;
    assert_eq!(browser.submit(&landing, &link.path, "").await.to.as_deref(), Some("/mijn/meenemen"));
    browser.get("/mijn/meenemen").await
}

#[tokio::test]
async fn a_permission_comes_along_only_where_it_is_ticked() {
    for (ticked, expected) in
        [("", State::Withdrawn), ("&permit=recommendations", State::Given), ("&permit=model-improvement", State::Unknown)]
    {
        let world = world().await;
        let mut visitor = Browser::new(&world);
        allow_tips(&world, &mut visitor).await;
        let ask = sign_in(&world, &mut visitor).await;
        assert!(ask.text.contains("name=\"permit\" value=\"recommendations\"") && !ask.text.contains(" checked"), "{}", ask.text);
        assert!(ask.text.contains("Alleen via de webwinkel en de app."), "{}", ask.text);
        assert_eq!(state(&world, "recommendations"), Some(State::Unknown), "asking changes nothing");
        visitor.press(&ask, "/mijn/meenemen", &format!("answer=yes{ticked}")).await;
        assert_eq!(state(&world, "recommendations"), Some(expected), "{ticked}");
        assert_eq!(state(&world, "model-improvement"), Some(State::Unknown));
        // What was not offered, or is no longer, is no answer: it is asked again.
        let asked_again = ticked.contains("model-improvement");
        assert_eq!(cookie(&visitor, DEVICE).is_some(), asked_again);
        assert_eq!(visitor.get("/mijn/meenemen").await.text.contains("Er is intussen iets veranderd"), asked_again);
    }
}

#[tokio::test]
async fn a_no_of_the_device_is_said_and_holds_or_stays_where_it_was() {
    for (answer, expected) in [("yes", State::Refused), ("no", State::Given)] {
        let world = world().await;
        let mut customer = Browser::new(&world);
        customer.enter().await;
        let form = customer.get(TIPS).await;
        customer.submit(&form, TIPS, "answer=yes&until=P1M").await;
        let mut visitor = Browser::new(&world);
        let home = visitor.get("/mijn").await;
        visitor.submit(&home, TIPS, "answer=no").await;
        let ask = sign_in(&world, &mut visitor).await;
        assert!(ask.text.contains("Hier zei je nee") && ask.text.contains("Als klant zei je ja. Dat stopt dan."), "{}", ask.text);
        visitor.press(&ask, "/mijn/meenemen", &format!("answer={answer}")).await;
        assert_eq!(state(&world, "recommendations"), Some(expected));
    }
}

#[tokio::test]
async fn what_the_customer_said_no_to_does_not_come_along() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    customer.submit(&home, TIPS, "answer=no").await;
    let mut visitor = Browser::new(&world);
    allow_tips(&world, &mut visitor).await;
    let path = "/mijn/informatie/household";
    let form = visitor.get(path).await;
    visitor.submit(&form, path, "people=2&purpose=recommendations&until=visit").await;
    let ask = sign_in(&world, &mut visitor).await;
    assert!(ask.text.contains("Dit komt niet mee") && !ask.text.contains("name=\"permit\""), "{}", ask.text);
    // A tick that was not offered is none.
    visitor.press(&ask, "/mijn/meenemen", "answer=yes&permit=recommendations").await;
    assert_eq!(state(&world, "recommendations"), Some(State::Refused));
}

#[tokio::test]
async fn a_device_opens_nothing_of_a_customer_whom_it_was_joined_or_linked_to() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let device = allow_tips(&world, &mut visitor).await;
    let mut copy = Browser::new(&world);
    copy.cookies.push((DEVICE.into(), cookie(&visitor, DEVICE).unwrap()));
    assert!(copy.get("/mijn").await.text.contains("/mijn/stop/recommendations"));
    // The shop joins them on its own; the device may be anybody's in the house.
    world.site.engine.join(world.customer, device, Actor::Source).await.unwrap();
    for browser in [&mut visitor, &mut copy] {
        let page = browser.get("/mijn").await;
        assert!(is_nobodys(&page) && !page.text.contains("2375"), "an open session neither");
        assert_eq!(cookie(browser, DEVICE), None);
    }
}

#[tokio::test]
async fn a_customer_who_sends_forms_faster_than_anybody_can_is_told_to_wait() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    let home = visitor.get("/mijn").await;
    visitor.submit(&home, TIPS, "answer=no").await;
    let home = visitor.get("/mijn").await;
    let mut refused = 0;
    for _ in 0..150 {
        let answer = visitor.submit(&home, "/mijn/stilzetten/op", "part=all/all").await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS && answer.headers.contains_key(header::RETRY_AFTER));
    }
    assert!(refused >= 20, "{refused}");
    // What only takes away is never held up.
    for (path, fields) in [
        ("/mijn/stop/recommendations", ""),
        ("/mijn/stop-alles", ""),
        ("/mijn/keuze/niets", ""),
        (TIPS, "answer=no"),
        ("/mijn/bezwaar/visit-service", "objects=yes"),
        ("/mijn/stilzetten", "part=all/all"),
        ("/mijn/informatie/diet/verberg", ""),
        ("/mijn/wissen", "confirm=yes"),
    ] {
        let answer = visitor.submit(&home, path, fields).await;
        assert!(![StatusCode::TOO_MANY_REQUESTS, StatusCode::FORBIDDEN].contains(&answer.status), "{path}: {}", answer.status);
    }
}

/// Two people at one device: what the one left open takes nothing of the other along.
#[tokio::test]
async fn a_take_along_that_was_left_open_joins_nobody_who_came_after() {
    let world = world().await;
    let mut first = Browser::new(&world);
    allow_tips(&world, &mut first).await;
    let mut second = Browser::new(&world);
    second.cookies.clone_from(&first.cookies);
    // The first signs in and leaves the question open; the second, another customer, takes the device along.
    let open = sign_in(&world, &mut first).await;
    let engine = &world.site.engine;
    let space = engine.policy().source("shop").unwrap().id_space.clone();
    let kind = regie_domain::fact::IdentifierKind::User;
    let number = regie_domain::fact::Identifier { space, kind, value: "other".into() };
    let other = engine.open_record(number, "shop").await.unwrap();
    let link = world.site.portal_link(other, Language::Dutch, 60).unwrap();
    let landing = second.get(&link.path).await;
    assert!(landing.text.contains("klant other"), "the page says whose it is");
    second.submit(&landing, &link.path, "").await;
    let ask = second.get("/mijn/meenemen").await;
    second.press(&ask, "/mijn/meenemen", "answer=yes").await;
    let done = first.press(&open, "/mijn/meenemen", "answer=yes").await;
    assert_eq!(done.to.as_deref(), Some("/mijn"));
    assert!(first.get("/mijn").await.text.contains("niets meegenomen"));
    assert!(engine.knows(other) && engine.overview(world.customer).unwrap().known_as.iter().all(|name| name != "other"));
}
