//! The picture's geometry: four columns of boxes, and a ribbon for each way through them.
//!
//! Pure: ways in, places out; the template draws them. Invariant: a ribbon is as wide as its uses are many against the busiest one, but
//! never so thin that it cannot be tapped; boxes hold all their ribbons; nothing overlaps. Left out: colours (the style sheet's) and
//! small screens, which show the same as steps.

/// The drawing's width in its own units.
pub(super) const WIDTH: f64 = 1120.0;
/// Above the boxes stand the columns' names.
pub(super) const HEAD: f64 = 40.0;
const BOX_WIDTH: f64 = 196.0;
const COLUMNS: usize = 4;
const BOX_GAP: f64 = 22.0;
const BOX_PAD: f64 = 14.0;
const RIBBON_GAP: f64 = 5.0;
const RIBBON_MIN: f64 = 5.0;
const RIBBON_MAX: f64 = 52.0;
const LINE_HEIGHT: f64 = 21.0;
/// Characters that fit a line of a box, and lines that a box shows.
const LINE_CHARS: usize = 20;
const LINES_MAX: usize = 3;

/// One way to draw: what stands in each column, how often it was gone, and how it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    /// Names, one a column.
    pub(super) names: [String; COLUMNS],
    /// How often.
    pub(super) uses: u64,
}

/// A box with a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NameBox {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// The whole name.
    pub(super) name: String,
    /// The lines of it, with the middle of each.
    pub(super) lines: Vec<(f64, String)>,
}

impl NameBox {
    /// The middle, from left to right.
    pub(super) fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }
}

/// A ribbon's way: its middle line from column to column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ribbon {
    /// SVG path data.
    pub(super) path: String,
    pub(super) width: f64,
}

/// Everything in its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    pub(super) height: f64,
    pub(super) boxes: Vec<NameBox>,
    /// In the order of the streams.
    pub(super) ribbons: Vec<Ribbon>,
    /// Where each column begins.
    pub(super) columns: [f64; COLUMNS],
}

/// Puts boxes and ribbons into their places. Cost: the square of the streams, which are few.
#[expect(clippy::cast_precision_loss, reason = "counts are drawn, not told")]
pub(super) fn draw(streams: &[Stream]) -> Picture {
    let most = streams.iter().map(|s| s.uses).max().unwrap_or(0).max(1) as f64;
    let widths: Vec<f64> = streams.iter().map(|s| (s.uses as f64 / most * RIBBON_MAX).clamp(RIBBON_MIN, RIBBON_MAX)).collect();
    let step = (WIDTH - BOX_WIDTH) / (COLUMNS as f64 - 1.0);
    let columns: [f64; COLUMNS] = std::array::from_fn(|i| i as f64 * step);

    // What stands in each column, in the order in which the busiest streams name it.
    let mut boxes: Vec<Vec<(&str, Vec<usize>)>> = vec![Vec::new(); COLUMNS];
    for (i, stream) in streams.iter().enumerate() {
        for (column, name) in boxes.iter_mut().zip(&stream.names) {
            match column.iter_mut().find(|(n, _)| n == name) {
                Some((_, through)) => through.push(i),
                None => column.push((name, vec![i])),
            }
        }
    }
    let height_of = |(name, through): &(&str, Vec<usize>)| {
        let ribbons: f64 = through.iter().filter_map(|&i| widths.get(i)).map(|w| w + RIBBON_GAP).sum::<f64>() - RIBBON_GAP;
        let text = lines(name).len() as f64 * LINE_HEIGHT;
        ribbons.max(text) + 2.0 * BOX_PAD
    };
    let total = |column: &[(&str, Vec<usize>)]| column.iter().map(|b| height_of(b) + BOX_GAP).sum::<f64>() - BOX_GAP;
    let tallest = boxes.iter().map(|column| total(column)).fold(0.0, f64::max);

    let mut placed = Vec::new();
    // The middle of each stream's ribbon at each column.
    let mut middles = vec![[0.0_f64; COLUMNS]; streams.len()];
    for (at, (column, x)) in boxes.iter().zip(columns).enumerate() {
        // A shorter column spreads its boxes, so that ribbons run level where they can.
        let spare = (tallest - total(column)) / (column.len() as f64 + 1.0);
        let mut y = HEAD + spare;
        for entry @ (name, through) in column {
            let height = height_of(entry);
            let mut order = through.clone();
            // Ribbons leave in the order in which they came, so that they cross as little as can be.
            if let Some(before) = at.checked_sub(1) {
                let came = |i: usize| middles.get(i).map_or(0.0, |m| m[before]);
                order.sort_by(|a, b| came(*a).total_cmp(&came(*b)));
            }
            let ribbons: f64 = order.iter().filter_map(|&i| widths.get(i)).map(|w| w + RIBBON_GAP).sum::<f64>() - RIBBON_GAP;
            let mut top = y + (height - ribbons) / 2.0;
            for i in order {
                let width = widths.get(i).copied().unwrap_or(RIBBON_MIN);
                if let Some(middle) = middles.get_mut(i) {
                    middle[at] = top + width / 2.0;
                }
                top += width + RIBBON_GAP;
            }
            placed.push(name_box(name, x, y, height));
            y += height + BOX_GAP + spare;
        }
    }
    let ribbons = widths.iter().zip(&middles).map(|(&width, middles)| Ribbon { path: path(&columns, middles), width }).collect();
    Picture { height: HEAD + tallest + 8.0, boxes: placed, ribbons, columns }
}

fn path(columns: &[f64; COLUMNS], middles: &[f64; COLUMNS]) -> String {
    let mut path = String::new();
    for ((from, to), (y, next)) in columns.iter().zip(&columns[1..]).zip(middles.iter().zip(&middles[1..])) {
        // From under one box to under the next: the boxes lie on top.
        let (start, end) = (from + BOX_WIDTH - 8.0, to + 8.0);
        let half = f64::midpoint(start, end);
        path += &format!("M{start:.1} {y:.1}C{half:.1} {y:.1} {half:.1} {next:.1} {end:.1} {next:.1}");
    }
    path
}

#[expect(clippy::cast_precision_loss, reason = "three lines at most")]
fn name_box(name: &str, x: f64, y: f64, height: f64) -> NameBox {
    let lines = lines(name);
    let first = y + height / 2.0 - (lines.len() as f64 - 1.0) * LINE_HEIGHT / 2.0 + 5.5;
    let lines = lines.into_iter().enumerate().map(|(i, line)| (first + i as f64 * LINE_HEIGHT, line)).collect();
    NameBox { x, y, width: BOX_WIDTH, height, name: name.to_owned(), lines }
}

/// A name in lines that fit a box; what does not fit ends in an ellipsis.
fn lines(name: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    for line in &mut lines {
        if line.chars().count() > LINE_CHARS + 4 {
            *line = line.chars().take(LINE_CHARS + 2).chain(['…']).collect();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(names: [&str; COLUMNS], uses: u64) -> Stream {
        Stream { names: names.map(str::to_owned), uses }
    }

    fn some() -> Vec<Stream> {
        vec![
            stream(["till", "purchases", "recommendations", "shop"], 400),
            stream(["web", "browsing", "recommendations", "shop"], 100),
            stream(["till", "contact", "delivery", "the carrier that brings it"], 1),
            stream(["till", "purchases", "tax", "shop"], 0),
        ]
    }

    #[test]
    fn nothing_overlaps_and_all_is_inside() {
        let picture = draw(&some());
        for (i, a) in picture.boxes.iter().enumerate() {
            assert!(a.x >= 0.0 && a.x + a.width <= WIDTH && a.y >= HEAD && a.y + a.height <= picture.height, "{a:?}");
            for b in &picture.boxes[i + 1..] {
                assert!(a.x != b.x || a.y + a.height <= b.y || b.y + b.height <= a.y, "{a:?} {b:?}");
            }
        }
        // Two names of purposes and of sources stand for two each.
        assert_eq!(picture.boxes.len(), 2 + 3 + 3 + 2);
    }

    #[test]
    fn a_ribbon_is_as_wide_as_it_is_busy_but_can_always_be_tapped() {
        let widths: Vec<f64> = draw(&some()).ribbons.iter().map(|r| r.width).collect();
        assert_eq!(widths, [RIBBON_MAX, RIBBON_MAX / 4.0, RIBBON_MIN, RIBBON_MIN]);
        assert!(draw(&[]).ribbons.is_empty());
    }

    #[test]
    fn a_long_name_is_broken_and_cut() {
        assert_eq!(lines("het bedrijf dat onze berichten verstuurt"), ["het bedrijf dat onze", "berichten verstuurt"]);
        assert_eq!(lines(&"x".repeat(60)).concat().chars().count(), LINE_CHARS + 3);
        assert_eq!(lines(&"een naam van heel veel woorden ".repeat(4)).len(), LINES_MAX);
    }
}
