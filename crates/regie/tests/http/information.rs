//! `/v1/customers/{c}/information` over the wire: exactly the fields that the interface says, and what it refuses.

use serde_json::{Value, json};

use crate::server::{Server, evidence};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_read_back_steers_recommendations_and_goes() {
    let server = Server::start().await;
    let lines = [
        json!({"item": "steak", "department": "meat", "diets": []}),
        json!({"item": "carrots", "department": "vegetables", "diets": ["vegan"]}),
        json!({"item": "shirt", "department": "clothing", "sizes": {"tops": ["M"]}}),
    ];
    let lines = lines.map(|l| l.to_string()).join("\n");
    let put = server.request("PUT", "/v1/catalogue/items", crate::server::API).header("content-type", "application/x-ndjson").body(lines);
    assert_eq!(server.send(put).await.ok()["accepted"], 3);
    let c = server.customer("1").await;
    let path = |item: &str| format!("/v1/customers/{c}/information/{item}");
    server.api("GET", &path("diet"), Value::Null).await.is_problem(404, "information_unknown");

    let told = server.api("PUT", &path("diet"), json!({"value": "vegetarian", "purpose": "recommendations", "until": "P1W"})).await;
    assert_eq!(told.header("cache-control"), "no-store");
    let told = told.ok();
    assert_eq!((&told["item"], &told["value"], &told["state"]), (&json!("diet"), &json!(["vegetarian"]), &json!("in_use")));
    assert_eq!((&told["recipients"], &told["category"]), (&json!(["retailer"]), &json!("my-information")));
    assert_eq!(server.api("GET", &path("diet"), Value::Null).await.ok(), told);
    let list = server.api("GET", &format!("/v1/customers/{c}/information"), Value::Null).await.ok();
    assert_eq!(list, json!({"customer": c, "information": [told]}));
    let asked = json!({"customer": c, "category": "my-information", "purpose": "recommendations"});
    assert_eq!(server.api("POST", "/v1/decisions", asked.clone()).await.ok()["decision"], "allow");

    let recommend = || server.api("GET", "/v1/recommendations?channel=web&limit=10", Value::Null);
    let items = |answer: Value| -> Vec<String> {
        answer["items"].as_array().unwrap().iter().map(|i| i["item"].as_str().unwrap().to_owned()).collect()
    };
    assert!(items(recommend().await.ok()).contains(&"steak".to_owned()));
    let own = format!("/v1/recommendations?customer={c}&channel=web&limit=10");
    let answer = server.api("GET", &own, Value::Null).await.ok();
    let carrots = answer["items"].as_array().unwrap().iter().find(|i| i["item"] == "carrots").unwrap();
    assert_eq!((&carrots["because"][0]["information"], &carrots["because"][0]["category"]), (&json!("diet"), &json!("my-information")));
    assert!(!items(answer).contains(&"steak".to_owned()));

    // A retry of an old answer must not bring back what was taken back since.
    let keyed = server.api_keyed("GET", &own, "again", Value::Null).await.ok();
    assert!(!items(keyed).contains(&"steak".to_owned()));
    let gone = server.api("DELETE", &path("diet"), Value::Null).await.ok();
    assert_eq!(gone, json!({"customer": c, "item": "diet", "state": "removed"}));
    assert_eq!(server.api("DELETE", &path("diet"), Value::Null).await.ok(), gone, "again changes nothing");
    assert!(items(server.api("GET", &own, Value::Null).await.ok()).contains(&"steak".to_owned()));
    let retried = server.api_keyed("GET", &own, "again", Value::Null).await;
    assert!(!retried.status.is_success() || items(retried.body).contains(&"steak".to_owned()));
    assert_eq!(server.api("POST", "/v1/decisions", asked).await.ok()["decision"], "deny");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_of_it_repeated() {
    let server = Server::start().await;
    let c = server.customer("1").await;
    let path = |item: &str| format!("/v1/customers/{c}/information/{item}");
    let good = json!({"value": "vegan", "purpose": "recommendations", "until": "P1W"});
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (item, body, status, code) in [
        ("shoe-brand", good.clone(), 404, "item_unknown"),
        ("diet", with("value", json!("secret-diet")), 422, "value_not_understood"),
        ("diet", with("purpose", json!("nonsense")), 422, "purpose_unknown"),
        ("diet", with("until", json!("soon")), 422, "until_not_understood"),
        ("diet", with("until", json!("2020-01-01")), 422, "until_in_the_past"),
        ("diet", with("recipients", json!(["everybody"])), 422, "recipient_unknown"),
        ("diet", with("value", json!("halal")), 422, "explicit_permission_needed"),
        ("birthday", with("value", json!("1990-05-17")), 422, "year_of_birth"),
        ("interests", with("value", json!(["nothing-we-sell"])), 422, "interest_unknown"),
    ] {
        let answer = server.api("PUT", &path(item), body.clone()).await;
        answer.is_problem(status, code);
        let said = answer.body.to_string();
        for secret in ["secret-diet", "1990", "nothing-we-sell"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    for field in ["value", "purpose", "until"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(server.api("PUT", &path("diet"), body).await.status.as_u16() / 100, 4, "without {field}");
    }
    assert_eq!(server.api("PUT", &path("diet"), with("extra", json!(1))).await.status.as_u16() / 100, 4);
    let explicit = with("value", json!(["halal"]));
    let mut explicit = explicit;
    explicit["evidence"] = evidence();
    assert_eq!(server.api("PUT", &path("diet"), explicit).await.ok()["special"], json!(true));
    server.stop().await;
}

/// A request that comes again after its item was taken back has not failed: it was carried out, and what it told is told no more.
#[tokio::test(flavor = "multi_thread")]
async fn telling_that_comes_again_after_it_was_taken_back_says_so() {
    let server = Server::start().await;
    let c = server.customer("1").await;
    let path = format!("/v1/customers/{c}/information/diet");
    let statement = json!({"value": "vegetarian", "purpose": "recommendations", "until": "P1W"});
    assert_eq!(server.api_keyed("PUT", &path, "told", statement.clone()).await.ok()["state"], "in_use");
    server.api("DELETE", &path, Value::Null).await.ok();
    let after = server.forgetful().await;
    let again = after.api_keyed("PUT", &path, "told", statement).await.ok();
    assert_eq!(again, json!({"customer": c, "item": "diet", "state": "removed"}));
    after.api("GET", &path, Value::Null).await.is_problem(404, "information_unknown");
    server.stop().await;
}
