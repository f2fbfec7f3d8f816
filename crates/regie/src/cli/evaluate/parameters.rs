//! The parameters as flags, under the papers' names; those not given are the algorithm's own.

use clap::Args;
use regie_recommend::{Algorithm, InvalidParameters, Parameters, VisitDecay};

use super::problem::EvaluateError;

/// In an evaluation a session is kept whole: the longest were left out before, as the peers do.
const MAX_SESSION_ITEMS: usize = 4_096;

#[derive(Debug, Args)]
#[command(next_help_heading = "Parameters of session kNN (with --tune: where the search begins)")]
pub(super) struct Flags {
    /// The newest sessions that are looked at.
    #[arg(long, value_name = "N")]
    m: Option<usize>,
    /// The most similar of those, whose items are scored: the papers' k.
    #[arg(long, value_name = "N")]
    neighbours: Option<usize>,
    /// The newest events of the visit that count.
    #[arg(long, value_name = "N")]
    max_items: Option<usize>,
    /// Distinct items kept of one session.
    #[arg(long, value_name = "N")]
    max_session_items: Option<usize>,
    /// What an event of the visit weighs less for each step back, or `linear`.
    #[arg(long, value_name = "FACTOR", value_parser = decay)]
    spw: Option<VisitDecay>,
    /// Let the current item be recommended.
    #[arg(long)]
    repeat_current: bool,
    /// vstan: what a neighbour counts less for each step that its newest shared item is back in the visit.
    #[arg(long, value_name = "FACTOR")]
    ipw: Option<f64>,
    /// vstan: what an item weighs less for each step after the shared item.
    #[arg(long, value_name = "FACTOR")]
    inh_after: Option<f64>,
    /// vstan: the same before the shared item.
    #[arg(long, value_name = "FACTOR")]
    inh_before: Option<f64>,
    /// vstan: what the item just before the shared one weighs, the one just after weighing 1.
    #[arg(long, value_name = "FACTOR")]
    before: Option<f64>,
    /// vstan: what the item right after the current one weighs more.
    #[arg(long, value_name = "NUMBER")]
    next: Option<f64>,
    /// vstan: what a shared item itself weighs, the one just after weighing 1: how likely it is to be looked at again.
    #[arg(long, value_name = "NUMBER")]
    again: Option<f64>,
    /// vstan: how much more the most similar neighbours count, in half powers of their similarity.
    #[arg(long, value_name = "N")]
    alike: Option<u8>,
    /// vstan: how strongly rare items of the visit speak louder, in half powers of idf.
    #[arg(long, value_name = "N")]
    visit_idf: Option<u8>,
    /// vstan: the power of an item's sessions by which its score is divided.
    #[arg(long, value_name = "POWER")]
    damping: Option<f64>,
    /// vstan: the seconds after which a neighbour counts for half; 0: never.
    #[arg(long, value_name = "SECONDS")]
    snh_half_life: Option<u32>,
}

impl Flags {
    /// The algorithm's own parameters with these in their place.
    pub(super) fn over(&self, algorithm: Algorithm) -> Result<Parameters, EvaluateError> {
        let mut all = match algorithm {
            Algorithm::Vmis => Parameters { max_session_items: MAX_SESSION_ITEMS, ..Parameters::vmis() },
            Algorithm::Vstan => Parameters { max_session_items: MAX_SESSION_ITEMS, ..Parameters::default() },
        };
        let only_vstan = [
            ("ipw", self.ipw.is_some()),
            ("inh-after", self.inh_after.is_some()),
            ("inh-before", self.inh_before.is_some()),
            ("before", self.before.is_some()),
            ("next", self.next.is_some()),
            ("again", self.again.is_some()),
            ("alike", self.alike.is_some()),
            ("visit-idf", self.visit_idf.is_some()),
            ("damping", self.damping.is_some()),
            ("snh-half-life", self.snh_half_life.is_some()),
        ];
        if algorithm == Algorithm::Vmis
            && let Some((name, _)) = only_vstan.into_iter().find(|(_, given)| *given)
        {
            return Err(EvaluateError::ParameterUnused { name, algorithm: algorithm.name() });
        }
        set(&mut all.m, self.m);
        set(&mut all.k, self.neighbours);
        set(&mut all.max_items, self.max_items);
        set(&mut all.max_session_items, self.max_session_items);
        set(&mut all.decay, self.spw);
        all.repeat_current |= self.repeat_current;
        set(&mut all.ipw, self.ipw);
        set(&mut all.inh_after, self.inh_after);
        set(&mut all.inh_before, self.inh_before);
        set(&mut all.before, self.before);
        set(&mut all.next, self.next);
        set(&mut all.again, self.again);
        set(&mut all.alike, self.alike);
        set(&mut all.visit_idf, self.visit_idf);
        set(&mut all.damping, self.damping);
        set(&mut all.snh_half_life, self.snh_half_life);
        all.validate().map_err(as_flag)?;
        Ok(all)
    }
}

pub(super) fn set<T>(into: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *into = given;
    }
}

/// By the flag's name, where the library's is another.
fn as_flag(invalid: InvalidParameters) -> EvaluateError {
    EvaluateError::Parameters(match invalid {
        InvalidParameters::OutOfRange { name: "k", value, min, max } => {
            InvalidParameters::OutOfRange { name: "--neighbours", value, min, max }
        }
        other => other,
    })
}

fn decay(text: &str) -> Result<VisitDecay, String> {
    if text == "linear" {
        return Ok(VisitDecay::Linear);
    }
    let factor = text.parse().map_err(|_| "give a number over 0 and at most 1, or `linear`".to_owned())?;
    Ok(VisitDecay::Exponential { factor })
}
