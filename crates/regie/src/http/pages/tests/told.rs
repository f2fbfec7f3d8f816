//! *Mijn informatie* as a browser meets it: telling, for the shop or for a partner, and what the pages say of that.

use axum::http::StatusCode;
use regie_domain::information::{InformationItem, ToldState};

use super::{Browser, world};
use crate::engine::disclosures::Disclose;

#[tokio::test]
async fn faith_and_health_are_asked_about_only_where_a_choice_can_tell_of_them() {
    let world = world().await;
    let item = |id: &str, diets: &[&str]| serde_json::from_value(serde_json::json!({"item": id, "diets": diets})).unwrap();
    world.site.engine.put_catalogue(vec![item("lamb", &["halal"]), item("carrot", &["vegan", "gluten-free"])]).await.unwrap();
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/informatie/diet";
    let form = customer.get(path).await;
    assert!(form.text.contains("value=\"halal\" data-special") && !form.text.contains("value=\"vegan\" data-special"), "{}", form.text);
    for (fields, status) in [
        ("value=vegan&until=P1D&purpose=recommendations", StatusCode::SEE_OTHER),
        ("value=vegan&until=P1D", StatusCode::UNPROCESSABLE_ENTITY),
        ("value=vegan&until=P1D&purpose=sharing-with-partners", StatusCode::UNPROCESSABLE_ENTITY),
        ("value=vegan&until=P1D&purpose=recommendations&recipient=example-partner", StatusCode::UNPROCESSABLE_ENTITY),
        ("value=vegan&until=P1D&purpose=sharing-with-partners&recipient=carrier", StatusCode::UNPROCESSABLE_ENTITY),
        ("value=vegan&until=P1D&purpose=sharing-with-partners&recipient=example-partner", StatusCode::SEE_OTHER),
        ("value=halal&until=P1D&purpose=recommendations", StatusCode::UNPROCESSABLE_ENTITY),
        ("value=vegan&value=gluten-free&until=P1D&purpose=recommendations", StatusCode::UNPROCESSABLE_ENTITY),
        ("value=halal&until=P1D&explicit=yes&purpose=recommendations", StatusCode::SEE_OTHER),
    ] {
        assert_eq!(customer.submit(&form, path, fields).await.status, status, "{fields}");
    }
    let household = customer.get("/mijn/informatie/household").await;
    assert!(!household.text.contains("name=\"explicit\""));
}

/// Where nobody uses what was told, there is no difference to show, and the page says why.
#[tokio::test]
async fn what_is_not_used_makes_no_difference_and_that_is_said() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let (path, compare) = ("/mijn/informatie/household", "/mijn/informatie/household/verschil");
    assert_eq!(customer.get(compare).await.status, StatusCode::NOT_FOUND, "nothing was told");
    let form = customer.get(path).await;
    customer.submit(&form, path, "people=2&purpose=recommendations&until=P1D").await;
    let compared = customer.get(compare).await.text;
    assert!(
        compared.contains("Je lijst zonder deze reden") && compared.contains("alsof je dit nooit vertelde: je huishouden"),
        "{compared}"
    );
    let rooms = customer.get("/mijn/informatie").await;
    customer.submit(&rooms, &format!("{path}/verberg"), "").await;
    let hidden = customer.get(compare).await.text;
    assert!(hidden.contains("Je verborg dit: je huishouden") && !hidden.contains("eerste zes tips"), "{hidden}");
    customer.submit(&form, path, "people=2&purpose=sharing-with-partners&recipient=example-partner&until=P1D").await;
    let shared = customer.get(compare).await.text;
    assert!(shared.contains("Alleen wie jij noemde"), "{shared}");
}

/// What is missing in a form is named by the link that leads to it.
#[tokio::test]
async fn a_missing_partner_is_said_where_partners_are() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/sharing-with-partners";
    let form = customer.get(path).await;
    assert!(form.text.contains("Minstens één is nodig.") && !form.text.contains("blijft het bij ons"), "{}", form.text);
    let missing = customer.submit(&form, path, "answer=yes&until=P1D").await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        missing.text.contains("<a href=\"#who-else\">Kies met wie</a>") && missing.text.contains("id=\"who-else\" aria-describedby"),
        "{}",
        missing.text
    );
}

/// What is shared with a partner alone is not the shop's to use; it is not hidden either, and the partner is among those who have something.
#[tokio::test]
async fn one_thing_can_be_shared_with_a_partner_alone() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/informatie/household";
    let form = customer.get(path).await;
    customer.submit(&form, path, "people=2&purpose=sharing-with-partners&recipient=example-partner&until=P1D&of-age=yes").await;
    let told = &world.site.engine.information(world.customer).unwrap()[0];
    assert_eq!((told.recipients.as_slice(), told.state), (&["example-partner".to_owned()][..], ToldState::Shared));
    let page = customer.get("/mijn/informatie").await;
    assert!(
        page.text.contains("Het mag alleen gebruikt worden door onze partner.")
            && page.text.contains("nog ")
            && !page.text.contains("verborgen"),
        "{}",
        page.text
    );
    let home = customer.get("/mijn").await;
    assert!(home.text.contains("Onze partner") && !home.text.contains("verborgen"));
    // Something is on, and not for the shop.
    assert!(home.text.contains("Wat je vertelde, mag alleen gebruikt worden door: onze partner."), "{}", home.text);
    assert!(!home.text.contains("Er staat niets extra") && !home.text.contains("telt mee in je tips"), "{}", home.text);
    let told = customer.get("/mijn/tijdlijn").await.text;
    assert!(told.contains("te gebruiken door onze partner: tot "), "{told}");
    let english = customer.get("/mijn/toestemming/sharing-with-partners?lang=en").await.text;
    assert!(english.contains("The shop, and whom you choose: our partner."), "{english}");
}

/// A no to a purpose leaves what is told for it since: the overview says so beside the no, and the card does not promise the shop's use.
#[tokio::test]
async fn a_no_says_what_is_shared_all_the_same() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    customer.submit(&home, "/mijn/toestemming/sharing-with-partners", "answer=no").await;
    assert!(!customer.get("/mijn").await.text.contains("Alleen wat je er zelf voor vertelde"));
    let path = "/mijn/informatie/household";
    let form = customer.get(path).await;
    customer.submit(&form, path, "people=2&purpose=sharing-with-partners&recipient=example-partner&until=P1D&of-age=yes").await;
    let home = customer.get("/mijn").await.text;
    assert!(home.contains("Alleen wat je er zelf voor vertelde wel: je huishouden."), "{home}");
    let card = customer.get("/mijn/informatie").await.text;
    assert!(card.contains("De winkel doet er niets mee. Wie je koos, mag het gebruiken: onze partner."), "{card}");
}

/// What somebody else got before is theirs: the page that asks about erasing says so.
#[tokio::test]
async fn an_erasure_takes_back_nothing_that_was_sent_and_says_so() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    assert!(!customer.get("/mijn/wissen").await.text.contains("Onze partner"));
    let path = "/mijn/informatie/household";
    let form = customer.get(path).await;
    customer.submit(&form, path, "people=2&purpose=sharing-with-partners&recipient=example-partner&until=P1D&of-age=yes").await;
    assert!(!customer.get("/mijn/wissen").await.text.contains("Onze partner"), "permitted, and not sent");
    let sent = Disclose {
        recipient: "example-partner".into(),
        purpose: "sharing-with-partners".into(),
        categories: vec!["my-information".into()],
        items: vec![InformationItem::Household],
        channel: None,
        visit: None,
        reference: None,
    };
    world.site.engine.disclose(world.customer, sent, None).await.unwrap();
    let page = customer.get("/mijn/wissen").await.text;
    assert!(page.contains("Onze partner") && page.contains("niet terughalen"), "{page}");
}

/// A button does what its page shows: what was told anew meanwhile, for somebody else, is neither shown again nor prolonged by it.
#[tokio::test]
async fn a_button_of_an_older_page_widens_nothing_that_it_did_not_show() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/informatie/household";
    let form = customer.get(path).await;
    let told = || world.site.engine.information(world.customer).unwrap().remove(0);
    customer.submit(&form, path, "people=2&purpose=recommendations&until=P1W&of-age=yes").await;
    let with_week = customer.get("/mijn/informatie").await;
    customer.submit(&form, &format!("{path}/verberg"), "").await;
    let hidden = customer.get("/mijn/informatie").await;
    customer.submit(&form, path, "people=2&purpose=sharing-with-partners&recipient=example-partner&until=P1W").await;
    let before = told();
    customer.press(&with_week, &format!("{path}/langer"), "").await;
    assert_eq!(told(), before);
    assert!(customer.get("/mijn/informatie").await.text.contains("Er is nu niets veranderd. Zo staat het: je huishouden"));
    customer.submit(&form, &format!("{path}/verberg"), "").await;
    customer.press(&hidden, &format!("{path}/toon"), "").await;
    assert_eq!(told().state, ToldState::Hidden);
    let page = customer.get("/mijn/informatie").await;
    assert!(page.text.contains("Er is intussen iets veranderd"), "{}", page.text);
    customer.press(&page, &format!("{path}/toon"), "").await;
    assert_eq!((told().state, told().until), (ToldState::Shared, before.until));
}
