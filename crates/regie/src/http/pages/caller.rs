//! Who asks for a page: their session, language and cookies, read from the request and written into the answer.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRef, FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use regie_domain::fact::{Identifier, IdentifierKind};
use regie_domain::ids::Handle;

use super::dates::Dates;
use super::frame::{self, Complain, Frame};
use super::portal::{device, rooms};
use super::session::{Session, anonymous_id};
use super::site::Site;
use super::words::{Language, Words};
use crate::engine;
use crate::http::peer;
use crate::http::signals::Signals;

/// The cookie that names the session. Strictly needed: the basket, the log-in and the safety of forms hang on it.
const SESSION_COOKIE: &str = "regie_session";
/// The cookie that remembers the language.
const LANGUAGE_COOKIE: &str = "regie_lang";
/// The cookie that lets us recognise a device later: a secret, set only after the customer allowed it.
const DEVICE_COOKIE: &str = "regie_device";
/// The shop whose numbering anonymous ids belong to.
pub(crate) const SHOP_SOURCE: &str = "shop";
/// A year, the longest that a language is remembered.
const YEAR_SECONDS: i64 = 365 * 86_400;

/// Who asks.
#[derive(Debug)]
pub struct Caller {
    /// What the pages stand on.
    pub site: Arc<Site>,
    /// The words of their language.
    pub words: Words,
    /// Their session as it was when they asked.
    pub session: Session,
    id: String,
    /// The path of the request.
    pub path: String,
    /// The page asks for a part of itself.
    pub htmx: bool,
    /// Where the request came from, as far as that can be known: for pacing alone.
    pub(crate) from: Option<IpAddr>,
    /// The secret that their device carries.
    pub device: Option<String>,
    has_chosen_language: bool,
    cookies: Vec<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Arc<Site>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Caller, Infallible> {
        let site = Arc::<Site>::from_ref(state);
        let uri = OriginalUri::from_request_parts(parts, state).await.map(|u| u.0).unwrap_or_default();
        let asked = uri.query().unwrap_or_default().split('&').find_map(|p| p.strip_prefix("lang=")).and_then(Language::of_tag);
        let remembered = cookie(&parts.headers, LANGUAGE_COOKIE).and_then(Language::of_tag);
        let accepted = || parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).and_then(Language::accepted);
        let words = Words::new(asked.or(remembered).or_else(accepted).unwrap_or_default());

        let mut caller = Caller {
            site: Arc::clone(&site),
            words,
            session: Session::default(),
            id: String::new(),
            path: uri.path().to_owned(),
            htmx: parts.headers.contains_key("hx-request"),
            from: peer::client(parts),
            device: cookie(&parts.headers, DEVICE_COOKIE).filter(|id| is_token(id)).map(str::to_owned),
            has_chosen_language: asked.or(remembered).is_some(),
            cookies: Vec::new(),
        };
        match cookie(&parts.headers, SESSION_COOKIE).filter(|id| is_token(id)) {
            Some(id) => caller.id = id.to_owned(),
            None => caller.rename(),
        }
        if let Some(language) = asked {
            caller.set_cookie(LANGUAGE_COOKIE, language.tag(), Some(YEAR_SECONDS));
        }
        let now = site.engine.now();
        let denied = Cell::new(false);
        let is_remembered = |customer, secret: &str| {
            let asked = caller.device.as_deref() == Some(secret);
            let may = asked && device::recognise(&site.engine, customer).is_some();
            denied.set(asked && !may);
            may
        };
        let (session, ended) = site.sessions.touch(&caller.id, now, is_remembered, token);
        caller.session = session;
        if denied.get() {
            // Asked once a visit, whatever the answer.
            caller.forget_device();
        }
        if let Some((customer, visit)) = ended {
            site.end_visit(customer, &visit).await;
        }
        caller.recognise();
        if let Some(customer) = caller.session.customer
            && let Err(e) = Signals::of(&parts.headers).heed(&site.engine, customer).await
        {
            tracing::warn!(code = e.code(), "what a browser said could not be recorded; it says so again with its next request");
        }
        Ok(caller)
    }
}

impl Caller {
    /// A session without a customer gets the one whom the device remembers, as long as that is permitted (each recognition is a use, once a
    /// visit); an erased customer is forgotten here too. A secret opens what this device alone chose: once that belongs to somebody who logs in, it opens nothing.
    fn recognise(&mut self) {
        let gone = match (self.session.customer, self.session.anonymous_id()) {
            (Some(customer), Some(id)) => self.known_by(&id) != Some(customer),
            (Some(customer), None) => !self.site.engine.knows(customer),
            (None, _) => false,
        };
        if gone {
            self.change(Session::forget_customer);
        }
        if self.session.customer.is_none()
            && let Some(secret) = self.device.clone()
        {
            let known = self.known_by(&anonymous_id(&secret));
            match known.and_then(|customer| Some((customer, device::recognise(&self.site.engine, customer)?))) {
                Some((customer, seconds)) => {
                    self.belong_to(customer, secret.clone());
                    self.remember_device(&secret, seconds);
                }
                None => self.forget_device(),
            }
        }
    }

    /// The customer of an anonymous id, as long as nobody else is that customer.
    pub(crate) fn known_by(&self, id: &str) -> Option<Handle> {
        self.site.engine.lookup_alone(&self.anonymous_identifier(id)?)
    }

    /// From now on this session is an anonymous customer's, and goes by another name: whoever knew the old one, or gave it to this
    /// browser, sees nothing of theirs. Visit and basket come along, for it was the same person all the while.
    pub(crate) fn belong_to(&mut self, customer: Handle, secret: String) {
        if let Some(current) = self.site.sessions.remove(&self.id) {
            self.session = current;
        }
        let before = self.session.customer.is_none().then(|| self.id.clone());
        self.rename();
        self.change(|s| (s.customer, s.secret, s.grew_from) = (Some(customer), Some(secret), before));
    }

    /// The identifier of an anonymous id of the shop; `None` if the policy has no such source.
    pub(crate) fn anonymous_identifier(&self, value: &str) -> Option<Identifier> {
        let space = self.site.engine.policy().source(SHOP_SOURCE)?.id_space.clone();
        Some(Identifier { space, kind: IdentifierKind::Anonymous, value: value.to_owned() })
    }

    /// The number that the shop knows a customer by; `None` for an anonymous one.
    pub(crate) async fn number_of(&self, customer: Handle) -> Option<String> {
        let engine = &self.site.engine;
        let space = engine.policy().source(SHOP_SOURCE)?.id_space.clone();
        let is_number = |value: &String| {
            let identifier = Identifier { space: space.clone(), kind: IdentifierKind::User, value: value.clone() };
            engine.lookup(&identifier) == Some(customer)
        };
        engine.reading(move |engine| engine.overview(customer)).await.ok()?.known_as.into_iter().find(is_number)
    }

    /// Whose data this session may see.
    pub fn customer(&self) -> Option<Handle> {
        self.session.customer
    }

    /// Dates in this caller's language, seen from now.
    pub fn dates(&self) -> Dates {
        Dates::new(self.words, self.site.engine.policy().time_zone.clone(), self.site.engine.now())
    }

    /// Changes the session, here and where it is kept.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Session) -> T) -> T {
        let (done, after) = self.site.sessions.change(&self.id, self.site.engine.now(), &self.session, |s| {
            let done = change(s);
            (done, s.clone())
        });
        self.session = after;
        done
    }

    /// Says what was done, on the next page.
    pub fn tell(&mut self, told: String) {
        self.change(|s| (s.told, s.denied) = (Some(told), false));
    }

    /// Says on the next page why nothing was done.
    pub fn tell_denied(&mut self, told: String) {
        self.change(|s| (s.told, s.denied) = (Some(told), true));
    }

    /// Says on the next page what was chosen, and that there is a receipt of it.
    pub fn tell_choice(&mut self, told: String) {
        self.change(|s| (s.told, s.chose, s.denied) = (Some(told), true, false));
    }

    /// A new name for the session, so that one from before a log-in opens nothing.
    fn rename(&mut self) {
        self.id = token();
        let id = self.id.clone();
        self.set_cookie(SESSION_COOKIE, &id, None);
    }

    /// From now on this session is this customer's. The visit and what was seen before stay behind; the basket comes along.
    pub async fn become_customer(&mut self, customer: Option<Handle>, number: Option<String>) {
        let old = self.site.sessions.remove(&self.id);
        if let Some((before, visit)) = self.session.customer.map(|c| (c, self.session.visit.clone())) {
            self.site.end_visit(before, &visit).await;
        }
        self.rename();
        let basket = old.map(|s| s.basket).unwrap_or_default();
        // What this browser chose as nobody in particular stays apart until the customer says that it comes along.
        let beside = self.session.anonymous_id().filter(|_| customer.is_some() && customer != self.session.customer);
        let now = self.site.engine.now();
        self.session = Session::begun(token(), now);
        (self.session.basket, self.session.customer, self.session.number) = (basket, customer, number);
        self.session.beside = beside;
        self.change(|_| ());
    }

    /// Speaks the language in which the shop speaks with this customer, unless the caller has chosen one.
    pub(super) fn speak_unless_chosen(&mut self, language: Language) {
        if !self.has_chosen_language {
            self.words = Words::new(language);
            self.set_cookie(LANGUAGE_COOKIE, language.tag(), Some(YEAR_SECONDS));
        }
    }

    /// Ends the session: nobody is logged in any more, and the device is forgotten if `forget_device`.
    pub async fn leave(&mut self, forget_device: bool) {
        self.become_customer(None, None).await;
        self.change(|s| s.basket.clear());
        if forget_device {
            self.forget_device();
        }
    }

    /// The token that this session's forms carry. It names whose page it stood on: what was a page of somebody who logged in must not
    /// act for nobody, and say that it did.
    pub fn csrf(&self) -> String {
        engine::hex(self.site.sign("csrf", &csrf_text(&self.id, self.customer())).as_ref())
    }

    /// Is it this session's token, of a page of whoever it is now?
    pub(super) fn is_csrf(&self, token: &str) -> bool {
        self.is_token_of(token, &csrf_text(&self.id, self.customer()))
    }

    /// Is it the token of a page of nobody, from before this session's first choice?
    pub(super) fn is_older_csrf(&self, token: &str) -> bool {
        self.session.grew_from.as_deref().is_some_and(|id| self.is_token_of(token, &csrf_text(id, None)))
    }

    fn is_token_of(&self, token: &str, text: &[u8]) -> bool {
        engine::unhex(token).is_some_and(|given| given.len() == 32 && self.site.verify("csrf", text, &given))
    }

    /// Lets the device be recognised for so many seconds, at most a year.
    pub(crate) fn remember_device(&mut self, id: &str, seconds: i64) {
        self.device = Some(id.to_owned());
        self.set_cookie(DEVICE_COOKIE, id, Some(seconds.clamp(1, engine::DEVICE_SECONDS_MAX)));
    }

    /// Takes the cookie off the device.
    pub(crate) fn forget_device(&mut self) {
        if self.device.take().is_some() {
            self.set_cookie(DEVICE_COOKIE, "", Some(0));
        }
    }

    /// Of two cookies of one name in an answer, browsers keep the last; so only the last is sent.
    fn set_cookie(&mut self, name: &str, value: &str, seconds: Option<i64>) {
        self.cookies.retain(|cookie| cookie.split_once('=').is_none_or(|(earlier, _)| earlier != name));
        let secure = if self.site.secure { "; Secure" } else { "" };
        let age = seconds.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
        self.cookies.push(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"));
    }

    /// What stands around a page. Takes what was to be told.
    pub fn frame(&mut self, title: String) -> Frame {
        let policy = self.site.engine.policy();
        let mut frame = Frame::bare(self.words, title, self.words.part(&policy.controller.name).to_owned());
        // A device that nobody knows by a number has no address: there is nothing to offer.
        frame.receipt = self.session.chose && self.session.number.is_some() && self.site.offers_mail();
        frame.denied = self.session.denied;
        frame.told = if self.session.told.is_some() {
            self.change(|s| {
                s.chose = false;
                s.told.take()
            })
        } else {
            None
        };
        frame.csrf = self.csrf();
        // Somebody whom only the device remembers did not log in, and has nothing to log out of.
        frame.signed_in = !self.is_anonymous();
        frame.shop = self.site.shop;
        frame.rooms = rooms::rooms(self.words, &self.path);
        let (officer, authority) = (&policy.privacy_officer, &policy.supervisory_authority);
        frame.complain = Some(Complain {
            officer: self.words.part(&officer.name).to_owned(),
            contact: officer.contact.clone(),
            to: address(&officer.contact),
            authority: self.words.part(&authority.name).to_owned(),
            at: address(&authority.contact),
        });
        frame
    }

    /// A page as the answer.
    pub fn page(self, template: &impl Template) -> Response {
        self.page_with(StatusCode::OK, template)
    }

    /// A page as the answer, with another status.
    pub fn page_with(self, status: StatusCode, template: &impl Template) -> Response {
        let answer = frame::page(status, template);
        self.with_cookies(answer)
    }

    /// On to another page, after something was done.
    pub fn go(self, to: &str) -> Response {
        let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
        let answer = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
        self.with_cookies(answer)
    }

    /// Any answer, with this caller's cookies.
    pub fn with_cookies(self, mut answer: Response) -> Response {
        for cookie in &self.cookies {
            if let Ok(value) = HeaderValue::from_str(cookie) {
                answer.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        answer
    }
}

fn csrf_text(session: &str, customer: Option<Handle>) -> Vec<u8> {
    [session.as_bytes(), &customer.map_or([0; 16], |customer| customer.0.to_be_bytes())].concat()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|h| h.to_str().ok());
    all.flat_map(|h| h.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A random name: 128 bits in hex.
pub(crate) fn token() -> String {
    // Without randomness nothing can be sealed and the engine refuses to start; an empty name is no valid one.
    engine::random::<16>().map(|bytes| engine::hex(&bytes)).unwrap_or_default()
}

fn is_token(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Where a contact of the policy is reached, as a link: a page, or a mail address. Anything else is words.
fn address(contact: &str) -> Option<String> {
    let is_page = contact.starts_with("https://") || contact.starts_with("http://");
    let is_mail = contact.contains('@') && !contact.contains(char::is_whitespace);
    if is_page { Some(contact.to_owned()) } else { is_mail.then(|| format!("mailto:{contact}")) }
}
