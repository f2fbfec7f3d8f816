//! What a customer, a page or an operator may read back: consents and their history, an overview, events, everything.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use regie_domain::collection::{self, CHOICES};
use regie_domain::consent::{AskAgain, Consents, PurposeState, UntilWish, ask_again};
use regie_domain::fact::{Choice, Chosen, Consenter, ConsenterStated, Event, Fact, Identifier, ObjectionWeighed, Until, VisitId};
use regie_domain::ids::Handle;
use regie_domain::ledger;
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use regie_store::Store;
use serde_json::{Value, json};

use super::Engine;
use super::api::{CatalogueItem, ConsentList, KeptCount, Overview, PastChoice, PastConsenter};
use super::decide::ends_text;
use super::disclosures::{disclosure_json, recipient_json};
use super::error::EngineError;
use super::information::past_information;
use super::restrict::past_restriction;
use super::views::RecordIx;
use super::views::days::{What, noon_of};
use super::views::policies::Adopted;

/// How many entries of the catalogue are looked at under one lock.
const ENTRIES_AT_ONCE: usize = 512;

impl Engine {
    /// What the catalogue says of an item.
    pub fn catalogue_item(&self, item: &str) -> Option<Arc<CatalogueItem>> {
        let views = self.shared.views.read();
        views.catalogue.find(item).and_then(|ix| views.catalogue.entry(ix).cloned())
    }

    /// Items of a department, or with a text in their name, in no meaningful order. O(items) for a text, under short locks: an
    /// entry that is put meanwhile may be missed or seen as it was.
    pub fn catalogue_search(&self, department: Option<&str>, text: Option<&str>, limit: usize) -> Vec<Arc<CatalogueItem>> {
        let text = text.map(str::to_lowercase);
        let matches = |e: &CatalogueItem| text.as_ref().is_none_or(|t| e.names.values().any(|n| n.to_lowercase().contains(t)));
        let (mut found, mut after) = (Vec::new(), None);
        while found.len() < limit {
            let (entries, last) = self.shared.views.read().catalogue.leaf(department, after, ENTRIES_AT_ONCE);
            found.extend(entries.into_iter().filter(|e| matches(e)));
            after = last;
            if last.is_none() {
                break;
            }
        }
        found.truncate(limit);
        found
    }

    /// How many items the catalogue describes.
    pub fn catalogue_len(&self) -> usize {
        self.shared.views.read().catalogue.entries()
    }

    /// What sells, most first: anonymous.
    pub fn popular(&self, limit: usize) -> Vec<Arc<CatalogueItem>> {
        let views = self.shared.views.read();
        let ranking = views.popular.ranking(None);
        ranking
            .iter()
            .filter(|(item, _)| views.catalogue.is_offered(*item, false))
            .filter_map(|(item, _)| views.catalogue.entry(*item).cloned())
            .take(limit)
            .collect()
    }

    /// A note of the program's own, by name.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.shared.store.value(name)?)
    }

    /// Makes a note, durably. Notes lie in clear: nothing of a customer belongs into one.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn set_note(&self, name: &str, note: &[u8]) -> Result<(), EngineError> {
        self.shared.store.append(regie_store::Batch { values: vec![(name.to_owned(), Some(note.to_vec()))], ..Default::default() })?;
        Ok(())
    }

    /// The customer that an identifier points at.
    pub fn lookup(&self, identifier: &Identifier) -> Option<Handle> {
        let rules = self.shared.rules();
        let views = self.shared.views.read();
        let record = views.whose(rules.hash(identifier))?;
        views.handle(record)
    }

    /// The customer that an identifier alone names: its own record, as long as no source says that it is somebody else's and it is joined with no
    /// other. Whoever holds the identifier and nothing more may see no more than that.
    pub fn lookup_alone(&self, identifier: &Identifier) -> Option<Handle> {
        let hash = self.shared.rules().hash(identifier);
        self.shared.views.read().alone(hash)
    }

    /// Is there such a customer? Not once erased.
    pub fn knows(&self, customer: Handle) -> bool {
        self.shared.views.read().customer(customer).is_some()
    }

    /// A mark of where the customer's consents stand now, comparable within one run of the program: it changes when the customer
    /// chooses anew, and when a permission ends. `None` once erased.
    pub fn standing(&self, customer: Handle) -> Option<u64> {
        let consents = mark(self.consenter(customer).ok()?, &self.states(customer).ok()?);
        Some(self.information_mark(customer, consents))
    }

    /// Who consents for the customer, if somebody said so. From memory.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`].
    pub fn consenter(&self, customer: Handle) -> Result<Option<Consenter>, EngineError> {
        let views = self.shared.views.read();
        let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        Ok(views.consents.line(record.0).consenter())
    }

    /// The handle that names this customer now: the oldest record's. `None` once erased.
    pub fn canonical(&self, customer: Handle) -> Option<Handle> {
        let views = self.shared.views.read();
        views.handle(views.customer(customer)?)
    }

    /// How many customers' records there are, and how many sessions the model has learned.
    pub fn sizes(&self) -> (usize, usize) {
        let views = self.shared.views.read();
        (views.records.len(), views.model.len())
    }

    /// Where every purpose stands, in the policy's order. From memory.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`].
    pub fn states(&self, customer: Handle) -> Result<Vec<PurposeState>, EngineError> {
        let views = self.shared.views.read();
        let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        Ok(views.consents.state(&self.shared.rules.policy, record.0, self.shared.clock.judge()))
    }

    /// The visit that a session's name means for this customer: what a permission for a visit is bound to. From memory.
    pub fn visit_named(&self, customer: Handle, session: &str) -> Option<VisitId> {
        let views = self.shared.views.read();
        views.visit(views.customer(customer)?, session)
    }

    /// Where every purpose stands for somebody who never chose anything.
    pub fn untouched(&self) -> Vec<PurposeState> {
        Consents::default().state(&self.shared.rules.policy, u32::MAX, self.shared.clock.judge())
    }

    /// Runs what reads the disk on a thread that may wait for it, so that those who are answered from memory never do.
    ///
    /// # Errors
    /// Those of `read`; [`EngineError::Stopping`] or [`EngineError::Broken`] if it did not come to its end.
    pub async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || read(&engine))
            .await
            .map_err(|e| if e.is_cancelled() { EngineError::Stopping } else { EngineError::Broken })?
    }

    /// Where every purpose stands, and how it came about, newest first. Reads the disk: O(the customer's choices).
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`] and those of the store.
    pub fn consents(&self, customer: Handle) -> Result<ConsentList, EngineError> {
        let rules = self.shared.rules();
        let (states, consenter, positions, adopted) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            let states = views.consents.state(&rules.policy, record.0, self.shared.clock.judge());
            (states, views.consents.line(record.0).consenter(), views.noted(record, is_choice), views.policies.all().to_vec())
        };
        let mut list = ConsentList { states, history: Vec::new(), consenter, consenters: Vec::new() };
        let mut adopted = adopted.iter().filter(|a| !a.ended.is_empty()).peekable();
        for row in &self.shared.store.read_choices(&positions)? {
            while let Some(adopted) = adopted.next_if(|a| a.position < row.meta.position) {
                end_choices(&mut list.history, adopted);
            }
            match super::writer::read_fact(row)?.1 {
                Fact::Chosen(choice) => list.history.push(past(choice)),
                Fact::ConsenterStated(stated) => list.consenters.push(past_consenter(stated)),
                Fact::ObjectionWeighed(weighed) => list.history.push(past_weighed(weighed)),
                _ => {}
            }
        }
        adopted.for_each(|adopted| end_choices(&mut list.history, adopted));
        list.history.reverse();
        list.consenters.reverse();
        Ok(list)
    }

    /// Did this request make one of the customer's choices? A customer who is not known has none.
    pub(super) fn was_chosen(&self, customer: Handle, request: &str) -> Result<bool, EngineError> {
        let positions = {
            let views = self.shared.views.read();
            views.customer(customer).map(|record| views.noted(record, is_choice)).unwrap_or_default()
        };
        for row in self.shared.store.read_choices(&positions)? {
            if super::writer::read_fact(&row)?.1.request() == Some(request) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What we have of a customer, in numbers; moments are told to the day. By which identifiers we know a customer and what the customer
    /// chose are read elsewhere and not counted. Reads the disk: O(identifiers, attributes and what was told).
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn overview(&self, customer: Handle) -> Result<Overview, EngineError> {
        let zone = &self.shared.rules.policy.time_zone;
        let mut overview = Overview::default();
        let mut kept: BTreeMap<String, KeptCount> = BTreeMap::new();
        let mut count = |category: &str, n: usize, at: Time| {
            let entry = kept.entry(category.into()).or_insert_with(|| KeptCount { category: category.into(), count: 0, newest: None });
            entry.count += n;
            entry.newest = entry.newest.max(Some(at));
        };
        let (days, positions, told) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            let told: Vec<u64> = views.information.of(record).map(|(_, entry)| entry.position).collect();
            overview.records = views.customers.records_of(record).len();
            (views.days(record), views.noted(record, |what| matches!(what, What::Opened | What::Provided | What::Information)), told)
        };
        for entry in days {
            if let What::Event(name) = entry.what {
                count(collection::plan::essential_category(name), entry.count as usize, noon_of(zone, entry.day));
            }
        }
        for (meta, fact) in self.shared.facts_at(&positions)? {
            match fact {
                Fact::RecordOpened(opened) => {
                    overview.known_as.push(opened.identifier.value);
                    continue;
                }
                // Its value goes with the next upkeep; nobody reads it any more.
                Fact::InformationStated(_) if !told.contains(&meta.position) => continue,
                _ => {}
            }
            let at = if let Fact::AttributesProvided(a) = &fact { Some(a.happened_at) } else { fact.recorded_at() };
            for (category, _) in collection::categories_of(&fact).filter(|(category, _)| *category != CHOICES) {
                count(category, 1, at.unwrap_or_default());
            }
        }
        overview.kept = kept.into_values().collect();
        Ok(overview)
    }

    /// Of how many of the customer's visits others' recommendations learn. From memory.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`].
    pub fn learned_visits(&self, customer: Handle) -> Result<usize, EngineError> {
        let settled = self.settled();
        let record = settled.customer(customer).ok_or(EngineError::UnknownCustomer)?;
        Ok(settled.model.sessions_of(regie_recommend::CustomerSlot(record.0)).count())
    }

    /// The customer's events, newest first. Reads the disk: O(the customer's facts).
    ///
    /// # Errors
    /// As [`Engine::consents`].
    pub fn events(&self, customer: Handle, limit: usize) -> Result<Vec<Event>, EngineError> {
        let (_, facts) = self.facts_of(customer)?;
        let mut events: Vec<Event> =
            facts.into_iter().filter_map(|fact| if let Fact::EventKept(e) = fact { Some(e) } else { None }).collect();
        events.sort_by_key(|e| std::cmp::Reverse(e.happened_at));
        events.truncate(limit);
        Ok(events)
    }

    /// Everything about a customer, as JSON: data with category and origin, choices and what was told and taken back, joins, uses, what was
    /// computed, purposes and recipients. Of somebody without a record, that there is nothing. Reads the disk: O(the customer's facts).
    ///
    /// # Errors
    /// As [`Engine::uses`].
    pub fn export(&self, customer: impl Into<Option<Handle>>) -> Result<Value, EngineError> {
        let customer = customer.into();
        let (facts, uses, information) = match customer {
            Some(customer) => {
                let still = self.shared.moving.read();
                let (record, facts) = self.facts_of(customer)?;
                let uses = self.uses_among(record, &facts)?;
                drop(still);
                (facts, uses, self.information(customer)?)
            }
            None => (Vec::new(), Vec::new(), Vec::new()),
        };
        let disclosures = super::disclosures::among(facts.iter().cloned());
        let rules = self.shared.rules();
        let policy = &rules.policy;
        let mut identifiers = Vec::new();
        let mut attributes = Vec::new();
        let mut events = Vec::new();
        let mut choices = Vec::new();
        let mut consenters = Vec::new();
        let mut restrictions = Vec::new();
        let (mut told, mut previews, mut joins, mut mails) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut contested: Vec<&Fact> = Vec::new();
        for fact in &facts {
            match fact {
                Fact::RecordOpened(f) => identifiers.push(json!({"type": f.identifier.kind, "value": f.identifier.value, "source": f.source, "at": f.at})),
                Fact::IdentifierLinked(f) => identifiers.push(json!({"type": f.identifier.kind, "value": f.identifier.value, "source": f.source, "at": f.at})),
                Fact::AttributesProvided(f) => attributes.extend(f.values.iter().map(|(name, value)| {
                    let kind = collection::attribute_kind(name);
                    json!({"name": name, "value": value, "category": kind.map(|k| k.category), "origin": kind.map(|k| k.origin), "source": f.source, "happened_at": f.happened_at, "recorded_at": f.recorded_at})
                })),
                Fact::EventKept(event) => events.push(event_json(event)),
                Fact::Chosen(choice) => choices.push(json!(past(choice.clone()))),
                Fact::ConsenterStated(stated) => consenters.push(json!(past_consenter(stated.clone()))),
                Fact::MailAsked(f) => mails.push(json!({"mail": f.id, "asked_at": f.at, "language": f.language, "letter": f.letter})),
                Fact::MailClosed(f) => mails.push(json!({"mail": f.id, "closed_at": f.at, "outcome": f.outcome})),
                Fact::ObjectionWeighed(weighed) => choices.push(json!(past_weighed(weighed.clone()))),
                Fact::Restricted(_) | Fact::LiftTold(_) | Fact::RestrictionLifted(_) => restrictions.extend(past_restriction(fact)),
                Fact::InformationStated(_) | Fact::InformationHidden(_) | Fact::InformationRemoved(_) => told.extend(past_information(fact)),
                Fact::DecisionContested(_) | Fact::ContestAnswered(_) => contested.push(fact),
                Fact::PreviewMade(f) => previews.push(json!({"purpose": f.purpose, "categories": f.categories, "at": f.at, "evidence": f.evidence})),
                Fact::RecordJoined(f) => joins.push(json!({"with": f.other, "by": f.actor, "at": f.at})),
                // Among the uses and the disclosures; of the rest nothing is this customer's.
                Fact::UsesSummed(_)
                | Fact::Disclosed(_)
                | Fact::HistoryChanged
                | Fact::OrderKeptByLaw(_)
                | Fact::ConsentsProven(_)
                | Fact::ProofOpened(_)
                | Fact::PolicyAdopted(_)
                | Fact::SensitiveItemsChanged(_)
                | Fact::RecordErased(_)
                | Fact::IdentifierSuppressed(_)
                | Fact::SuppressionLifted(_)
                | Fact::MessagesSeen(_)
                | Fact::RequestCompleted(_) => {}
            }
        }
        let former = self.former_names();
        let by: BTreeSet<&str> = uses
            .iter()
            .flat_map(|day| &day.uses)
            .filter(|used| used.allowed)
            .map(|used| &*used.recipient)
            .chain(disclosures.iter().map(|d| &*d.recipient))
            .collect();
        let recipients: Vec<Value> = by.into_iter().map(|id| recipient_json(policy, &former, id)).collect();
        let disclosures: Vec<Value> = disclosures.iter().map(|d| disclosure_json(policy, &former, d)).collect();
        let views = self.shared.views.read();
        // Again by handle: since the facts were read the customer may be gone, and the index another's.
        let record = customer.map(|customer| views.customer(customer).ok_or(EngineError::UnknownCustomer)).transpose()?;
        let computed: Vec<Value> = record
            .and_then(|record| views.profiles.get(record.at()))
            .into_iter()
            .flat_map(super::views::profiles::Profile::items)
            .map(|k| json!({"item": views.catalogue.name(k.item), "times": k.count, "bought": k.bought, "last": Time::from_seconds(k.at.into()), "category": "derived-profile", "origin": "derived"}))
            .collect();
        let purposes: Vec<Value> = policy
            .purposes
            .iter()
            .map(|p| {
                let categories: Vec<&str> = p.categories.iter().map(|c| policy.categories[usize::from(c.0)].id.as_str()).collect();
                let recipients: Vec<&str> = p.recipients.iter().map(|r| policy.recipients[usize::from(r.0)].name.en.as_str()).collect();
                json!({"purpose": p.id, "basis": p.basis.code(), "why": {"nl": p.why.nl, "en": p.why.en}, "how_long": {"nl": p.how_long.nl, "en": p.how_long.en}, "categories": categories, "recipients": recipients})
            })
            .collect();
        let line = record.map(|record| views.consents.line(record.0));
        let states = record.map(|record| views.consents.state(policy, record.0, self.shared.clock.judge()));
        let consents: Vec<Value> = states.unwrap_or_else(|| self.untouched()).iter().map(|s| state_json(policy, s)).collect();
        let mut export = json!({
            "format": "regie-export/1",
            "customer": record.and_then(|record| views.handle(record)),
            "made_at": self.shared.clock.now(),
            "controller": {"name": policy.controller.name, "contact": policy.controller.contact},
            "privacy_officer": {"name": policy.privacy_officer.name, "contact": policy.privacy_officer.contact},
            "supervisory_authority": {"name": policy.supervisory_authority.name, "contact": policy.supervisory_authority.contact},
            "policy_version": policy.version,
            "identifiers": identifiers,
            "attributes": attributes,
            "events": events,
            "information": information,
            "consents": consents,
            "choices": choices,
            "consenter": line.and_then(|line| line.consenter()),
            "consenters": consenters,
            "uses": uses,
            "disclosures": disclosures,
            "recipients": recipients,
            "computed": computed,
            "purposes": purposes,
        });
        if let Some(export) = export.as_object_mut() {
            // Rare, so they are there only where there are any.
            let rare = [
                ("restrictions", json!(restrictions)),
                ("contests", json!(super::contest::among(contested.into_iter()))),
                ("information_history", json!(told)),
                ("previews", json!(previews)),
                ("joins", json!(joins)),
                ("mails", json!(mails)),
                ("automated_purposes", json!(automated_purposes(policy))),
            ];
            for (name, rare) in rare {
                if rare.as_array().is_some_and(|rare| !rare.is_empty()) {
                    export.insert(name.into(), rare);
                }
            }
        }
        Ok(export)
    }

    /// The customer's record and facts, in the order of the log.
    pub(super) fn facts_of(&self, customer: Handle) -> Result<(RecordIx, Vec<Fact>), EngineError> {
        let (record, positions) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            (record, views.positions(record))
        };
        let facts = self.shared.facts_at(&positions)?;
        Ok((record, facts.into_iter().map(|(_, fact)| fact).collect()))
    }
}

/// The purposes with personal prices or automated decisions of significant effect (Articles 15(1)(h) and 22).
fn automated_purposes(policy: &Policy) -> Vec<Value> {
    let declared = policy.purposes.iter().filter(|p| p.personal_price || p.contest.is_some());
    let told = declared.map(|p| {
        let contest = p.contest.as_ref().map(|c| json!({"nl": c.nl, "en": c.en}));
        json!({"purpose": p.id, "personal_price": p.personal_price, "significant": p.contest.is_some(), "contest": contest})
    });
    told.collect()
}

/// A policy that changed materially ended what was permitted: it is nowhere written for each customer, and belongs into the history.
fn end_choices(history: &mut Vec<PastChoice>, adopted: &Adopted) {
    for purpose in &adopted.ended {
        let last = history.iter().rev().find(|c| c.purpose == *purpose && !c.choice.starts_with("object"));
        let over = |c: &PastChoice| c.until.as_deref().and_then(|until| Time::parse(until).ok()).is_some_and(|end| end <= adopted.at);
        if last.is_some_and(|c| c.choice == "given" && !over(c)) {
            history.push(invalidated(purpose.clone(), adopted.at));
        }
    }
}

/// The end of a consent by a policy, among the choices.
pub(super) fn invalidated(purpose: String, at: Time) -> PastChoice {
    PastChoice {
        purpose,
        choice: "invalidated".into(),
        at,
        until: None,
        categories: Vec::new(),
        recipients: Vec::new(),
        channels: Vec::new(),
        evidence: None,
    }
}

/// When the customer may be asked for a purpose again, by where it stands and what was said last. `wish` is the end of what would be
/// asked for, if that is known: a no counts for as long as that yes would.
pub fn ask_again_at(policy: &Policy, state: &PurposeState, history: &[PastChoice], wish: Option<UntilWish>, now: Time) -> AskAgain {
    let purpose = policy.at(state.purpose);
    // An objection is taken back by the customer alone, and nobody asks for that.
    let Some(stands) = state.state.filter(|_| !state.objected) else { return AskAgain::Never };
    let no = history.iter().find(|c| c.purpose == purpose.id && matches!(c.choice.as_str(), "refused" | "withdrawn" | "left_behind"));
    ask_again(policy, purpose, stands, no.map(|c| c.at), wish, now)
}

/// One number for all of this: what an answer that rested on it is compared by.
fn mark(consenter: Option<Consenter>, states: &[PurposeState]) -> u64 {
    let mut hasher = DefaultHasher::new();
    consenter.hash(&mut hasher);
    for PurposeState { purpose, basis, state, used_up, objected, weighing, signalled, restricted, until, visit, cover } in states {
        (purpose, basis, state, used_up, objected, weighing, signalled, restricted, until, visit, cover).hash(&mut hasher);
    }
    hasher.finish()
}

/// Where a purpose stands, as the API says it.
pub fn state_json(policy: &regie_domain::policy::Policy, s: &regie_domain::consent::PurposeState) -> Value {
    let ids = |all: &mut dyn Iterator<Item = String>| all.collect::<Vec<_>>();
    let mut state = json!({
        "purpose": policy.at(s.purpose).id,
        "basis": s.basis.code(),
        "state": s.state.map(regie_domain::consent::State::code),
        "used_up": s.used_up,
        "objected": s.objected || s.signalled || s.weighing,
        "until": ends_text(s.until),
        "categories": ids(&mut s.cover.categories.iter().filter_map(|c| policy.categories.get(usize::from(c.0))).map(|c| c.id.clone())),
        "recipients": ids(&mut s.cover.recipients.iter().filter_map(|r| policy.recipients.get(usize::from(r.0))).map(|r| r.id.clone())),
        "channels": ids(&mut s.cover.channels.iter().filter_map(|c| policy.channels.get(usize::from(c.0))).map(|c| c.id.clone())),
    });
    // Rare, so it is said only where it is so.
    if let Some(state) = state.as_object_mut().filter(|_| !s.restricted.is_empty()) {
        let restricted = ids(&mut s.restricted.iter().filter_map(|c| policy.categories.get(usize::from(c.0))).map(|c| c.id.clone()));
        state.insert("restricted".into(), json!(restricted));
    }
    if let Some(state) = state.as_object_mut().filter(|_| s.weighing) {
        state.insert("weighing".into(), json!(true));
    }
    state
}

/// An event with category and origin of each field: from the collection plan, which is where they stand.
fn event_json(event: &Event) -> Value {
    let mut value = json!(event);
    if let Some(all) = value.as_object_mut() {
        // The hash by which a retry is known is ours, not the customer's; moments are written so that people can read them.
        all.remove("message");
        all.insert("happened_at".into(), json!(event.happened_at));
        all.insert("recorded_at".into(), json!(event.recorded_at));
        let of_event = collection::plan::PLAN.iter().filter(|f| f.events.contains(&event.name));
        let fields = of_event.map(|f| (f.name.to_owned(), json!({"category": f.kind.category, "origin": f.kind.origin}))).collect();
        all.insert("fields".into(), Value::Object(fields));
    }
    value
}

/// Facts that say where a customer stands, and joins, which do too.
pub(super) fn is_choice(what: What) -> bool {
    matches!(what, What::Chosen | What::Consenter | What::Restriction | What::Information | What::Preview | What::Joined)
}

/// How an objection was weighed, among the choices.
pub(super) fn past_weighed(weighed: ObjectionWeighed) -> PastChoice {
    PastChoice {
        purpose: weighed.purpose,
        choice: if weighed.upheld { "objection_upheld" } else { "objection_overruled" }.into(),
        at: weighed.at,
        until: None,
        categories: Vec::new(),
        recipients: Vec::new(),
        channels: Vec::new(),
        evidence: Some(weighed.evidence),
    }
}

fn past_consenter(stated: ConsenterStated) -> PastConsenter {
    PastConsenter { consenter: stated.consenter, at: stated.at, evidence: stated.evidence }
}

/// An end as the API writes it: a moment to the second, as all its times.
pub fn until_words(until: Until) -> String {
    ledger::until_text(match until {
        Until::Moment(at) => Until::Moment(at.whole()),
        other => other,
    })
}

pub(super) fn past(choice: Choice) -> PastChoice {
    let name = choice.what.code();
    let (categories, recipients, channels, until) = match choice.what {
        Chosen::Given { categories, recipients, channels, until } => (categories, recipients, channels, Some(until_words(until))),
        _ => (Vec::new(), Vec::new(), Vec::new(), None),
    };
    PastChoice {
        purpose: choice.purpose,
        choice: name.into(),
        at: choice.at,
        until,
        categories,
        recipients,
        channels,
        evidence: choice.evidence,
    }
}
