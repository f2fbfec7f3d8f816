//! One tap each: hide, show again, a week longer, take back.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::UntilWish;
use regie_domain::information::InformationItem;

use super::super::desk::DeskForm;
use super::super::terms;
use super::name;
use crate::http::pages::asked::InPath;
use crate::http::pages::problem::{Problem, problem, refused};

const BACK: &str = "/mijn/informatie";
const METHOD: &str = "portal";

enum Act {
    Hide,
    ShowAgain,
    Longer,
    TakeBack,
}

/// `POST /mijn/informatie/{item}/verberg`
pub(in super::super) async fn hide(InPath(item): InPath, form: DeskForm) -> Response {
    act(&item, form, Act::Hide).await
}

/// `POST /mijn/informatie/{item}/toon`
pub(in super::super) async fn show_again(InPath(item): InPath, form: DeskForm) -> Response {
    act(&item, form, Act::ShowAgain).await
}

/// `POST /mijn/informatie/{item}/langer`
pub(in super::super) async fn longer(InPath(item): InPath, form: DeskForm) -> Response {
    act(&item, form, Act::Longer).await
}

/// `POST /mijn/informatie/{item}/weg`
pub(in super::super) async fn take_back(InPath(item): InPath, form: DeskForm) -> Response {
    act(&item, form, Act::TakeBack).await
}

async fn act(item: &str, form: DeskForm, act: Act) -> Response {
    let DeskForm { posted, customer } = form;
    let mut caller = posted.caller;
    let Some(item) = InformationItem::of(item) else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let (t, engine) = (caller.words, caller.site.engine.clone());
    let evidence = caller.evidence(METHOD);
    let what = terms::inside(&name(t, item));
    let told = match act {
        Act::Hide => engine.hide(customer, item, evidence).await.map(|_| t.with("information-told-hidden", &[("item", what.into())])),
        Act::ShowAgain => {
            engine.tell_again(customer, item, None, evidence).await.map(|_| t.with("information-told-shown", &[("item", what.into())]))
        }
        Act::Longer => engine.tell_again(customer, item, Some(UntilWish::Week), evidence).await.map(|told| {
            let left = match told.ends {
                regie_domain::fact::Until::Moment(at) => caller.dates().left(at),
                _ => t.get("until-withdrawn"),
            };
            t.with("information-told-longer", &[("item", what.into()), ("left", left.into())])
        }),
        Act::TakeBack => {
            engine.take_back(customer, item, evidence).await.map(|()| t.with("information-told-gone", &[("item", what.into())]))
        }
    };
    match told {
        Ok(told) => {
            caller.tell_choice(told);
            caller.go(BACK)
        }
        Err(error) => refused(caller, &error),
    }
}
