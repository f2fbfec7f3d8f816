//! The query of a list: each parameter once, none that is not known.

use super::super::problem::Problem;

/// The value of each of these parameters, in their order.
///
/// # Errors
/// A parameter that is not among them, or that stands there twice.
pub(super) fn parameters<const N: usize>(query: Option<&str>, known: [&str; N]) -> Result<[Option<String>; N], Problem> {
    let mut values = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(place) = known.iter().position(|k| *k == name).and_then(|at| values.get_mut(at)) else {
            return Err(Problem::bad("field_unknown", "the query has a parameter that is not known here")
                .field(&name)
                .remedy(format!("expected {}", known.join(", "))));
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Problem::bad("field_repeated", "a parameter stands there twice").field(&name));
        }
    }
    Ok(values)
}

/// How many are asked for: `default` if nothing is said.
///
/// # Errors
/// Anything but a whole number from 1 to `max`.
pub(super) fn limit(value: Option<&str>, default: usize, max: usize) -> Result<usize, Problem> {
    let Some(value) = value else { return Ok(default) };
    value
        .parse()
        .ok()
        .filter(|limit| (1..=max).contains(limit))
        .ok_or_else(|| Problem::bad("limit_out_of_range", format!("limit is a whole number from 1 to {max}")).field("limit"))
}

/// A cursor that was not given out here.
pub(super) fn cursor_wrong(remedy: &'static str) -> Problem {
    Problem::bad("cursor_not_understood", "this is no place to go on from").field("before").remedy(remedy)
}
