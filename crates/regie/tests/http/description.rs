//! The description of the interface says what is served: every route, and answers as they are.

use std::collections::BTreeSet;

use regie::http::{Access, routes};
use serde_json::{Value, json};

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described() {
    let server = Server::start().await;
    let document = server.send(server.request("GET", "/openapi.json", "")).await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let mut ids = BTreeSet::new();
    for route in routes() {
        let operation = &document["paths"][&route.path][route.method_name().to_lowercase()];
        assert!(operation.is_object(), "{} {} is not described", route.method_name(), route.path);
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{} stands twice", operation["operationId"]);
        let needs_key = !matches!(route.access, Access::Open | Access::WriteKeyInPath);
        assert_eq!(operation["security"].is_array(), needs_key, "{}", route.path);
        assert!(operation["responses"]["default"]["content"]["application/problem+json"].is_object());
        let in_path: Vec<&str> = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let described: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|p| p["in"] == "path")
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        assert!(route.method_name() == "OPTIONS" || in_path == described, "{}: {described:?}", route.path);
    }
    let operations: usize = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, ids.len(), "something is described that is not served");

    // Every reference leads somewhere.
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 40);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    server.stop().await;
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|v| collect_references(v, found));
        }
        Value::Array(all) => all.iter().for_each(|v| collect_references(v, found)),
        _ => {}
    }
}

/// Are the answer's fields those of the description, all required ones there and no other?
#[track_caller]
fn fits(document: &Value, name: &str, answer: &Value) {
    let schema = &document["components"]["schemas"][name];
    let described: BTreeSet<&str> =
        schema["properties"].as_object().unwrap_or_else(|| panic!("{name} is not described")).keys().map(String::as_str).collect();
    let sent: BTreeSet<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(sent.is_subset(&described), "{name}: {sent:?} against {described:?}");
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(sent.contains(required.as_str().unwrap()), "{name} lacks {required}");
    }
}

/// Is a `value` of this kind described where it is given and taken, by exactly one of the kinds that it can be?
#[track_caller]
fn is_told_value(document: &Value, name: &str, value: &Value) {
    let described = &document["components"]["schemas"][name]["properties"]["value"];
    assert_eq!(described["$ref"], "#/components/schemas/ToldValue", "{name}");
    let kind = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        _ => "object",
    };
    let kinds = document["components"]["schemas"]["ToldValue"]["oneOf"].as_array().unwrap();
    assert_eq!(kinds.iter().filter(|k| k["type"] == kind).count(), 1, "{value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_described() {
    let server = Server::start().await;
    let document = server.send(server.request("GET", "/openapi.json", "")).await.ok();
    let customer = server.customer("1").await;
    fits(&document, "ConsentState", &server.give(&customer, "recommendations", "P1D").await);
    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await.ok();
    fits(&document, "Consents", &list);
    fits(&document, "PastChoice", &list["history"][0]);
    fits(&document, "PastEvidence", &list["history"][0]["evidence"]);
    list["consents"].as_array().unwrap().iter().for_each(|state| fits(&document, "ConsentState", state));
    let asked = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
    fits(&document, "Decision", &server.api("POST", "/v1/decisions", asked).await.ok());
    let explained = json!({"customer": customer, "category": "purchases", "purpose": "recommendations", "at": list["history"][0]["at"]});
    let explained = server.api("POST", "/v1/decisions?explain=true", explained).await.ok();
    fits(&document, "Decision", &explained);
    fits(&document, "Explanation", &explained["explanation"]);
    fits(&document, "Sentence", &explained["explanation"]["because"]);
    fits(&document, "ConsentMode", &server.api("GET", "/v1/consent-mode", Value::Null).await.ok());
    fits(&document, "Gpc", &server.api("GET", "/.well-known/gpc.json", Value::Null).await.ok());
    let restrictions = server.api("PUT", &format!("/v1/customers/{customer}/restrictions/marketing-email/contact"), Value::Null).await.ok();
    fits(&document, "Restrictions", &restrictions);
    fits(&document, "Restriction", &restrictions["restrictions"][0]);
    fits(&document, "PastRestriction", &restrictions["history"][0]);
    let recommended = server.api("POST", "/v1/recommendations", json!({"customer": customer, "channel": "web"})).await.ok();
    fits(&document, "Recommendations", &recommended);
    let item = &recommended["items"][0];
    fits(&document, "RecommendedItem", item);
    fits(&document, "Because", &item["because"][0]);
    let disclosed = json!({"customer": customer, "recipient": "carrier", "purpose": "delivery", "categories": ["contact"]});
    fits(&document, "Disclosed", &server.api("POST", "/v1/disclosures", disclosed).await.ok());
    let seen = |what: &str| format!("/v1/customers/{customer}/{what}");
    let disclosures = server.api("GET", &seen("disclosures"), Value::Null).await.ok();
    fits(&document, "Disclosures", &disclosures);
    fits(&document, "Disclosed", &disclosures["disclosures"][0]);
    let uses = server.api("GET", &seen("uses"), Value::Null).await.ok();
    fits(&document, "UsesOf", &uses);
    fits(&document, "UsesOfPeriod", &uses["periods"][0]);
    fits(&document, "UsedHowOften", &uses["periods"][0]["uses"][0]);
    fits(&document, "UseTotals", &uses["totals"]);
    let timeline = server.api("GET", &seen("timeline"), Value::Null).await.ok();
    fits(&document, "Timeline", &timeline);
    fits(&document, "TimelineTotals", &timeline["totals"]);
    timeline["entries"].as_array().unwrap().iter().for_each(|row| fits(&document, "TimelineRow", row));
    for (item, value) in [
        ("diet", json!(["vegan"])),
        ("sizes", json!({"tops": "M", "shoes": 42})),
        ("birthday", json!("05-01")),
        ("household", json!({"people": "3-4", "children": ["0-3"]})),
    ] {
        is_told_value(&document, "Statement", &value);
        let told = json!({"value": value, "purpose": "recommendations", "until": "P1D"});
        let told = server.api("PUT", &format!("/v1/customers/{customer}/information/{item}"), told).await.ok();
        fits(&document, "Information", &told);
        is_told_value(&document, "Information", &told["value"]);
    }
    let list = server.api("GET", &format!("/v1/customers/{customer}/information"), Value::Null).await.ok();
    fits(&document, "InformationList", &list);
    // What nobody may use now has no value.
    server.api("PUT", &format!("/v1/customers/{customer}/restrictions/recommendations/my-information"), Value::Null).await.ok();
    let held_back = server.api("GET", &format!("/v1/customers/{customer}/information/diet"), Value::Null).await.ok();
    assert_eq!(held_back["value"], Value::Null);
    fits(&document, "Information", &held_back);
    let erased = server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.ok();
    fits(&document, "Erased", &erased);
    fits(&document, "KeptByLaw", &erased["kept"][0]);
    fits(&document, "Problem", &server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.body);
    server.stop().await;
}
