//! Sets of line numbers, as ranges.

use serde::{Deserialize, Serialize};

/// A set of line numbers: ranges in ascending order, ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lines(Vec<[u64; 2]>);

impl Lines {
    /// Adds a line that lies after all others.
    pub fn push(&mut self, line: u64) {
        match self.0.last_mut() {
            Some([_, last]) if *last + 1 == line => *last = line,
            _ => self.0.push([line; 2]),
        }
    }

    /// Adds any lines.
    pub fn add(&mut self, lines: &Lines) {
        let mut all: Vec<u64> = self.iter().chain(lines.iter()).collect();
        all.sort_unstable();
        all.dedup();
        *self = all.into_iter().collect();
    }

    pub fn contains(&self, line: u64) -> bool {
        self.0.iter().any(|[first, last]| (*first..=*last).contains(&line))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|[_, last]| *last)
    }

    pub fn ranges(&self) -> impl Iterator<Item = [u64; 2]> {
        self.0.iter().copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|[first, last]| *first..=*last)
    }
}

/// Collects lines in ascending order.
impl FromIterator<u64> for Lines {
    fn from_iter<I: IntoIterator<Item = u64>>(lines: I) -> Lines {
        let mut all = Lines::default();
        lines.into_iter().for_each(|line| all.push(line));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_lines_are_one_range() {
        let mut lines: Lines = [3, 4, 7].into_iter().collect();
        assert_eq!(lines.ranges().collect::<Vec<_>>(), [[3, 4], [7, 7]]);
        lines.add(&[1, 4, 5, 6].into_iter().collect());
        assert_eq!(lines.ranges().collect::<Vec<_>>(), [[1, 1], [3, 7]]);
        assert!(lines.contains(5) && !lines.contains(2) && !lines.contains(8));
        assert_eq!((lines.iter().count(), lines.last(), Lines::default().last()), (6, Some(7), None));
    }
}
