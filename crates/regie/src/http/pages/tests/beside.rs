//! A device that its customer left apart: what it takes to take it along, and what "everything" reaches.

use axum::http::{Request, StatusCode};
use regie_domain::consent::State;
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;

use super::device::{DEVICE, TIPS, allow_tips, cookie, sign_in, standing};
use super::{Browser, Page, World, world};
use crate::engine::api::Question;

const SHARE: &str = "sharing-with-partners";
const DIET: &str = "/mijn/informatie/diet";

/// May the partner have this of the customer now?
fn partner_gets(world: &World, customer: Handle, category: &str) -> bool {
    let question = Question {
        purpose: SHARE.into(),
        category: category.into(),
        recipient: Some("example-partner".into()),
        channel: Some("web".into()),
        visit: None,
    };
    world.site.engine.decide(Some(customer), &question).unwrap().decision == "allow"
}

/// A device that is remembered, with tips allowed, whose diet the partner may use.
async fn told_for_the_partner(world: &World, browser: &mut Browser<'_>) -> Handle {
    let device = allow_tips(world, browser).await;
    let form = browser.get(DIET).await;
    let told = browser.submit(&form, DIET, "value=vegan&purpose=sharing-with-partners&recipient=example-partner&until=P1D").await;
    assert_eq!(told.to.as_deref(), Some("/mijn/informatie"), "{}", told.text);
    assert!(partner_gets(world, device, "my-information"));
    device
}

fn ticks(page: &Page, field: &str) -> usize {
    page.text.matches(&format!("type=\"checkbox\" name=\"{field}\"")).count()
}

/// Rules 3, 5 and 9: who gets something is named, and without a tick for exactly that nobody does; a no by signal neither.
#[tokio::test]
async fn what_others_get_comes_along_only_where_it_is_ticked_and_says_who() {
    for (ticked, shared) in [("", false), ("&tell=household&permit=sharing-with-partners", false), ("&tell=diet", true)] {
        let world = world().await;
        let engine = &world.site.engine;
        let mut account = Browser::new(&world);
        account.enter().await;
        let form = account.get(DIET).await;
        account.submit(&form, DIET, "value=vegetarian&purpose=recommendations&until=P1W").await;
        account.send(Request::get("/mijn").header("sec-gpc", "1"), String::new()).await;
        let mut browser = Browser::new(&world);
        told_for_the_partner(&world, &mut browser).await;
        let ask = sign_in(&world, &mut browser).await;
        assert_eq!((ticks(&ask, "tell"), ask.text.contains(" checked")), (1, false), "{}", ask.text);
        for said in ["Delen met een partner", "nog 1 dag", "Wie het krijgt: onze partner.", "Je browser zei hier nee tegen."] {
            assert!(ask.text.contains(said), "{said}: {}", ask.text);
        }
        browser.press(&ask, "/mijn/meenemen", &format!("answer=yes{ticked}")).await;
        let told = engine.information_item(world.customer, InformationItem::Diet).unwrap();
        let purpose = if shared { SHARE } else { "recommendations" };
        assert_eq!((told.purpose.as_str(), partner_gets(&world, world.customer, "my-information")), (purpose, shared), "{ticked}");
    }
}

/// What the customer said no to does not come along, ticked or not; a hidden thing stays hidden.
#[tokio::test]
async fn a_no_of_the_customer_holds_against_what_the_device_told() {
    let world = world().await;
    let mut account = Browser::new(&world);
    let home = account.enter().await;
    account.submit(&home, &format!("/mijn/toestemming/{SHARE}"), "answer=no").await;
    let mut browser = Browser::new(&world);
    told_for_the_partner(&world, &mut browser).await;
    let ask = sign_in(&world, &mut browser).await;
    assert!(ticks(&ask, "tell") == 0 && ask.text.contains("Dit komt niet mee"), "{}", ask.text);
    browser.press(&ask, "/mijn/meenemen", "answer=yes&tell=diet").await;
    assert!(world.site.engine.information(world.customer).unwrap().is_empty());
}

#[tokio::test]
async fn the_tick_of_a_permission_names_who_gets_something() {
    let world = world().await;
    let mut browser = Browser::new(&world);
    allow_tips(&world, &mut browser).await;
    let path = format!("/mijn/toestemming/{SHARE}");
    let form = browser.get(&path).await;
    browser.submit(&form, &path, "answer=yes&until=P1D&recipient=example-partner").await;
    let ask = sign_in(&world, &mut browser).await;
    assert_eq!((ticks(&ask, "permit"), ask.text.matches("Wie het krijgt: onze partner.").count()), (2, 1), "{}", ask.text);
    browser.press(&ask, "/mijn/meenemen", "answer=yes&permit=sharing-with-partners").await;
    assert!(partner_gets(&world, world.customer, "purchases"));
}

/// A device that tells something for the partner, and that its customer leaves apart when logging in.
async fn left_apart(world: &World, browser: &mut Browser<'_>) -> Handle {
    let device = told_for_the_partner(world, browser).await;
    let ask = sign_in(world, browser).await;
    browser.press(&ask, "/mijn/meenemen", "answer=no").await;
    device
}

/// "Everything" is said by the person whose device it is: its page counts that, and the cookie goes only once nothing is on any more.
#[tokio::test]
async fn everything_reaches_what_a_device_that_was_left_apart_permits() {
    for (path, fields, says) in [
        ("/mijn/stop-alles", "", Some("op dit apparaat")),
        ("/mijn/keuze/niets", "", Some("op dit apparaat")),
        ("/mijn/keuze/bezoek", "of-age=yes", Some("op dit apparaat")),
        ("/mijn/wissen", "confirm=yes", Some("zonder in te loggen")),
        // An address that only takes forms.
        ("/mijn/stop/device-storage", "", None),
        ("/mijn/toestemming/device-storage", "answer=no", Some("apparaat")),
    ] {
        let world = world().await;
        let engine = &world.site.engine;
        let mut browser = Browser::new(&world);
        let device = left_apart(&world, &mut browser).await;
        assert!(cookie(&browser, DEVICE).is_some() && partner_gets(&world, device, "my-information"), "left apart");
        let page = browser.get(path).await;
        assert_eq!(page.status, if says.is_some() { StatusCode::OK } else { StatusCode::SEE_OTHER }, "{path}");
        assert!(page.text.contains(says.unwrap_or_default()), "{path}: {}", page.text);
        let home = browser.get("/mijn").await;
        assert!(home.text.contains("Op dit apparaat koos je iets zonder in te loggen."), "{}", home.text);
        assert!(browser.submit(&home, path, fields).await.status.is_redirection(), "{path}");
        assert_eq!(cookie(&browser, DEVICE), None, "{path}");
        if path == "/mijn/wissen" {
            assert!(!engine.knows(device) && !engine.knows(world.customer));
            let told = browser.get("/mijn/gewist").await;
            assert_eq!(told.text.matches("r_").count(), 2, "{}", told.text);
            continue;
        }
        if path.ends_with("device-storage") {
            let said = browser.get("/mijn").await.text;
            assert!(said.contains("Wat je hier toestond zonder in te loggen, is ook gestopt."), "{path}: {said}");
        }
        assert!(!partner_gets(&world, device, "my-information") && engine.information(device).unwrap().is_empty(), "{path}");
        for purpose in ["recommendations", "device-storage"] {
            assert_eq!(standing(&world, device, purpose).state, Some(State::Withdrawn), "{path} {purpose}");
        }
        let history = engine.consents(device).unwrap().history;
        let withdrawn: Vec<_> = history.iter().filter(|choice| choice.choice == "withdrawn").collect();
        assert!(withdrawn.len() == 2 && withdrawn.iter().all(|choice| choice.evidence.is_some()), "{path}");
    }
}

/// So does pausing everything, and using everything again.
#[tokio::test]
async fn pausing_everything_reaches_what_a_device_that_was_left_apart_permits() {
    const PAUSE: &str = "/mijn/stilzetten";
    let world = world().await;
    let engine = &world.site.engine;
    let mut browser = Browser::new(&world);
    let device = left_apart(&world, &mut browser).await;
    let page = browser.get(PAUSE).await;
    assert!(page.text.contains("Ook wat je op dit apparaat koos zonder in te loggen."), "{}", page.text);
    // A part of it is about what is the customer's own.
    browser.submit(&page, PAUSE, "part=all/purchases").await;
    assert!(engine.restricted(device).is_none());
    browser.submit(&page, PAUSE, "part=all/all").await;
    assert!(engine.restricted(world.customer).whole && engine.restricted(device).whole);
    assert!(!partner_gets(&world, device, "my-information") && browser.get("/mijn").await.text.contains("Het staat nu stil."));
    browser.submit(&page, "/mijn/stilzetten/op", "part=all/all").await;
    assert!(!engine.restricted(world.customer).whole && engine.restricted(device).is_none());
    assert!(partner_gets(&world, device, "my-information"));
}

/// A device that is erased beside its customer has a number of its own, and what both left is told once.
#[tokio::test]
async fn what_two_records_left_is_told_once_and_why() {
    let world = world().await;
    let mut browser = Browser::new(&world);
    told_for_the_partner(&world, &mut browser).await;
    let ask = sign_in(&world, &mut browser).await;
    browser.press(&ask, "/mijn/meenemen", "answer=no").await;
    let form = browser.get(TIPS).await;
    browser.submit(&form, TIPS, "answer=yes&until=P1W").await;
    let page = browser.get("/mijn/wissen").await;
    browser.submit(&page, "/mijn/wissen", "confirm=yes").await;
    let told = browser.get("/mijn/gewist").await.text;
    assert_eq!((told.matches("Bewijs van wat je toestond").count(), told.matches("r_").count()), (1, 2), "{told}");
    assert!(told.contains("als bewijs bij een ruzie voor de rechter") && !told.contains("omdat de wet dat vraagt"), "{told}");
}

/// A tab from before the first choice still says no, and nothing else.
#[tokio::test]
async fn a_no_of_a_tab_from_before_the_first_choice_is_heard() {
    let world = world().await;
    let engine = &world.site.engine;
    let mut browser = Browser::new(&world);
    let older = browser.get("/mijn").await;
    let customer = allow_tips(&world, &mut browser).await;
    for (path, fields) in [(TIPS, "answer=yes&until=P1D"), ("/mijn/wissen", "confirm=yes"), ("/mijn/keuze/bezoek", "")] {
        assert_eq!(browser.submit(&older, path, fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(standing(&world, customer, "recommendations").state, Some(State::Given));
    // Of another browser it is nobody's, whoever's page it was.
    let mut stranger = Browser::new(&world);
    let foreign = stranger.get("/mijn").await;
    assert_eq!(browser.submit(&foreign, TIPS, "answer=no").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.submit(&older, TIPS, "answer=no").await.to.as_deref(), Some("/mijn"));
    assert_eq!(standing(&world, customer, "recommendations").state, Some(State::Withdrawn));
    // Once somebody logs in, a page of nobody acts for nobody.
    sign_in_alone(&world, &mut browser).await;
    assert_eq!(browser.submit(&older, "/mijn/stop-alles", "").await.status, StatusCode::FORBIDDEN);
    assert!(engine.knows(customer));
}

async fn sign_in_alone(world: &World, browser: &mut Browser<'_>) {
    let link = world.site.portal_link(world.customer, super::Language::Dutch, 60).unwrap();
    let landing = browser.get(&link.path).await;
    assert!(browser.submit(&landing, &link.path, "").await.status.is_redirection());
}

/// A no to "16 or older?" holds for the visit, also of somebody who has no record.
#[tokio::test]
async fn whoever_said_to_be_too_young_permits_nothing_in_the_same_visit() {
    let world = world().await;
    let records = world.site.engine.sizes().0;
    let mut browser = Browser::new(&world);
    let form = browser.get(TIPS).await;
    browser.submit(&form, TIPS, "answer=yes&until=visit&of-age=no").await;
    for (path, fields) in [
        (TIPS, "answer=yes&until=visit&of-age=yes"),
        ("/mijn/keuze/bezoek", "of-age=yes"),
        (DIET, "value=vegan&purpose=recommendations&until=visit&of-age=yes"),
    ] {
        browser.submit(&form, path, fields).await;
        assert!(browser.get("/mijn").await.text.contains("ouder of voogd"), "{path}");
    }
    assert_eq!((world.site.engine.sizes().0, cookie(&browser, DEVICE)), (records, None));
    assert!(!browser.get(TIPS).await.text.contains("name=\"of-age\""));
    // A no opens a record; the answer about age goes on to hold.
    browser.submit(&form, TIPS, "answer=no").await;
    let home = browser.get("/mijn").await;
    browser.submit(&home, TIPS, "answer=yes&until=visit&of-age=yes").await;
    assert!(!browser.get("/mijn").await.text.contains("action=\"/mijn/stop/recommendations\""));
    let mut other = Browser::new(&world);
    let form = other.get(TIPS).await;
    other.submit(&form, TIPS, "answer=yes&until=visit&of-age=yes").await;
    assert!(other.get("/mijn").await.text.contains("action=\"/mijn/stop/recommendations\""));
}

/// What was told for this visit ends with it, and nobody is said to have taken it back.
#[tokio::test]
async fn what_a_visit_ended_is_told_and_proven_as_that() {
    let world = world().await;
    let engine = &world.site.engine;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let form = customer.get(DIET).await;
    customer.submit(&form, DIET, "value=vegan&purpose=recommendations&until=visit").await;
    let home = customer.get("/mijn").await;
    customer.submit(&home, "/mijn/uitloggen", "").await;
    assert!(engine.information(world.customer).unwrap().is_empty());
    customer.enter().await;
    let told = customer.get("/mijn/tijdlijn").await.text;
    assert!(told.contains("Je bezoek was voorbij. Toen stopte wat je vertelde") && !told.contains("terug."), "{told}");
    assert!(engine.ledger_settled().unwrap());
    let receipts = engine.receipts(world.customer, None, 1, None).unwrap().receipts;
    let event = &receipts[0]["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"];
    assert_eq!(
        (&event["regie:choice"], &event["@type"], &event["dpv:isIndicatedBy"]),
        (&"information_visit_ended".into(), &"dpv:ConsentExpired".into(), &"dpv:DataController".into()),
        "{event}"
    );
    assert!(event["regie:visit"].is_string());
    assert!(customer.get("/mijn/bewijs").await.text.contains("Je bezoek eindigde, en wat je vertelde ook"));
}

/// Whoever says yes has read what becomes of everything: what the device said no to meanwhile is read first.
#[tokio::test]
async fn a_yes_to_what_is_not_as_it_was_shown_is_asked_again() {
    let world = world().await;
    let mut visitor = Browser::new(&world);
    super::device::allow_tips(&world, &mut visitor).await;
    let ask = super::device::sign_in(&world, &mut visitor).await;
    let engine = &world.site.engine;
    let before = engine.states(world.customer).unwrap();
    engine.object(world.customer, "visit-service", true, None).await.unwrap();
    visitor.press(&ask, "/mijn/meenemen", "answer=yes").await;
    let again = visitor.get("/mijn/meenemen").await;
    assert!(again.text.contains("Er is intussen iets veranderd"), "{}", again.text);
    assert_ne!(engine.states(world.customer).unwrap(), before);
    visitor.press(&again, "/mijn/meenemen", "answer=yes").await;
    assert!(visitor.get("/mijn").await.text.contains("Er kwam niets mee"));
    // Leaving it apart permits nothing, whatever was shown.
    let mut other = Browser::new(&world);
    super::device::allow_tips(&world, &mut other).await;
    let ask = super::device::sign_in(&world, &mut other).await;
    other.submit(&ask, "/mijn/meenemen", "answer=no").await;
    assert!(other.get("/mijn").await.text.contains("Het blijft apart"));
}
