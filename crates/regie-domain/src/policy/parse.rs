//! From the policy's text to a checked [`Policy`]: the file as a whole, and everything but its purposes.
//!
//! Invariant: either a policy in which every index points inside it and every rule of [`super::rules`] holds, or all problems
//! found, each with its line. Left out: reading the file, and adopting it.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::names::{self, Names};
use super::problems::Flaw;
use super::tables::{Place, Report, Table, WordingKind, shorten};
use super::{
    Category, Channel, ChannelIx, ConsentMode, Contact, Organisation, Policy, PolicyProblems, Recipient, Retention, Role, Source, Trust,
    limits, purposes, rules, signals,
};

impl Policy {
    /// Reads and checks a policy. Linear in the text; milliseconds for a real one.
    ///
    /// # Errors
    /// All problems found, in the order of the text. If the text is not TOML or too large, only that is reported.
    pub fn parse(text: &str) -> Result<Policy, PolicyProblems> {
        let (policy, report) = Policy::read_text(text)?;
        if report.is_empty() { Ok(policy) } else { Err(PolicyProblems(report)) }
    }

    /// Reads a policy that was adopted once, by the rules of its time: what today's rules refuse in it does not matter any more.
    /// `None` if it is no policy at all.
    pub fn reread(text: &str) -> Option<Policy> {
        Policy::read_text(text).ok().map(|(policy, _)| policy)
    }

    fn read_text(text: &str) -> Result<(Policy, Vec<super::Problem>), PolicyProblems> {
        let mut report = Report::new(text);
        if text.len() > limits::TEXT_BYTES_MAX {
            report.add(&Place::default(), &Flaw::TextTooLarge { bytes: text.len() });
            return Err(PolicyProblems(report.into_problems()));
        }
        let (tree, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = Place { offset: error.span().map_or(0, |span| span.start), key: String::new() };
            report.add(&place, &Flaw::Syntax { detail: error.message().to_owned() });
        }
        if !errors.is_empty() {
            return Err(PolicyProblems(report.into_problems()));
        }
        let policy = read(text, Table::root(tree.get_ref()), &mut report);
        Ok((policy, report.into_problems()))
    }
}

/// What is said in better words: purposes, categories, recipients and channels that there are.
fn corrections(root: &mut Table<'_>, policy: &Policy, report: &mut Report<'_>) -> Vec<String> {
    let (purposes, categories) = (policy.purposes.iter().map(|p| p.id.as_str()), policy.categories.iter().map(|c| c.id.as_str()));
    let (recipients, channels) = (policy.recipients.iter().map(|r| r.id.as_str()), policy.channels.iter().map(|c| c.id.as_str()));
    let known: Vec<&str> = purposes.chain(categories).chain(recipients).chain(channels).collect();
    let texts = root.texts("corrections", report);
    let found =
        texts.into_iter().filter(|(id, place)| names::find("purpose, category, recipient or channel", id, &known, place, report).is_some());
    found.map(|(id, _)| id.to_owned()).collect()
}

fn read(text: &str, mut root: Table<'_>, report: &mut Report<'_>) -> Policy {
    let version = version(&mut root, report);
    let time_zone = time_zone(&mut root, report);
    let guardian_below_age = root.number("guardian_below_age", &(13..=21), None, report);
    let suppression_days = root.number("suppression_days", &(1..=36_525), None, report);
    let ask_again_after = purposes::ask_again_after(&mut root, report);
    let controller = contact(&mut root, "controller", report);
    let privacy_officer = contact(&mut root, "privacy_officer", report);
    let supervisory_authority = contact(&mut root, "supervisory_authority", report);

    let mut seen = Names::new("category", limits::CATEGORIES_MAX);
    let categories: Vec<_> = root.tables("category", report).into_iter().map(|table| category(table, &mut seen, report)).collect();
    seen.finish(report);
    let mut seen = Names::new("recipient", limits::RECIPIENTS_MAX);
    let recipients = recipients(root.tables("recipient", report), &mut seen, report);
    seen.finish(report);
    let mut seen = Names::new("channel", limits::CHANNELS_MAX);
    let channels: Vec<_> = root.tables("channel", report).into_iter().map(|table| channel(table, &mut seen, report)).collect();
    seen.finish(report);

    let mut policy = Policy {
        version,
        text: text.to_owned(),
        digest: digest(text),
        time_zone,
        controller: Organisation { name: controller.name, contact: controller.contact },
        privacy_officer,
        supervisory_authority,
        guardian_below_age: u8::try_from(guardian_below_age).unwrap_or(u8::MAX),
        suppression_days: u32::try_from(suppression_days).unwrap_or(u32::MAX),
        ask_again_after: ask_again_after.unwrap_or(Retention::For { months: limits::ASK_AGAIN_MONTHS, days: 0 }),
        categories,
        purposes: Vec::new(),
        recipients,
        channels,
        sources: Vec::new(),
        consent_mode: ConsentMode::default(),
        corrections: Vec::new(),
    };
    rules::guardian(&policy, &root.place_of("guardian_below_age"), report);
    policy.purposes = purposes::read(root.tables("purpose", report), &policy, report);
    let mut seen = Names::new("source", limits::SOURCES_MAX);
    policy.sources = root.tables("source", report).into_iter().map(|table| source(table, &policy, &mut seen, report)).collect();
    seen.finish(report);
    policy.consent_mode = signals::consent_mode(&mut root, &policy, report);
    policy.corrections = corrections(&mut root, &policy, report);
    root.finish(report);
    policy
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn version(root: &mut Table<'_>, report: &mut Report<'_>) -> String {
    let Some((version, place)) = root.text("version", report) else { return String::new() };
    if version.len() > 40 || !version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        report.add(&place, &Flaw::BadVersion { version: shorten(version).to_owned() });
    }
    version.to_owned()
}

fn time_zone(root: &mut Table<'_>, report: &mut Report<'_>) -> TimeZone {
    let Some((zone, place)) = root.text("time_zone", report) else { return TimeZone::UTC };
    TimeZone::get(zone).unwrap_or_else(|_| {
        report.add(&place, &Flaw::BadTimeZone { zone: shorten(zone).to_owned() });
        TimeZone::UTC
    })
}

fn contact(root: &mut Table<'_>, key: &'static str, report: &mut Report<'_>) -> Contact {
    let Some(mut table) = root.table(key, report) else { return Contact { name: String::new(), contact: String::new() } };
    let name = table.text("name", report).map_or("", |(name, _)| name).to_owned();
    let contact = match table.text("contact", report) {
        Some((contact, place)) => checked_contact(contact, &place, report),
        None => String::new(),
    };
    table.finish(report);
    Contact { name, contact }
}

fn checked_contact(contact: &str, place: &Place, report: &mut Report<'_>) -> String {
    let plain = !contact.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"'".contains(c));
    let mail = contact.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.') && !host.contains('@'));
    let web = contact.strip_prefix("https://").is_some_and(|host| host.contains('.'));
    if !plain || !(mail || web) {
        report.add(place, &Flaw::BadContact { contact: shorten(contact).to_owned() });
    }
    contact.to_owned()
}

fn category(mut table: Table<'_>, seen: &mut Names, report: &mut Report<'_>) -> Category {
    let category = Category {
        id: seen.declare(&mut table, report),
        dpv: names::vocabulary(&mut table, report),
        name: table.wording("name", WordingKind::Name, report),
        explanation: table.wording("explanation", WordingKind::Text, report),
        special: table.flag("special", report),
    };
    table.finish(report);
    category
}

fn channel(mut table: Table<'_>, seen: &mut Names, report: &mut Report<'_>) -> Channel {
    let channel = Channel { id: seen.declare(&mut table, report), name: table.wording("name", WordingKind::Name, report) };
    table.finish(report);
    channel
}

fn recipients(tables: Vec<Table<'_>>, seen: &mut Names, report: &mut Report<'_>) -> Vec<Recipient> {
    let mut recipients = Vec::new();
    for mut table in tables {
        let id = seen.declare(&mut table, report);
        let name = table.wording("name", WordingKind::Name, report);
        let role = names::choice(
            &mut table,
            "role",
            &[("retailer", Role::Retailer), ("processor", Role::Processor), ("third-party", Role::ThirdParty)],
            "retailer, processor, third-party",
            report,
        );
        let country = country(&mut table, report);
        let transfer = transfer(&mut table, &country, role, report);
        let erasure_contact =
            table.optional_text("erasure_contact", report).map(|(contact, place)| checked_contact(contact, &place, report));
        if role == Some(Role::ThirdParty) && erasure_contact.is_none() {
            report.add(&table.place_of("erasure_contact"), &Flaw::NoErasureContact);
        }
        let first = recipients.is_empty();
        if role.is_some_and(|role| (role == Role::Retailer) != first) || (id == "retailer") != first {
            report.add(&table.place_of("role"), &Flaw::RetailerNotFirst);
        }
        table.finish(report);
        recipients.push(Recipient { id, name, role: role.unwrap_or(Role::Processor), country, transfer, erasure_contact });
    }
    recipients
}

fn country(table: &mut Table<'_>, report: &mut Report<'_>) -> String {
    let Some((country, place)) = table.text("country", report) else { return String::new() };
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
        report.add(&place, &Flaw::BadCountry { country: shorten(country).to_owned() });
        return String::new();
    }
    country.to_owned()
}

fn transfer(table: &mut Table<'_>, country: &str, role: Option<Role>, report: &mut Report<'_>) -> Option<String> {
    let Some((ground, place)) = table.optional_text("transfer", report) else {
        if !country.is_empty() && role != Some(Role::Retailer) && !EEA.contains(&country) {
            report.add(&table.place_of("transfer"), &Flaw::NoTransferGround { country: country.to_owned() });
        }
        return None;
    };
    let lettered =
        |article: &str, letters: &str| ground.strip_prefix(article).is_some_and(|letter| letter.len() == 1 && letters.contains(letter));
    if ground != "A45-3" && !lettered("A46-2-", "abcdef") && !lettered("A46-3-", "ab") && !lettered("A49-1-", "abcdefg") {
        report.add(&place, &Flaw::BadTransferGround { ground: shorten(ground).to_owned() });
    }
    Some(ground.to_owned())
}

/// The European Economic Area: the Union, Iceland, Liechtenstein and Norway.
const EEA: [&str; 30] = [
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT",
    "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO",
];

fn source(mut table: Table<'_>, policy: &Policy, seen: &mut Names, report: &mut Report<'_>) -> Source {
    let id = seen.declare(&mut table, report);
    let name = table.wording("name", WordingKind::Name, report);
    let id_space = match table.text("id_space", report) {
        Some((space, place)) => names::checked_id(space, &place, report).unwrap_or_default(),
        None => String::new(),
    };
    let trust = names::choice(&mut table, "trust", &[("server", Trust::Server), ("browser", Trust::Browser)], "server, browser", report);
    let channels = names::ids(&policy.channels, |channel| &channel.id);
    let channel = table.text("channel", report).and_then(|(id, place)| names::find("channel", id, &channels, &place, report));
    let batch = table.number("batch_bytes_max", &(limits::EVENT_BYTES_MAX..=limits::BATCH_BYTES_MAX), Some(limits::BATCH_BYTES), report);
    let purposes = names::ids(&policy.purposes, |purpose| &purpose.id);
    let map = table.optional_table("consent_map", report).map(|map| map.entries_as_texts(report)).unwrap_or_default();
    let consent_map = map
        .into_iter()
        .map(|(category, ids)| {
            let found = names::find_all("purpose", ids, &purposes, report);
            (category.to_owned(), found.into_iter().map(super::PurposeIx).collect())
        })
        .collect();
    table.finish(report);
    Source {
        id,
        name,
        id_space,
        trust: trust.unwrap_or(Trust::Browser),
        channel: ChannelIx(channel.unwrap_or_default()),
        consent_map,
        batch_bytes_max: usize::try_from(batch).unwrap_or(usize::MAX),
    }
}
