//! What proves a customer's consents once all else of them is erased (Article 17(3)(e)).
//!
//! Invariant: a pure function of the customer's facts in the log's order, of what policies ended, and of the term that the policy gives
//! to `legal-claims`: no term, no proof. What was given and how it ended, nothing else: no refusal, no objection, no event; of what was
//! told the item and what it was permitted for, never the value. Each proof is kept for the term from when its consent ended; an erasure
//! ends those that stood. Records are followed one by one and become one customer where they were joined, as [`super::join`] and what is
//! told judge it: a no of either ends what the other permitted, what was not taken along ends, what both permitted ends with the sooner.

use std::collections::{BTreeMap, BTreeSet};

use super::keep::retention_end;
use super::standing::End;
use crate::fact::{Actor, Choice, Chosen, ConsentProof, Consenter, Evidence, Fact, InformationStated, RecordJoined, Until, VisitId};
use crate::ids::{Handle, RecordId};
use crate::information::{CATEGORY, InformationItem};
use crate::policy::{LEGAL_CLAIMS, Policy, Retention};
use crate::time::Time;

/// A fact with its record and its place in the log.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// Its place.
    pub position: u64,
    /// Whose it was when it was recorded.
    pub record: RecordId,
    /// What it says.
    pub fact: &'a Fact,
}

/// The purposes whose consents a policy ended by changing materially, and where and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended<'a> {
    /// Its place in the log.
    pub position: u64,
    /// When it was adopted.
    pub at: Time,
    /// Their ids.
    pub purposes: &'a [String],
}

/// How long a proof is kept; `None`: the policy keeps none.
pub fn proof_term(policy: &Policy) -> Option<Retention> {
    let purpose = policy.at(policy.purpose(LEGAL_CLAIMS)?);
    let mut terms = purpose.categories.iter().filter_map(|c| purpose.retention.get(usize::from(c.0)).copied().flatten());
    terms.find(|term| !matches!(term, Retention::None | Retention::For { months: 0, days: 0 }))
}

/// The proofs to keep at an erasure, oldest first. `facts` are those of all records of the customer, by their places in the log, ascending;
/// so is `ended`.
pub fn prove(policy: &Policy, facts: &[Placed<'_>], ended: &[Ended<'_>], erased_at: Time) -> Vec<ConsentProof> {
    let Some(term) = proof_term(policy) else { return Vec::new() };
    let mut proofs = Proofs::default();
    let mut ended = ended.iter().peekable();
    for placed in facts {
        while let Some(ended) = ended.next_if(|e| e.position < placed.position) {
            proofs.end_purposes(ended);
        }
        proofs.take(placed);
    }
    for ended in ended {
        proofs.end_purposes(ended);
    }
    let Proofs { people, mut closed, .. } = proofs;
    for mut person in people {
        person.close(&mut closed, ("erased", erased_at, None), |_| true);
    }
    closed.sort_by_key(|proof| proof.given_at);
    let kept = closed
        .into_iter()
        .map(|proof| ConsentProof { until: retention_end(proof.ended_at.min(erased_at), term, &policy.time_zone), ..proof });
    kept.filter(|proof| proof.until > erased_at).collect()
}

/// How something ended: the word, when, and by whom.
type How<'a> = (&'a str, Time, Option<Actor>);

/// Records, and the people that they are of as the log goes on.
#[derive(Default)]
struct Proofs {
    person_of: BTreeMap<RecordId, usize>,
    handles: BTreeMap<Handle, RecordId>,
    people: Vec<Person>,
    closed: Vec<ConsentProof>,
}

/// What one customer permits at a time.
#[derive(Default)]
struct Person {
    open: Vec<Open>,
    /// Purposes where a no stands.
    noes: BTreeSet<String>,
    taken_back: BTreeSet<InformationItem>,
    consenter: Option<Consenter>,
}

/// A permission that has not ended.
struct Open {
    proof: ConsentProof,
    /// Its end by now: what was joined ends with what ends first.
    until: Until,
    by_guardian: bool,
    /// Where it lies.
    position: u64,
    /// A statement that the customer hid: proven until then, and still what a join compares.
    hidden: bool,
}

impl Proofs {
    fn person(&mut self, record: RecordId) -> usize {
        *self.person_of.entry(record).or_insert_with(|| {
            self.people.push(Person::default());
            self.people.len() - 1
        })
    }

    fn end_purposes(&mut self, ended: &Ended<'_>) {
        for person in &mut self.people {
            // By the retailer: in a join it is no no.
            person.close(&mut self.closed, ("invalidated", ended.at, None), |open| ended.purposes.contains(&open.proof.consent_to));
        }
    }

    fn take(&mut self, placed: &Placed<'_>) {
        let at = self.person(placed.record);
        match placed.fact {
            Fact::RecordOpened(opened) => _ = self.handles.insert(opened.handle, placed.record),
            Fact::RecordJoined(joined) => {
                let Some(other) = self.handles.get(&joined.other).copied() else { return };
                let other = self.person(other);
                if other != at {
                    let along = std::mem::take(&mut self.people[other]);
                    self.people[at].join(&mut self.closed, along, joined);
                    self.person_of.values_mut().filter(|of| **of == other).for_each(|of| *of = at);
                }
            }
            fact => self.people[at].take(&mut self.closed, placed.position, fact),
        }
    }
}

impl Open {
    fn is_consent(&self) -> bool {
        self.proof.information.is_none()
    }

    /// Had it ended by itself by then? To the second, as decisions judge it.
    fn is_over(&self, at: Time) -> bool {
        matches!(self.until, Until::Moment(end) if end.seconds() <= at.seconds())
    }
}

impl Person {
    fn take(&mut self, closed: &mut Vec<ConsentProof>, position: u64, fact: &Fact) {
        match fact {
            Fact::Chosen(choice) => self.chose(closed, position, choice),
            Fact::InformationStated(stated) => self.state(closed, position, stated),
            Fact::InformationRemoved(removed) => {
                let (word, by) = match removed.visit {
                    // As of a consent: nobody did that.
                    Some(_) => ("visit_ended", None),
                    None => ("taken_back", removed.evidence.as_ref().map(|e| e.actor)),
                };
                if removed.visit.is_none() {
                    self.taken_back.insert(removed.item);
                }
                let is_bound = |open: &Open| removed.visit.is_none_or(|visit| open.until == Until::Visit(visit));
                self.close(closed, (word, removed.at, by), |open| open.proof.information == Some(removed.item) && is_bound(open));
            }
            Fact::InformationHidden(hidden) => {
                let by = hidden.evidence.as_ref().map(|e| e.actor);
                for open in self.open.iter_mut().filter(|open| open.proof.information == Some(hidden.item) && !open.hidden) {
                    closed.push(ended(open, ("hidden", hidden.at, by)));
                    open.hidden = true;
                }
            }
            Fact::ConsenterStated(stated) => {
                // As `Standing::set_consenter` and `Standing::carries` judge it.
                let was_guarded = self.consenter.replace(stated.consenter) == Some(Consenter::Guardian);
                let ends = |open: &Open| match stated.consenter {
                    Consenter::Guardian => !open.by_guardian,
                    Consenter::Customer => was_guarded || open.by_guardian,
                };
                self.close(closed, ("consenter_changed", stated.at, Some(stated.evidence.actor)), ends);
            }
            _ => {}
        }
    }

    fn chose(&mut self, closed: &mut Vec<ConsentProof>, position: u64, choice: &Choice) {
        let by = choice.evidence.as_ref().map(|e| e.actor);
        let ends_told = matches!(choice.what, Chosen::Refused | Chosen::Withdrawn | Chosen::Invalidated);
        let word = match &choice.what {
            Chosen::Given { .. } => "given_anew",
            Chosen::Refused => "refused",
            Chosen::Withdrawn => "withdrawn",
            Chosen::Invalidated => "invalidated",
            Chosen::UsedUp { .. } => "used_up",
            Chosen::VisitEnded { .. } => "visit_ended",
            // The join ended it, or left nothing of it.
            Chosen::LeftBehind => "left_behind",
            Chosen::Objected | Chosen::ObjectionEnded => return,
        };
        // Both only end what they speak of, and what was told for the purpose goes on without a consent for the whole of it.
        let ends = |open: &Open| match &choice.what {
            _ if !open.is_consent() => ends_told,
            Chosen::UsedUp { .. } => open.until == Until::Once,
            Chosen::VisitEnded { visit } => open.until == Until::Visit(*visit),
            _ => true,
        };
        self.close(closed, (word, choice.at, by), |open| open.proof.consent_to == choice.purpose && ends(open));
        match choice.what {
            Chosen::Refused | Chosen::Withdrawn | Chosen::LeftBehind => _ = self.noes.insert(choice.purpose.clone()),
            Chosen::Given { .. } | Chosen::Invalidated => _ = self.noes.remove(&choice.purpose),
            _ => {}
        }
        if let Chosen::Given { until, .. } = choice.what {
            self.open(position, &choice.purpose, (choice.what.clone(), until), choice.at, choice.evidence.clone(), None);
        }
    }

    fn state(&mut self, closed: &mut Vec<ConsentProof>, position: u64, stated: &InformationStated) {
        let by = Some(stated.evidence.actor);
        self.taken_back.remove(&stated.item);
        self.close(closed, ("given_anew", stated.at, by), |open| open.proof.information == Some(stated.item));
        let given = Chosen::Given {
            categories: vec![CATEGORY.to_owned()],
            recipients: stated.recipients.clone(),
            channels: Vec::new(),
            until: stated.until,
        };
        self.open(position, &stated.purpose, (given, stated.until), stated.at, Some(stated.evidence.clone()), Some(stated.item));
    }

    fn open(
        &mut self,
        position: u64,
        purpose: &str,
        (given, until): (Chosen, Until),
        at: Time,
        evidence: Option<Evidence>,
        information: Option<InformationItem>,
    ) {
        let by_guardian = evidence.as_ref().is_some_and(|e| e.actor == Actor::Guardian);
        let proof = ConsentProof {
            consent_to: purpose.to_owned(),
            information,
            given,
            given_at: at,
            evidence,
            ended: String::new(),
            ended_at: at,
            ended_by: None,
            until: at,
        };
        self.open.push(Open { proof, until, by_guardian, position, hidden: false });
    }

    /// `along` is the same customer from now on.
    fn join(&mut self, closed: &mut Vec<ConsentProof>, mut along: Person, joined: &RecordJoined) {
        let how = ("joined", joined.at, Some(joined.actor));
        for person in [&mut *self, &mut along] {
            person.close(closed, how, |open| open.is_over(joined.at));
        }
        let permits = |person: &Person, purpose: &str| person.open.iter().any(|o| o.is_consent() && o.proof.consent_to == purpose);
        let told = |person: &Person| -> BTreeMap<InformationItem, (bool, u64)> {
            person.open.iter().filter_map(|o| Some((o.proof.information?, (o.hidden, o.position)))).collect()
        };
        // A no of either, and what was taken back.
        let says_no = |person: &Person| (person.noes.clone(), person.taken_back.clone());
        let ends = |(noes, taken_back): &(BTreeSet<String>, BTreeSet<InformationItem>), open: &Open| {
            noes.contains(&open.proof.consent_to) || open.proof.information.is_some_and(|item| taken_back.contains(&item))
        };
        let (own_no, along_no) = (says_no(self), says_no(&along));
        self.close(closed, how, |open| ends(&along_no, open));
        along.close(closed, how, |open| ends(&own_no, open));
        // What only the other had and was not taken along.
        if let Some(carries) = &joined.carries {
            let stays = |open: &Open| carries.contains(&open.proof.consent_to) || permits(self, &open.proof.consent_to);
            along.close(closed, how, |open| open.is_consent() && !stays(open));
        }
        if let Some(tells) = &joined.tells {
            along.close(closed, how, |open| open.proof.information.is_some_and(|item| !tells.contains(&item)));
        }
        // Of two statements about one thing the later, or a hidden one.
        let (own_told, along_told) = (told(self), told(&along));
        let loses = |open: &Open, others: &BTreeMap<InformationItem, (bool, u64)>| {
            open.proof.information.is_some_and(|item| others.get(&item).is_some_and(|other| *other > (open.hidden, open.position)))
        };
        self.close(closed, how, |open| loses(open, &along_told));
        along.close(closed, how, |open| loses(open, &own_told));

        self.open.append(&mut along.open);
        self.noes.extend(along_no.0);
        self.taken_back.extend(along_no.1);
        self.consenter = self.consenter.max(along.consenter);
        self.share_ends();
        let carries = |open: &Open| self.consenter.is_none_or(|c| (c == Consenter::Guardian) == open.by_guardian);
        let lost: BTreeSet<u64> = self.open.iter().filter(|open| !carries(open)).map(|open| open.position).collect();
        self.close(closed, ("consenter_changed", joined.at, Some(joined.actor)), |open| lost.contains(&open.position));
    }

    /// Of several consents to one purpose the most limited end counts, and a guardian's word only where all are.
    fn share_ends(&mut self) {
        let mut shared: BTreeMap<String, (Until, bool)> = BTreeMap::new();
        for open in self.open.iter().filter(|open| open.is_consent()) {
            let entry = shared.entry(open.proof.consent_to.clone()).or_insert((open.until, open.by_guardian));
            if End::of(open.until) < End::of(entry.0) {
                entry.0 = open.until;
            }
            entry.1 &= open.by_guardian;
        }
        for open in self.open.iter_mut().filter(|open| open.is_consent()) {
            if let Some(shared) = shared.get(&open.proof.consent_to) {
                (open.until, open.by_guardian) = *shared;
            }
        }
    }

    /// Ends those that still stand.
    fn close(&mut self, closed: &mut Vec<ConsentProof>, how: How<'_>, ends: impl Fn(&Open) -> bool) {
        for open in self.open.extract_if(.., |open| ends(open)).filter(|open| !open.hidden) {
            closed.push(ended(&open, how));
        }
    }
}

/// The proof of what ended so. One whose end had passed ended by itself, before.
fn ended(open: &Open, (word, at, by): How<'_>) -> ConsentProof {
    let (word, at, by) = match open.until {
        Until::Moment(end) if open.is_over(at) => ("expired", end, None),
        _ => (word, at, by),
    };
    let mut proof = ConsentProof { ended: word.to_owned(), ended_at: at, ended_by: by, ..open.proof.clone() };
    // The visit's name was needed to see it end; kept, it would be a hash of who the customer was.
    if let Chosen::Given { until: Until::Visit(visit), .. } = &mut proof.given {
        *visit = VisitId(0);
    }
    proof
}
