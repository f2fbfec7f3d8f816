//! What the pages of *Mijn informatie* show. All texts are ready to print; markup only where a field says so.

use askama::Template;

use super::super::age::Age;
use super::super::views::{DeviceAsk, Fault, Period, Week};
use crate::http::pages::frame::Frame;

/// Something that is told.
#[derive(Debug, Clone)]
pub(crate) struct ToldCard {
    pub(crate) id: &'static str,
    pub(crate) name: String,
    pub(crate) glyph: &'static str,
    /// In words: "Vegetarisch en glutenvrij".
    pub(crate) value: String,
    /// "voor persoonlijke tips".
    pub(crate) purpose: String,
    /// "nog 5 dagen".
    pub(crate) left: String,
    /// Seven days, those left `true`.
    pub(crate) days: Vec<bool>,
    /// Why it is not used now.
    pub(crate) state: Option<String>,
    pub(crate) hidden: bool,
    pub(crate) in_use: bool,
    /// Others may use it, and the shop may not.
    pub(crate) shared: bool,
    /// It has a moment to end at, which can be put off.
    pub(crate) week: Option<Week>,
    /// Names what the card shows: see [`shown`](crate::http::pages::form::shown).
    pub(crate) shown: String,
    /// It says something about faith or health.
    pub(crate) special: Option<String>,
    pub(crate) who: String,
    pub(crate) until: String,
    pub(crate) since: String,
    pub(crate) brings: String,
    /// "Dit stopt zaterdag. Nog een week?"
    pub(crate) question: Option<String>,
}

/// Something that could be told.
#[derive(Debug, Clone)]
pub(crate) struct TellRow {
    pub(crate) id: &'static str,
    pub(crate) name: String,
    pub(crate) glyph: &'static str,
    pub(crate) brings: String,
}

/// A sentence of how it works.
#[derive(Debug, Clone)]
pub(crate) struct QuietRow {
    pub(crate) text: String,
}

/// `/mijn/informatie`
#[derive(Debug, Template)]
#[template(path = "portal/information.html")]
pub(crate) struct InformationPage {
    pub(crate) f: Frame,
    /// Markup.
    pub(crate) heading: String,
    pub(crate) lead: String,
    pub(crate) guarded: Option<String>,
    pub(crate) cards: Vec<ToldCard>,
    pub(crate) rows: Vec<TellRow>,
    pub(crate) quiet: Vec<QuietRow>,
}

/// One thing to tick or to choose.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
    /// It says something about faith or health.
    pub(crate) special: bool,
}

/// A list to choose one of.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    /// The field's name.
    pub(crate) field: String,
    pub(crate) label: String,
    pub(crate) choices: Vec<Choice>,
}

/// The fields of a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct ValueFields {
    /// Tick any.
    pub(crate) ticks: Vec<Choice>,
    /// Choose one of these, for a household: how many people.
    pub(crate) radios: Vec<Choice>,
    pub(crate) radios_title: String,
    pub(crate) ticks_title: String,
    pub(crate) selects: Vec<Select>,
}

/// "Hoe lang mag dit?", with the fields that the fieldset reads.
#[derive(Debug, Clone)]
pub(crate) struct HowLong {
    pub(crate) result_at: String,
    pub(crate) periods: Vec<Period>,
    pub(crate) date: String,
    pub(crate) date_min: String,
    pub(crate) date_max: String,
    pub(crate) device: Option<DeviceAsk>,
    pub(crate) result: Option<String>,
    pub(crate) fault: Option<Fault>,
}

/// `/mijn/informatie/{item}`
#[derive(Debug, Template)]
#[template(path = "portal/tell.html")]
pub(crate) struct TellPage {
    pub(crate) f: Frame,
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) glyph: &'static str,
    pub(crate) brings: String,
    pub(crate) legend: String,
    pub(crate) hint: String,
    pub(crate) fields: ValueFields,
    /// With who may use it for that.
    pub(crate) purposes: Vec<(Choice, String)>,
    pub(crate) recipients: Vec<Choice>,
    /// The purpose and who may use it, where there is nothing to choose.
    pub(crate) purpose_line: String,
    /// A word about what says something about faith or health, with a tick of its own.
    pub(crate) explicit: Option<String>,
    pub(crate) explicit_chosen: bool,
    pub(crate) ask: HowLong,
    pub(crate) age: Option<Age>,
    pub(crate) guarded: Option<String>,
    /// Something is told of it now, and can be taken back.
    pub(crate) told: bool,
}
