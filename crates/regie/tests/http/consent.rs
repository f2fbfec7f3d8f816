//! Restrictions, past and explained decisions, and the signals of browsers, as systems and browsers see them.

use serde_json::{Value, json};

use crate::server::{ORIGIN, Server, WEB, evidence, order};

fn asked(customer: &str, purpose: &str) -> Value {
    json!({"customer": customer, "category": "purchases", "purpose": purpose})
}

fn by(actor: &str) -> Value {
    json!({"evidence": {"language": "nl", "method": "telephone", "actor": actor}})
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_are_restricted_and_lifted() {
    let server = Server::start().await;
    let customer = server.customer("1001").await;
    server.give(&customer, "recommendations", "P1W").await;
    let part = |part: &str| format!("/v1/customers/{customer}/restrictions/{part}");
    let verdict = async || server.api("POST", "/v1/decisions", asked(&customer, "recommendations")).await.ok()["reason"].clone();

    let made = server.api("PUT", &part("recommendations/purchases"), json!({"ground": "accuracy", "evidence": evidence()})).await.ok();
    assert_eq!(made["customer"], json!(customer));
    let stands = &made["restrictions"][0];
    assert_eq!(
        (&stands["purpose"], &stands["category"], &stands["ground"]),
        (&json!("recommendations"), &json!("purchases"), &json!("accuracy"))
    );
    assert_eq!(verdict().await, json!("restricted"));
    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await.ok();
    let state = list["consents"].as_array().unwrap().iter().find(|c| c["purpose"] == "recommendations").unwrap();
    assert_eq!((&state["state"], &state["restricted"]), (&json!("given"), &json!(["purchases"])));

    // Somebody else lifts it only after the customer was told; the refusal says how.
    let early = server.api("DELETE", &part("recommendations/purchases"), by("staff")).await;
    early.is_problem(409, "customer_not_told");
    assert!(early.body["remedy"].as_str().unwrap().contains("/told"));
    server.api("DELETE", &part("recommendations/purchases"), json!({})).await.is_problem(422, "evidence_missing");
    let told = server.api("PUT", &part("recommendations/purchases/told"), by("staff")).await.ok();
    assert!(told["restrictions"][0]["told_at"].is_string());
    let lifted = server.api("DELETE", &part("recommendations/purchases"), by("staff")).await.ok();
    assert_eq!(lifted["restrictions"], json!([]));
    let changes: Vec<&str> = lifted["history"].as_array().unwrap().iter().map(|h| h["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["lifted", "told", "restricted"]);
    assert_eq!(verdict().await, json!("consent"));

    // The whole record, without a body; the customer's own word lifts it.
    server.api("PUT", &part("all/all"), Value::Null).await.ok();
    assert_eq!(verdict().await, json!("restricted"));
    let recommended = server.api("POST", "/v1/recommendations", json!({"customer": customer, "channel": "web"})).await.ok();
    assert_eq!((&recommended["personal"], &recommended["reason"]), (&json!(false), &json!("restricted")));
    server.api("DELETE", &part("all/all"), by("customer")).await.ok();
    assert_eq!(verdict().await, json!("consent"));

    for (method, path, body, status, code) in [
        ("PUT", "gone/all", Value::Null, 422, "purpose_unknown"),
        ("PUT", "all/gone", Value::Null, 422, "category_unknown"),
        ("PUT", "delivery/purchases", Value::Null, 422, "category_outside_purpose"),
        ("PUT", "all/all", json!({"ground": "just because"}), 400, "ground_unknown"),
        ("PUT", "all/all", json!({"because": "x"}), 400, "field_unknown"),
        ("PUT", "all/all/told", by("staff"), 409, "not_restricted"),
        ("DELETE", "all/all", by("nobody"), 422, "evidence_missing"),
    ] {
        server.api(method, &part(path), body).await.is_problem(status, code);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_answers_and_says_why() {
    let server = Server::start().await;
    let customer = server.customer("1001").await;
    let given = server.give(&customer, "recommendations", "P1W").await;
    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await.ok();
    let given_at = list["history"][0]["at"].clone();
    // Times are told to the second, so what is withdrawn within the same one was not allowed in it.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    server.api("DELETE", &format!("/v1/customers/{customer}/consents/recommendations"), Value::Null).await.ok();
    for name in [customer.as_str(), "user:1001"] {
        let mut then = asked(name, "recommendations");
        then["at"] = given_at.clone();
        let was = server.api("POST", "/v1/decisions", then.clone()).await.ok();
        assert_eq!((&was["decision"], &was["until"], &was["at"]), (&json!("allow"), &given["until"], &given_at), "{was}");
        let why = server.api("POST", "/v1/decisions?explain=true", then).await.ok();
        let explanation = &why["explanation"];
        assert_eq!(explanation["rule"], json!("rule_1_consent_holds"));
        assert_eq!((&explanation["basis"], &explanation["customer_can"]), (&json!("consent"), &json!("withdraw")));
        assert_eq!(explanation["rests_on"]["choice"], json!("given"));
        assert_eq!(explanation["rests_on"]["evidence"]["method"], json!("shop"));
        assert_eq!(explanation["policy_version"], json!(server.engine.policy().version));
    }
    let now = server.api("POST", "/v1/decisions?explain=true", asked("user:1001", "recommendations")).await.ok();
    assert_eq!((&now["decision"], &now["explanation"]["rule"]), (&json!("deny"), &json!("rule_4_withdrawn")));
    assert!(now["explanation"]["because"]["nl"].as_str().unwrap().starts_with("Dit mag niet meer"));
    assert!(now["explanation"]["customer_could"]["en"].as_str().unwrap().contains("You can allow this"));
    assert!(now.get("at").is_none());
    let plain = server.api("POST", "/v1/decisions?explain=false", asked("user:1001", "recommendations")).await.ok();
    assert_eq!(plain, json!({"decision": "deny", "reason": "withdrawn"}));
    // A use is explained too.
    let mut using = asked(&customer, "order-handling");
    using["use"] = json!(true);
    let used = server.api("POST", "/v1/decisions?explain=true", using.clone()).await.ok();
    assert_eq!(used["explanation"]["rule"], json!("rule_7_contract"));

    let at = |at: &str| {
        let mut wish = asked(&customer, "recommendations");
        wish["at"] = json!(at);
        wish
    };
    let both = {
        let mut wish = at("2026-01-01T00:00:00Z");
        wish["use"] = json!(true);
        wish
    };
    for (path, body, status, code) in [
        ("/v1/decisions", at("2999-01-01T00:00:00Z"), 422, "at_in_the_future"),
        ("/v1/decisions", at("1999-01-01T00:00:00Z"), 422, "at_before_policy"),
        ("/v1/decisions", at("yesterday"), 400, "at_not_understood"),
        ("/v1/decisions", both, 400, "past_use"),
        ("/v1/decisions?explain=yes", asked(&customer, "recommendations"), 400, "explain_not_understood"),
        ("/v1/decisions?explain=true&explain=true", asked(&customer, "recommendations"), 400, "field_repeated"),
        ("/v1/decisions?why=true", asked(&customer, "recommendations"), 400, "field_unknown"),
    ] {
        server.api("POST", path, body).await.is_problem(status, code);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_told_what_its_tags_may_do() {
    let server = Server::start().await;
    let customer = server.customer("1001").await;
    let mode = async |query: &str| server.api("GET", &format!("/v1/consent-mode{query}"), Value::Null).await.ok();
    let granted = |mode: &Value| -> Vec<String> {
        mode.as_object().unwrap().iter().filter(|(_, v)| **v == json!("granted")).map(|(k, _)| k.clone()).collect()
    };
    let stranger = mode("").await;
    assert_eq!(stranger.as_object().unwrap().len(), 7, "{stranger}");
    assert_eq!(granted(&stranger), ["security_storage"]);
    let own = format!("?customer={customer}");
    assert_eq!(granted(&mode(&own).await), ["security_storage"]);
    // A yes that names no recipient is for the retailer alone: an advertising company's tags get nothing by it.
    server.give(&customer, "personalised-advertising", "P1W").await;
    assert_eq!(granted(&mode(&own).await), ["security_storage"]);
    let path = format!("/v1/customers/{customer}/consents/personalised-advertising");
    let wide = json!({"until": "P1W", "recipients": ["retailer", "advertising-partner"], "evidence": evidence()});
    server.api("PUT", &path, wide).await.ok();
    assert_eq!(granted(&mode(&own).await), ["ad_personalization", "ad_user_data", "security_storage"]);
    server.give(&customer, "device-storage", "P1W").await;
    let all = granted(&mode(&own).await);
    assert_eq!(all, ["ad_personalization", "ad_user_data", "functionality_storage", "security_storage"]);
    server.api("DELETE", &path, Value::Null).await.ok();
    assert_eq!(granted(&mode(&own).await), ["functionality_storage", "security_storage"]);
    server.api("GET", "/v1/consent-mode?customer=user:1001", Value::Null).await.is_problem(400, "customer_id_not_opaque");
    server.api("GET", "/v1/consent-mode?page=x", Value::Null).await.is_problem(400, "field_unknown");

    let known = server.send(server.request("GET", "/.well-known/gpc.json", "")).await.ok();
    let day = known["lastUpdate"].as_str().unwrap();
    assert!(known["gpc"] == json!(true) && day.len() == 10 && day.as_bytes()[4] == b'-', "{known}");
    server.stop().await;
}

/// `Sec-GPC: 1` from a browser: third parties get nothing of what it sends, unless its customer said yes to that here.
#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_no_goes_with_its_events() {
    let server = Server::start().await;
    let view = |device: &str, id: &str| json!({"batch": [{"type": "track", "event": "Product Viewed", "anonymousId": device, "messageId": id, "properties": {"product_id": "tea"}}]});
    let send = async |device: &str, id: &str, gpc: &[&str]| {
        let mut request = server.request("POST", "/v1/batch", WEB).header("origin", ORIGIN).json(&view(device, id));
        for value in gpc {
            request = request.header("sec-gpc", *value);
        }
        assert_eq!(server.send(request).await.ok(), json!({"success": true, "rejected": []}));
    };
    for (device, gpc, ruled_out) in
        [("d1", &[][..], false), ("d2", &["1"], true), ("d3", &["0"], false), ("d4", &["0", "1"], true), ("d5", &["1"], false)]
    {
        send(device, &format!("{device}-0"), &[]).await;
        let customer = server.lookup(&format!("anonymous:{device}")).await;
        server.give(&customer, "recommendations", "P1W").await;
        if device == "d5" {
            server.give(&customer, "personalised-advertising", "P1W").await;
            server.give(&customer, "sharing-with-partners", "P1W").await;
        }
        send(device, &format!("{device}-1"), gpc).await;
        let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
        let kept = export["events"].as_array().unwrap().last().unwrap();
        let expected = if ruled_out { json!(["personalised-advertising", "sharing-with-partners"]) } else { Value::Null };
        assert_eq!(kept["not_for"], expected, "{device}: {kept}");
    }
    // A server's request carries nobody's signal.
    let request = server.request("POST", "/v1/batch", crate::server::SHOP).header("sec-gpc", "1");
    server.send(request.json(&json!({"batch": [order("77", "order-77", &["tea"])]}))).await.ok();
    let customer = server.lookup("user:77").await;
    let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    assert_eq!(export["events"][0]["not_for"], Value::Null);
    server.stop().await;
}

/// A signal that a shop passes on is an objection that a specific yes goes before; it withdraws nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_passed_on_by_a_shop_yields_to_a_specific_yes() {
    let server = Server::start().await;
    let customer = server.customer("1001").await;
    let object = json!({"objects": true, "evidence": {"language": "und", "method": "gpc", "actor": "customer"}});
    let path = format!("/v1/customers/{customer}/objections/personalised-advertising");
    let stands = server.api("PUT", &path, object.clone()).await.ok();
    assert_eq!(stands["objected"], json!(true));
    let ask = json!({"customer": customer, "category": "browsing", "purpose": "personalised-advertising", "recipient": "advertising-partner", "channel": "web"});
    let why = server.api("POST", "/v1/decisions?explain=true", ask.clone()).await.ok();
    assert_eq!((&why["reason"], &why["explanation"]["rule"]), (&json!("objected"), &json!("rule_21_signal")));
    let yes = json!({"until": "P1W", "recipients": ["retailer", "advertising-partner"], "evidence": evidence()});
    server.api("PUT", &format!("/v1/customers/{customer}/consents/personalised-advertising"), yes).await.ok();
    assert_eq!(server.api("POST", "/v1/decisions", ask.clone()).await.ok()["reason"], json!("consent"));
    server.api("PUT", &path, object).await.ok();
    assert_eq!(server.api("POST", "/v1/decisions", ask).await.ok()["reason"], json!("consent"), "the same signal again withdraws nothing");
    server.stop().await;
}
