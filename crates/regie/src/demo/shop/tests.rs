//! Who a session belongs to: it gets another name whenever it gets a customer.

use axum::http::StatusCode;

use super::shop;
use crate::engine::api::CatalogueItem;
use crate::http::pages::tests::{Browser, World, is_nobodys, world};

const SESSION: &str = "regie_session";

/// A shop that sells milk, beside the portal.
async fn world_with_shop() -> World {
    let mut world = world().await;
    let milk: CatalogueItem =
        serde_json::from_value(serde_json::json!({"item": "milk", "names": {"nl": "melk"}, "price_cents": 125, "currency": "EUR"}))
            .unwrap();
    world.site.engine.put_catalogue(vec![milk]).await.unwrap();
    world.app = world.app.merge(shop(world.site.clone()).unwrap());
    world
}

fn named(browser: &Browser<'_>) -> String {
    browser.cookies.iter().find(|(name, _)| name == SESSION).unwrap().1.clone()
}

/// A browser that has this session's name and nothing else: what somebody knows who gave that name to a customer.
async fn opens_the_portal(world: &World, session: String) -> bool {
    let mut stranger = Browser::new(world);
    stranger.cookies.push((SESSION.to_owned(), session));
    let page = stranger.get("/mijn").await;
    page.text.contains("/mijn/stop/") || !is_nobodys(&page)
}

async fn with_milk(world: &World) -> Browser<'_> {
    let mut browser = Browser::new(world);
    let page = browser.get("/winkel/product/milk").await;
    let added = browser.submit(&page, "/winkel/mandje", "item=milk").await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    browser
}

#[tokio::test]
async fn an_order_by_nobody_in_particular_renames_the_session() {
    let world = world_with_shop().await;
    let mut browser = with_milk(&world).await;
    let before = named(&browser);
    let page = browser.get("/winkel/afrekenen").await;
    let ordered = browser.submit(&page, "/winkel/afrekenen", "").await;
    assert_eq!(ordered.to.as_deref(), Some("/winkel/besteld"));
    let after = named(&browser);
    assert_ne!(before, after);
    assert!(opens_the_portal(&world, after).await);
    assert!(!opens_the_portal(&world, before).await);
    // The order is still known to its own browser.
    assert!(browser.get("/winkel/besteld").await.text.contains("W-"));
}

/// What only takes away is never held up, in the shop neither.
#[tokio::test]
async fn the_switch_goes_off_however_many_forms_came_before() {
    let world = world_with_shop().await;
    let mut browser = with_milk(&world).await;
    let page = browser.get("/winkel/persoonlijk").await;
    browser.submit(&page, "/winkel/persoonlijk", "answer=yes&until=visit&of-age=yes").await;
    let page = browser.get("/winkel/persoonlijk").await;
    let mut refused = 0;
    for _ in 0..150 {
        let answer = browser.submit(&page, "/winkel/mandje", "item=nothing").await;
        refused += usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 20, "{refused}");
    for (path, fields) in [("/winkel/persoonlijk", "answer=no"), ("/winkel/persoonlijk/uit", "")] {
        assert!(browser.submit(&page, path, fields).await.status.is_redirection(), "{path}");
    }
}

#[tokio::test]
async fn a_first_permission_renames_the_session_and_keeps_the_basket() {
    let world = world_with_shop().await;
    let mut browser = with_milk(&world).await;
    let before = named(&browser);
    let page = browser.get("/winkel/persoonlijk").await;
    let given = browser.submit(&page, "/winkel/persoonlijk", "answer=yes&until=P1D&device=yes&of-age=yes").await;
    assert_eq!(given.to.as_deref(), Some("/winkel"), "{}", given.text);
    let after = named(&browser);
    assert_ne!(before, after);
    assert!(!opens_the_portal(&world, before).await);
    assert!(browser.get("/winkel/mandje").await.text.contains("melk"));

    // Recognised by the device alone, in a session whose name somebody else chose: it gets another, and the basket comes along.
    let mut stranger = with_milk(&world).await;
    let chosen = named(&stranger);
    let device = browser.cookies.iter().find(|(name, _)| name == "regie_device").unwrap().clone();
    stranger.cookies.push(device);
    assert_eq!(stranger.get("/mijn").await.status, StatusCode::OK);
    assert_ne!(named(&stranger), chosen);
    assert!(!opens_the_portal(&world, chosen).await);
    assert!(stranger.get("/winkel/mandje").await.text.contains("melk"));
}

/// The bar says what the decision says: a pause of everything, of a part, and a yes since.
#[tokio::test]
async fn the_bar_says_what_stands_still() {
    let world = world_with_shop().await;
    let mut browser = with_milk(&world).await;
    let page = browser.get("/winkel/persoonlijk").await;
    browser.submit(&page, "/winkel/persoonlijk", "answer=yes&until=P1D&device=yes&of-age=yes").await;
    assert!(browser.get("/winkel").await.text.contains("Persoonlijk: aan"));
    for (part, says, not) in [
        ("all/browsing", "Een deel daarvan zette je stil", "Tips uit wat je koopt en bekijkt"),
        ("all/all", "Persoonlijk: staat stil", "Persoonlijk: aan"),
    ] {
        let page = browser.get("/mijn/stilzetten").await;
        assert!(browser.submit(&page, "/mijn/stilzetten", &format!("part={part}")).await.status.is_redirection(), "{part}");
        let shop = browser.get("/winkel").await.text;
        assert!(shop.contains(says) && !shop.contains(not), "{part}: {shop}");
    }
    let page = browser.get("/winkel/persoonlijk").await;
    browser.submit(&page, "/winkel/persoonlijk", "answer=yes&until=P1D&device=yes").await;
    let shop = browser.get("/winkel").await.text;
    assert!(shop.contains("Persoonlijk: aan") && !shop.contains("stil"), "{shop}");
}
