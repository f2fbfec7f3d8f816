//! `/mijn/waarom/{item}/zonder` and `/mijn/informatie/{item}/verschil`: what the list would be without that reason. Nothing is changed by
//! looking; both lists are made from what is permitted now, and recorded as uses like any other.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::information::{InformationItem, ToldState};

use super::compare::{ComparePage, TipList, both};
use super::information::name as information_name;
use super::terms;
use super::views::{Go, PlainPage};
use super::why::{name_of, shown_because};
use crate::engine::EngineError;
use crate::engine::api::{Recommendations, Wish, Without};
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::problem::{Problem, problem, refused};

/// More than are shown, because many bear one name.
const ASKED: usize = 24;
const PAGE: &str = "/mijn/informatie";

/// Without the reason of one tip.
pub(super) async fn show(caller: Caller, InPath(item): InPath) -> Response {
    let because = match shown_because(&caller, &item).await {
        Ok(because) => because,
        Err(error) => return refused(caller, &error),
    };
    let mut without = Without::default();
    let (mut items, mut told): (Vec<String>, Vec<String>) = Default::default();
    for reason in &because {
        match reason.information {
            Some(item) if !without.information.contains(&item) => {
                told.push(terms::inside(&information_name(caller.words, item)));
                without.information.push(item);
            }
            None if !without.items.iter().any(|i| **i == *reason.item) => {
                let name = name_of(&caller, &reason.item).0;
                // Two items of one name read as one, and are left out as one.
                if !items.contains(&name) {
                    items.push(name);
                }
                without.items.push(reason.item.to_string());
            }
            _ => {}
        }
    }
    if without.is_nothing() {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    }
    let t = caller.words;
    let quoted: Vec<String> = items.iter().map(|name| t.with("without-quoted", &[("item", name.into())])).collect();
    let values = [("items", terms::listed(t, &quoted).into()), ("told", terms::listed(t, &told).into())];
    let key = match (items.is_empty(), told.is_empty()) {
        (false, true) => "without-items",
        (true, _) => "without-told",
        (false, false) => "without-both",
    };
    let lead = t.with(key, &values);
    compare(caller, without, lead, format!("/mijn/waarom/{item}"), "why-title").await
}

/// Without one thing that was told; where the shop does not use it now, there is nothing to compare, and that is said.
pub(super) async fn information(mut caller: Caller, InPath(item): InPath) -> Response {
    let Some(item) = InformationItem::of(&item) else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let Some(customer) = caller.customer() else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let told = match caller.site.engine.information(customer) {
        Ok(all) => all.into_iter().find(|told| told.item == item),
        Err(error) => return refused(caller, &error),
    };
    let Some(told) = told else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let t = caller.words;
    let values = [("told", terms::inside(&information_name(t, item)).into())];
    let unused = match told.state {
        ToldState::InUse if item == InformationItem::Birthday => Some("without-birthday"),
        ToldState::InUse => None,
        ToldState::Hidden => Some("without-hidden"),
        ToldState::Shared => Some("without-shared"),
        ToldState::Held(_) => Some("without-held"),
    };
    match unused {
        None => {
            compare(
                caller,
                Without { information: vec![item], ..Without::default() },
                t.with("without-told", &values),
                PAGE.into(),
                "information-title",
            )
            .await
        }
        Some(key) => {
            let f = caller.frame(t.get("without-page"));
            let go = Some(Go { to: PAGE.into(), label: t.get("information-title"), post: false });
            caller.page(&PlainPage { f, title: t.get("without-nothing"), lead: t.with(key, &values), go })
        }
    }
}

async fn compare(mut caller: Caller, without: Without, lead: String, back: String, back_label: &str) -> Response {
    let lists = async { Ok::<_, EngineError>((list(&caller, Without::default()).await?, list(&caller, without).await?)) };
    let (with, without) = match lists.await {
        Ok(lists) => lists,
        Err(error) => return refused(caller, &error),
    };
    let t = caller.words;
    if !with.personal {
        let f = caller.frame(t.get("without-page"));
        let go = Some(Go { to: back, label: t.get(back_label), post: false });
        return caller.page(&PlainPage { f, title: t.get("without-title"), lead: t.get("difference-not-now"), go });
    }
    let ([with, without], gone) = both(&caller, &with, &without, ["without-gone", "without-new"]);
    let sum = t.with("without-sum", &[("count", gone.into())]);
    let lists = vec![
        TipList { id: "with", title: t.get("without-with"), note: String::new(), tips: with },
        TipList { id: "without", title: t.get("without-without"), note: String::new(), tips: without },
    ];
    let f = caller.frame(t.get("without-page"));
    let page = ComparePage {
        f,
        switch: Some((t.get("without-switch"), back.clone())),
        back,
        back_label: t.get(back_label),
        title: t.get("without-title"),
        lead,
        sum,
        lists,
        note: t.get("without-note"),
    };
    caller.page(&page)
}

async fn list(caller: &Caller, without: Without) -> Result<Recommendations, EngineError> {
    let wish = Wish {
        customer: caller.customer(),
        visit: caller.session.seen.clone(),
        visit_id: Some(caller.session.visit.clone()),
        channel: "web".into(),
        limit: ASKED,
        without,
        ..Wish::default()
    };
    caller.site.engine.recommend(wish).await
}
