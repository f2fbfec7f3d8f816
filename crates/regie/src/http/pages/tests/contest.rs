//! Contesting a decision on the page.

use axum::http::StatusCode;
use regie_domain::consent::ClaimedEvidence;
use regie_domain::fact::ContestOutcome;

use super::{Browser, world, world_under};

const PAGE: &str = "/mijn/besluiten";

#[tokio::test]
async fn a_decision_is_contested_in_one_press_and_the_answer_is_read_there() {
    let retail = include_str!("../../../../../../policy/retail.toml");
    let (head, delivery) = retail.split_at(retail.find("[[purpose]]\nid = \"delivery\"").unwrap());
    let basis = "basis = \"contract\"";
    let contest = format!("{basis}\ncontest = {{ nl = \"We weigeren achteraf betalen.\", en = \"We refuse pay-later.\" }}");
    let world = world_under(format!("{head}{}", delivery.replacen(basis, &contest, 1))).await;
    let mut browser = Browser::new(&world);
    assert!(browser.enter().await.text.contains(PAGE));
    let page = browser.get(PAGE).await;
    assert!(page.text.contains("We weigeren achteraf betalen.") && page.text.contains("Laat een mens ernaar kijken"), "{}", page.text);
    assert_eq!(browser.submit(&page, PAGE, "purpose=order-handling").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let long = browser.submit(&page, PAGE, &format!("purpose=delivery&reason={}", "é".repeat(1001))).await;
    assert!(
        long.status == StatusCode::UNPROCESSABLE_ENTITY && long.text.contains("Dit is te lang.") && long.text.contains("éé"),
        "{}",
        long.text
    );
    assert_eq!(browser.submit(&page, PAGE, "purpose=delivery&reason=Ik+betaal+%3Caltijd%3E.").await.to.as_deref(), Some(PAGE));
    browser.submit(&page, PAGE, "purpose=delivery").await;
    assert!(browser.get(PAGE).await.text.contains("Genoteerd."), "pressed twice");
    browser.submit(&page, PAGE, "purpose=delivery&reason=Iets+anders.").await;
    assert!(browser.get(PAGE).await.text.contains("Je vroeg dit al."));
    let contests = world.site.engine.contests(world.customer).unwrap();
    assert_eq!((contests.len(), contests[0].reason.as_deref()), (1, Some("Ik betaal <altijd>.")), "pressed twice");
    let page = browser.get(PAGE).await;
    assert!(page.text.contains("Een mens gaat ernaar kijken.") && !page.text.contains("Laat een mens ernaar kijken"), "{}", page.text);
    let word = |text: &str| Some(text.to_owned());
    let staff = ClaimedEvidence { policy_version: None, language: word("nl"), method: word("email"), actor: word("staff") };
    let reasons = "Er stond <nog> een rekening open.".to_owned();
    let answer = world.site.engine.answer_contest(world.customer, contests[0].contest, ContestOutcome::Changed, reasons, Some(staff));
    answer.await.unwrap();
    for path in [PAGE, "/mijn/tijdlijn"] {
        let page = browser.get(path).await;
        assert!(page.text.contains("een rekening open") && !page.text.contains("<nog>"), "{path}: {}", page.text);
    }
    let proofs = browser.get("/mijn/bewijs").await;
    assert!(
        proofs.text.contains("Je vroeg of een mens naar een besluit kijkt") && proofs.text.contains("Het besluit is veranderd."),
        "{}",
        proofs.text
    );
}

#[tokio::test]
async fn where_nothing_is_decided_there_is_no_such_page() {
    let world = world().await;
    let mut browser = Browser::new(&world);
    assert!(!browser.enter().await.text.contains(PAGE));
    assert_eq!(browser.get(PAGE).await.status, StatusCode::NOT_FOUND);
}
